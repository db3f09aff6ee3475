"""`cygnet up`: a whole game on this machine, in the foreground."""

from pathlib import Path

import click

from cygnet.cli.options import data_dir_option
from cygnet.local.console import JsonConsole, PlainConsole
from cygnet.local.datadir import DataDir
from cygnet.local.errors import UserError, message_of
from cygnet.platform.errors import DomainError


@click.command()
@data_dir_option
@click.option("--port", type=click.IntRange(0, 65_535), default=8080, show_default=True, help="0 takes any free one.")
@click.option("--host", default="127.0.0.1", show_default=True, help="0.0.0.0 lets phones on the network in.")
@click.option(
    "--contest",
    type=click.Path(path_type=Path),
    help="Apply this contest file. Otherwise the example, where there is no contest yet.",
)
@click.option(
    "--record",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Record who asks when, as a trace for `cygnet replay`; people are numbers, prompts stand-ins.",
)
@click.option("--record-prompts", is_flag=True, help="With --record: prompts as they were written.")
@click.option("--no-browser", is_flag=True, help="Do not open a browser.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line; log files as well.")
def up(
    data_dir: Path,
    port: int,
    host: str,
    contest: Path | None,
    record: Path | None,
    record_prompts: bool,
    no_browser: bool,
    as_json: bool,
) -> None:
    """Play on this machine: start everything, and stop it with Ctrl-C.

    Starts Redis, Triton, the services and Envoy, keeps them running, and starts again what ends or hangs. What is
    played is kept in the data directory, and goes on at the next start. Each data directory is a game of its own.

    \b
      cygnet up
      cygnet up --host 0.0.0.0 --contest my-contest.yaml
      cygnet up --port 0 --data-dir /tmp/rehearsal --no-browser
      cygnet up --record friday.jsonl

    With --json each line is an object with `event`, `text` and `seconds`; wait for the event `ready`, which has the
    `url` and the file with the addresses of all parts.
    """
    # Not above: `cygnet --help` does not wait for gRPC and the rest.
    from cygnet.local import run

    if record_prompts and record is None:
        raise UserError("--record-prompts says how to record; name the file with --record")
    console = JsonConsole() if as_json else PlainConsole()
    try:
        run.run_game(
            DataDir(data_dir),
            console,
            host=host,
            port=port,
            contest=contest,
            browser=not no_browser,
            json=as_json,
            record=record,
            record_prompts=record_prompts,
        )
    except (UserError, DomainError) as error:
        if as_json:
            console.report("problem", message_of(error))
        raise
