"""`cygnet status`: does every part of this machine's game serve?"""

from pathlib import Path

import click

from cygnet.cli.shared import data_dir_option


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object.")
@data_dir_option
def status(as_json: bool, data_dir: Path) -> None:
    """Show which parts of this machine's game serve. Exit status 1 when one does not."""
    import asyncio
    import json

    from cygnet.local.datadir import DataDir
    from cygnet.local.endpoints import Endpoints
    from cygnet.local.health import check_all

    endpoints = Endpoints.read(DataDir(data_dir).endpoints)
    healths = asyncio.run(check_all(endpoints))
    if as_json:
        click.echo(json.dumps({"url": endpoints.url, "serving": healths}))
    else:
        click.echo(endpoints.url)
        for name, serves in healths.items():
            click.echo(f"{name:12} {'serves' if serves else 'DOES NOT SERVE'}")
    if not all(healths.values()):
        raise click.exceptions.Exit(1)
