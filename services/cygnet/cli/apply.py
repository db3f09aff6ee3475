"""`cygnet apply`: makes a contest file the one in force."""

import asyncio
import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cygnet.cli.options import Installation, installation_options

if TYPE_CHECKING:
    from cygnet.contest.client import Applied
    from cygnet.internal.v1 import document_pb2

_PATIENCE_S = 180.0
"""Models need as long to load from a cold disk."""


@click.command()
@click.option("-f", "--file", "file", type=click.Path(path_type=Path), required=True, help="The contest, as YAML.")
@click.option("--dry-run", is_flag=True, help="Check everything, change nothing.")
@click.option("--wait", is_flag=True, help="Wait, up to three minutes, until a worker has looked at all targets.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object.")
@installation_options
def apply(file: Path, dry_run: bool, wait: bool, as_json: bool, installation: Installation) -> None:
    """Make a contest file the one in force, in a running game. Safe to repeat.

    Limits hold from the next submission on, without a restart; results are kept. Says whether the contest was created,
    configured or unchanged, and its generation. A file with mistakes changes nothing: each wrong field is named.
    A target's picture is made upright, 8-bit RGB, square and free of metadata; what was changed is said. A worker then
    has a quick look at each target: whether pictures that draw nothing (white paper, noise, a mosaic of the target)
    score like a drawing. What it found is said; --wait waits for it, where models are not warm yet or a target is new.
    On Kubernetes the Contest resource is what counts: give the same file to `kubectl apply`.

    \b
      cygnet apply -f docs/examples/duck-and-swan.yaml
      cygnet apply -f contest.yaml --wait
      cygnet apply -f contest.yaml --dry-run --json
    """
    # Not above: `cygnet --help` does not wait for gRPC and pydantic.
    from cygnet.contest.document import read_contest
    from cygnet.contest.target_report import concerns
    from cygnet.platform.errors import DomainError

    document, pictures = read_contest(file)
    apis, stored = installation.admin_apis(), [picture.png for picture in pictures]

    async def apply_and_look() -> "tuple[Applied, dict[str, document_pb2.TargetReport], str]":
        applied = await apis.apply(document, stored, dry_run=dry_run)
        if dry_run:
            return applied, {}, ""
        try:
            return applied, await apis.examine_targets(document, _PATIENCE_S if wait else 0.0), ""
        except DomainError as error:
            return applied, {}, f"what a look at the targets finds is not known: {error.message}"

    applied, reports, unknown = asyncio.run(apply_and_look())
    targets = {target.name: picture for target, picture in zip(document.contest.targets, pictures, strict=True)}
    if as_json:
        facts = {"contest": applied.name, "generation": applied.generation, "changed": applied.changed}
        changes = {name: {"shape": picture.shape, "changes": picture.changes} for name, picture in targets.items()}
        click.echo(json.dumps({**facts, "dryRun": dry_run, "targets": changes, "concerns": concerns(reports)}))
    else:
        for name, picture in targets.items():
            if picture.changes:
                click.echo(f"target {name}: {picture}")
        click.echo(f"{applied}{' (dry run)' if dry_run else ''}")
        for concern in concerns(reports):
            click.echo(concern)
        missing = ", ".join(name for name in targets if name not in reports)
        if missing and not dry_run:
            click.echo(unknown or f"no worker has looked yet at {missing}; `cygnet apply --wait` waits for it")
