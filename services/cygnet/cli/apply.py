"""`cygnet apply`: makes a contest file the one in force."""

import json
from pathlib import Path

import click

from cygnet.cli.shared import data_dir_option, server_options


@click.command()
@click.option("-f", "--file", "file", type=click.Path(path_type=Path), required=True, help="The contest, as YAML.")
@click.option("--dry-run", is_flag=True, help="Check everything, change nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object.")
@data_dir_option
@server_options
def apply(
    file: Path, dry_run: bool, as_json: bool, data_dir: Path, servers: tuple[str, ...], token_file: Path | None
) -> None:
    """Make a contest file the one in force, in a running game. Safe to repeat."""
    import asyncio

    from cygnet.cli.servers import admin_apis
    from cygnet.contest.spec import read_contest
    from cygnet.local.problem import problem_of
    from cygnet.platform.errors import DomainError

    try:
        document, pictures = read_contest(file)
        apis = admin_apis(data_dir, servers, token_file)
        applied = asyncio.run(apis.apply(document, pictures, dry_run=dry_run))
    except DomainError as error:
        raise problem_of(error) from None
    if as_json:
        facts = {"contest": applied.name, "generation": applied.generation, "changed": applied.changed}
        click.echo(json.dumps({**facts, "dryRun": dry_run}))
    else:
        click.echo(f"{applied}{' (dry run)' if dry_run else ''}")
