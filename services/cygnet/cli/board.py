"""`cygnet board`: the ranking as it is, for organisers. What it does with screens is in screens.py."""

import asyncio
import json
import sys
from collections.abc import Sequence
from datetime import UTC
from typing import TYPE_CHECKING

import click

from cygnet.cli.options import Installation, installation_options
from cygnet.local.errors import UserError
from cygnet.platform.errors import Unavailable

if TYPE_CHECKING:
    from google.protobuf.timestamp_pb2 import Timestamp

    from cygnet.contest.client import AdminApis
    from cygnet.v1 import contest_pb2, leaderboard_pb2

    Boards = Sequence[leaderboard_pb2.Leaderboard]

_POLL_S = 1.0
"""With --watch: pause between two reads."""


@click.group(invoke_without_command=True)
@click.option("--contest", default="", metavar="NAME", help="Which contest.  [default: the only one there is]")
@click.option("--target", metavar="NAME", help="Which target.  [default: all of them]")
@click.option("--top", type=click.IntRange(1, 100), default=10, show_default=True, help="Standings of each target.")
@click.option("--watch", is_flag=True, help="Go on, and show every change, until Ctrl-C.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object; with --watch one a line.")
@installation_options
def board(contest: str, target: str | None, top: int, watch: bool, as_json: bool, installation: Installation) -> None:
    """Show the live ranking, also while players see one that stands still.

    Before the end (leaderboard.freezeBefore) players play on and see the ranking as it was when it froze. This is the
    other one: with all results, read from the leaderboard's admin port. Do not put it on the big screen. Staff is left
    out of both.

    A picture is listed once, with its finder; +9 says that nine more had it drawn later.

    \b
      cygnet board
      cygnet board --contest pycon-kr --target duck --top 3 --watch
      cygnet board --json | jq '.targets[].standings[0].nickname'
    """
    if click.get_current_context().invoked_subcommand is not None:
        return
    show = _watch if watch else _show
    try:
        asyncio.run(show(installation.admin_apis(), contest, target, top, as_json=as_json))
    except KeyboardInterrupt:
        raise click.exceptions.Exit(0) from None


async def _show(apis: "AdminApis", name: str, target: str | None, top: int, *, as_json: bool) -> None:
    """Prints the rankings.

    Raises:
        UserError: there is no such target.
        DomainError: there is no such contest, or a service does not answer.
    """
    contest = await _contest(apis, name, target)
    _print(contest, await _boards(apis, contest, target, top), as_json)


async def _watch(apis: "AdminApis", name: str, target: str | None, top: int, *, as_json: bool) -> None:
    """Prints them after every change, for ever; says so while the leaderboard is away. Raises as `_show` does."""
    contest = await _contest(apis, name, target)
    shown, away = "", False
    while True:
        try:
            boards, away = await _boards(apis, contest, target, top), False
        except Unavailable as error:
            if not away:
                click.echo(f"cygnet: {error.message}; trying again", err=True)
            away = True
        else:
            words = _document(contest, boards)
            if words != shown:
                _print(contest, boards, as_json)
            shown = words
        await asyncio.sleep(_POLL_S)


async def _contest(apis: "AdminApis", name: str, target: str | None) -> "contest_pb2.Contest":
    contest = (await apis.get(name)).contest
    names = [each.name for each in contest.targets]
    if target is not None and target not in names:
        raise UserError(f"contest {contest.name} has no target called {target!r}; it has {', '.join(names)}")
    return contest


async def _boards(apis: "AdminApis", contest: "contest_pb2.Contest", target: str | None, top: int) -> "Boards":
    names = [each.name for each in contest.targets] if target is None else [target]
    return [await apis.board(contest.name, each, top) for each in names]


def _print(contest: "contest_pb2.Contest", boards: "Boards", as_json: bool) -> None:
    if as_json:
        click.echo(_document(contest, boards))
        return
    if sys.stdout.isatty():
        click.clear()
    click.echo("\n\n".join([_head(contest, boards[0]), *map(_table, boards)]))


def _head(contest: "contest_pb2.Contest", board: "leaderboard_pb2.Leaderboard") -> str:
    from google.protobuf.timestamp_pb2 import Timestamp

    from cygnet.contest.phase import frozen_ms

    phase = _phase(board)
    until = f" until {_local(board.next_change)}" if board.HasField("next_change") else ""
    lines = [f"{contest.name}: {phase}{until}"]
    frozen = frozen_ms(contest)
    if phase == "frozen" and frozen is not None:
        since = Timestamp()
        since.FromMilliseconds(frozen[0])
        lines.append(f"Players see the ranking of {_local(since)}; this is the one of now.")
    return "\n".join(lines)


def _table(board: "leaderboard_pb2.Leaderboard") -> str:
    decimals = max((each.decimals for each in board.standings), default=0)
    rows = [
        f"{each.rank:4}  {f'{each.score:.{each.decimals}f}'.ljust(4 + decimals)}  {each.nickname}"
        + (f" +{each.found_after}" if each.found_after else "")
        for each in board.standings
    ]
    players = "1 player" if board.participants == 1 else f"{board.participants} players"
    return "\n".join([f"{board.target}: {players}", *(rows or ["  nobody has a score yet"])])


def _document(contest: "contest_pb2.Contest", boards: "Boards") -> str:
    facts = {
        "contest": contest.name,
        "phase": _phase(boards[0]),
        "nextChange": boards[0].next_change.ToJsonString() if boards[0].HasField("next_change") else None,
        "targets": [
            {
                "target": board.target,
                "participants": board.participants,
                "standings": [
                    {
                        "rank": each.rank,
                        "nickname": each.nickname,
                        "participantId": each.participant_id,
                        "score": each.score,
                        "pictureSha256": each.picture_sha256,
                        "foundAfter": each.found_after,
                        "achievedAt": each.achieved_at.ToJsonString(),
                    }
                    for each in board.standings
                ],
            }
            for board in boards
        ],
    }
    return json.dumps(facts, ensure_ascii=False)


def _phase(board: "leaderboard_pb2.Leaderboard") -> str:
    from cygnet.v1 import contest_pb2

    return contest_pb2.ContestPhase.Name(board.phase).removeprefix("CONTEST_PHASE_").lower()


def _local(moment: "Timestamp") -> str:
    return moment.ToDatetime(UTC).astimezone().strftime("%Y-%m-%d %H:%M:%S %Z")
