"""`cygnet board`: the ranking as it is, for organisers."""

from pathlib import Path

import click

from cygnet.cli.shared import data_dir_option, server_options


@click.command()
@click.option("--contest", default="", metavar="NAME", help="Which contest.  [default: the only one there is]")
@click.option("--target", metavar="NAME", help="Which target.  [default: all of them]")
@click.option("--top", type=click.IntRange(1, 100), default=10, show_default=True, help="So many standings of each.")
@click.option("--watch", is_flag=True, help="Go on, and show every change, until Ctrl-C.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object; with --watch one a line.")
@data_dir_option
@server_options
def board(
    contest: str,
    target: str | None,
    top: int,
    watch: bool,
    as_json: bool,
    data_dir: Path,
    servers: tuple[str, ...],
    token_file: Path | None,
) -> None:
    """Show the live ranking, also while players see one that stands still.

    Before the end (leaderboard.freezeBefore) players play on and see the ranking as it was when it froze. This is the
    other one: with all results, read from the leaderboard's admin port. Do not put it on the big screen. Staff is left
    out of both.

    \b
      cygnet board
      cygnet board --contest pycon-kr --target duck --top 3 --watch
      cygnet board --json | jq '.targets[].standings[0].nickname'
    """
    import asyncio

    from cygnet.cli import ranking
    from cygnet.cli.servers import admin_apis
    from cygnet.local.problem import problem_of
    from cygnet.platform.errors import DomainError

    apis = admin_apis(data_dir, servers, token_file)
    try:
        asyncio.run((ranking.watch if watch else ranking.show)(apis, contest, target, top, as_json=as_json))
    except DomainError as error:
        raise problem_of(error) from None
    except KeyboardInterrupt:
        raise click.exceptions.Exit(0) from None
