"""`cygnet status`: does every part of this machine's game serve?"""

import asyncio
import json
from pathlib import Path

import click

from cygnet.cli.options import data_dir_option
from cygnet.local.datadir import DataDir


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object.")
@data_dir_option
def status(as_json: bool, data_dir: Path) -> None:
    """Show where this machine's game is, and which of its parts serve. Exit status 1 when one does not.

    \b
      cygnet status
      cygnet status --json | jq -r .url

    The log of each part is in logs/ of the data directory; run/endpoints.json has the addresses of all.
    """
    from cygnet.local.endpoints import Endpoints
    from cygnet.local.readiness import check_all

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
