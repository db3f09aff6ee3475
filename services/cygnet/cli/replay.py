"""`cygnet replay`: an event as a load, against a Cygnet or another image server."""

import asyncio
import contextlib
import json
import sys
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cygnet.cli.options import check_addresses
from cygnet.local.errors import UserError

if TYPE_CHECKING:
    from cygnet.replay.player import Played
    from cygnet.replay.servers import Server
    from cygnet.replay.trace import Trace

BUILTIN = ("booth-2d", "booth-2d-calm")
_SHOWN_EVERY_S = 1.0


@click.command()
@click.argument("trace", metavar="TRACE")
@click.option("--server", callback=check_addresses, metavar="HOST:PORT", help="The public door of a Cygnet.")
@click.option("--contest", default="", metavar="NAME", help="Which contest.  [default: the only one there is]")
@click.option("--target", default="duck", show_default=True, metavar="NAME", help="The target that everybody imitates.")
@click.option("--openai", metavar="URL", help="Instead: a server of POST /v1/images/generations, as http://host:port.")
@click.option("--model", default="", metavar="NAME", help="With --openai: the model to ask for.")
@click.option("--speed", type=click.FloatRange(0.01, 10_000), default=1.0, show_default=True, help="Times faster.")
@click.option("--skip", type=click.FloatRange(0), default=0.0, metavar="S", help="Leave out the first S seconds.")
@click.option("--take", type=click.FloatRange(0, min_open=True), metavar="S", help="Play S seconds of the trace.")
@click.option("--json", "json_path", type=click.Path(path_type=Path, dir_okay=False), help="Write the figures there.")
@click.option("--html", "html_path", type=click.Path(path_type=Path, dir_okay=False), help="Write a page with plots.")
@click.option("--dry-run", is_flag=True, help="Say what would be played, and play nothing.")
@click.option(
    "--write", type=click.Path(path_type=Path, dir_okay=False), help="Write the trace there, and play nothing."
)
def replay(
    trace: str,
    server: str | None,
    contest: str,
    target: str,
    openai: str | None,
    model: str,
    speed: float,
    skip: float,
    take: float | None,
    json_path: Path | None,
    html_path: Path | None,
    dry_run: bool,
    write: Path | None,
) -> None:
    """Play an event's requests against a server, open loop, and say who waited how long.

    TRACE is a file of the format cygnet-trace/1, or `booth-2d`: the event that Cygnet was made after, 428 people,
    11,639 requests, two days, one macro (`booth-2d-calm`: the same without it). Times are divided by --speed; a
    contest's limits are not, so at 60 times the speed a limit of one drawing in 10 s is one in ten minutes of the
    trace.

    \b
      cygnet replay booth-2d --dry-run --skip 9000 --take 600
      cygnet replay booth-2d --skip 9000 --take 600 --server localhost:8080 --html booth.html
      cygnet replay booth-2d --openai http://localhost:8000 --model sd-turbo --speed 10 --json other.json
    """
    from cygnet.replay.trace import lines_of

    chosen = _read(trace).part(skip, take)
    if not chosen.requests:
        raise UserError(f"nothing is asked for in that part of {trace}: it is {chosen.seconds:g} s long")
    click.echo(
        f"{chosen.name}: {len(chosen.requests)} requests of {chosen.participants} people in {chosen.seconds:.0f} s, "
        f"played in {chosen.seconds / speed:.0f} s"
    )
    if write is not None:
        write.write_text("".join(f"{line}\n" for line in lines_of(chosen)))
    if write is not None or dry_run:
        return
    if (server is None) == (openai is None):
        raise UserError("say what to play against: --server HOST:PORT, or --openai URL")
    if openai is not None and not openai.startswith(("http://", "https://")):
        raise UserError(f"{openai!r} is no http:// or https:// address")
    asyncio.run(_play(chosen, _server(server, contest, target, openai, model), speed, json_path, html_path))


def _read(name: str) -> "Trace":
    from cygnet.replay import trace as traces

    if name in BUILTIN:
        booth = traces.booth_2d()
        return booth if name == BUILTIN[0] else booth.without(traces.MACRO)
    try:
        return traces.read(Path(name))
    except traces.BadTrace as error:
        raise UserError(f"{name}: {error}") from None
    except OSError as error:
        raise UserError(f"cannot read {name}: {error.strerror}; built in are {' and '.join(BUILTIN)}") from None


def _server(server: str | None, contest: str, target: str, openai: str | None, model: str) -> "Server":
    from cygnet.replay.servers import Cygnet, OpenAiImages

    if server is not None:
        return Cygnet(server, contest, target)
    return OpenAiImages(openai or "", model)


async def _play(trace: "Trace", server: "Server", speed: float, json_path: Path | None, html_path: Path | None) -> None:
    from cygnet.replay.player import play
    from cygnet.replay.report import page, summary

    played: list[Played] = []
    showing = asyncio.create_task(_show(trace, played))
    try:
        await play(trace, server, speed, played.append)
    finally:
        showing.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await showing
        await server.close()
    facts = summary(trace, played, speed)
    text = json.dumps(facts, ensure_ascii=False, indent=1)
    if json_path is not None:
        json_path.write_text(text + "\n")
    if html_path is not None:
        html_path.write_text(page(facts, played))
    click.echo(text)


async def _show(trace: "Trace", played: "list[Played]") -> None:
    """A line a second on the terminal, while there is one."""
    started = time.monotonic()
    while sys.stderr.isatty():
        outcomes = Counter(each.answer.outcome for each in played)
        words = ", ".join(f"{count} {outcome}" for outcome, count in outcomes.most_common())
        passed = time.monotonic() - started
        click.echo(f"\r{passed:6.0f} s  {len(played)} of {len(trace.requests)}: {words}\x1b[K", nl=False, err=True)
        await asyncio.sleep(_SHOWN_EVERY_S)
