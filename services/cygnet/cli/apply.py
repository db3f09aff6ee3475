"""`cygnet apply`: makes a contest file the one in force."""

import asyncio
import json
from pathlib import Path

import click

from cygnet.cli.options import Installation, installation_options


@click.command()
@click.option("-f", "--file", "file", type=click.Path(path_type=Path), required=True, help="The contest, as YAML.")
@click.option("--dry-run", is_flag=True, help="Check everything, change nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object.")
@installation_options
def apply(file: Path, dry_run: bool, as_json: bool, installation: Installation) -> None:
    """Make a contest file the one in force, in a running game. Safe to repeat.

    Limits hold from the next submission on, without a restart; results are kept. Says whether the contest was created,
    configured or unchanged, and its generation. A file with mistakes changes nothing: each wrong field is named.
    On Kubernetes the Contest resource is what counts: give the same file to `kubectl apply`.

    \b
      cygnet apply -f docs/examples/duck-and-swan.yaml
      cygnet apply -f contest.yaml --dry-run --json
    """
    # Not above: `cygnet --help` does not wait for gRPC and pydantic.
    from cygnet.contest.document import read_contest

    document, pictures = read_contest(file)
    stored = [picture.png for picture in pictures]
    applied = asyncio.run(installation.admin_apis().apply(document, stored, dry_run=dry_run))
    targets = {target.name: picture for target, picture in zip(document.contest.targets, pictures, strict=True)}
    if as_json:
        facts = {"contest": applied.name, "generation": applied.generation, "changed": applied.changed}
        changes = {name: {"shape": picture.shape, "changes": picture.changes} for name, picture in targets.items()}
        click.echo(json.dumps({**facts, "dryRun": dry_run, "targets": changes}))
    else:
        for name, picture in targets.items():
            if picture.changes:
                click.echo(f"target {name}: {picture}")
        click.echo(f"{applied}{' (dry run)' if dry_run else ''}")
