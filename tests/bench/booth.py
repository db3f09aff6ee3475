"""Nobody can freeze the event: how long do honest people wait beside an attacker?

Starts the whole game with the example contest, has people play who were there before, lets new ones come, and lets one
attacker after another loose on the public port, each in a process of its own. Run it with `make bench-booth` on an
otherwise idle machine. Waits go from the click to the picture, refusals that an honest person met are counted.
"""

import asyncio
import json
import os
import resource
import statistics
import sys
import time
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

import click
from tests.bench.attackers import ATTACKS
from tests.prompts import unique
from tests.stack.hall import Screen, paired_screen, pairing_code, scan_and_join, shown
from tests.stack.player import Player, connection
from tests.stackrunner import Stack, started_stack

from cygnet.platform.errors import DomainError, Refused

CONTEST = "duck-and-swan"
GROUPS = {"present": "in the hall, played before", "outside": "outside, played before", "newcomer": "scans the code"}
"""Who is honest: regulars who were in the hall, regulars who were not, and people who come and scan the screen."""
PLAYERS, EVERY_S = 3, 12.0
"""Of each kind of regulars, and how often each of them draws, which no limit refuses."""
NEWCOMER_EVERY_S = 6.0
WARM_UP_S = 65.0
"""How long regulars play before an attack, so that they are regulars."""
PATIENCE_S = 120.0


@dataclass
class Honest:
    """What honest people met in one case."""

    waits: dict[str, list[float]] = field(default_factory=lambda: {group: [] for group in GROUPS})
    refused: Counter[str] = field(default_factory=Counter)
    without_picture: Counter[str] = field(default_factory=Counter)
    scans: list[float] = field(default_factory=list)
    """From the scan of the code to being present, seconds."""

    async def draw(self, player: Player, who: str) -> None:
        """One click, as the page handles it: a refusal says when to try again."""
        clicked, prompt = time.monotonic(), unique()
        try:
            async with asyncio.timeout(PATIENCE_S):
                while True:
                    try:
                        submission = await player.submit(prompt)
                        break
                    except Refused as refused:
                        self.refused[f"{who} {refused.reason}"] += 1
                        await asyncio.sleep(max(0.2, refused.retry_after_s))
                await player.result(submission)
        except (TimeoutError, DomainError, AssertionError) as error:
            self.without_picture[f"{who} {type(error).__name__}"] += 1
        else:
            self.waits[who].append(time.monotonic() - clicked)


async def measure(
    address: str, seconds: float, honest: Honest, regulars: dict[str, list[Player]], screen: Screen
) -> None:
    """Honest people for `seconds`, each at a steady pace."""
    end = time.monotonic() + seconds

    async def regular(group: str, number: int, player: Player) -> None:
        await asyncio.sleep(number * EVERY_S / PLAYERS)
        while time.monotonic() < end:
            began = time.monotonic()
            await honest.draw(player, group)
            await asyncio.sleep(max(0.0, began + EVERY_S - time.monotonic()))

    async def newcomer() -> None:
        clicked = time.monotonic()
        async with connection(address) as channel:
            try:
                player = await scan_and_join(channel, "New", CONTEST, screen.code)
            except DomainError as error:
                honest.without_picture[f"newcomer scan {getattr(error, 'reason', type(error).__name__)}"] += 1
                return
            honest.scans.append(time.monotonic() - clicked)
            await honest.draw(player, "newcomer")

    async def newcomers() -> None:
        async with asyncio.TaskGroup() as group:
            while time.monotonic() < end:
                group.create_task(newcomer())
                await asyncio.sleep(NEWCOMER_EVERY_S)

    async with asyncio.TaskGroup() as group:
        for name, players in regulars.items():
            for number, player in enumerate(players):
                group.create_task(regular(name, number, player))
        group.create_task(newcomers())


async def case(stack: Stack, attack: str, seconds: float) -> dict[str, object]:
    """One attack's row."""
    honest, address = Honest(), stack.address
    async with AsyncExitStack() as open_:
        # As every phone, each has a connection of its own.
        channels = [await open_.enter_async_context(connection(address)) for _ in range(2 * PLAYERS + 1)]
        token = await paired_screen(channels[-1], CONTEST, await pairing_code(stack.endpoints, CONTEST))
        screen = await open_.enter_async_context(shown(address, CONTEST, token))
        regulars = {
            "present": [await scan_and_join(c, "Present", CONTEST, screen.code) for c in channels[:PLAYERS]],
            "outside": [await Player.join(c, "Outside", CONTEST) for c in channels[PLAYERS:-1]],
        }
        await measure(address, WARM_UP_S, Honest(), regulars, screen)
        before, attacker = _cpu_seconds(stack), None
        if attack != "calm":
            command = [sys.executable, "-m", "tests.bench.attackers", attack, address, str(seconds), token]
            attacker = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
        await measure(address, seconds, honest, regulars, screen)
        used = _cpu_seconds(stack) - before
        attacked = json.loads((await attacker.communicate())[0] or b"{}") if attacker is not None else {}
    return {
        "attack": attack,
        "attacker": attacked.get("got", {}),
        "cpuShare": {"game": round(used / seconds, 2), "attacker": round(attacked.get("cpuSeconds", 0) / seconds, 2)},
        **{group: _figures(waits) for group, waits in honest.waits.items()},
        "scan": _figures(honest.scans),
        "refused": dict(honest.refused),
        "withoutPicture": dict(honest.without_picture),
    }


def _cpu_seconds(stack: Stack) -> float:
    """What all of the game's processes have used; those that ended are their parents'."""
    total = 0
    for pid in stack.descendants():
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
        total += sum(int(field) for field in fields[11:13])
    return total / os.sysconf("SC_CLK_TCK")


def _figures(waits: list[float]) -> dict[str, float] | None:
    if not waits:
        return None
    ordered = sorted(waits)
    return {
        "pictures": len(waits),
        "median": round(statistics.median(waits), 2),
        "p95": round(ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))], 2),
        "longest": round(ordered[-1], 2),
    }


COLUMNS = ["attack", *(f"{who}: median / p95 (pictures)" for who in GROUPS.values()), "refused", "without a picture"]
COLUMNS += ["the attacker got", "cores used"]


def line(row: dict[str, object]) -> str:
    """Markdown."""
    cells = [str(row["attack"])]
    for group in GROUPS:
        figures = row[group]
        cells.append(
            f"{figures['median']} / {figures['p95']} s ({figures['pictures']})" if isinstance(figures, dict) else "none"
        )
    cells += [_said(row[column]) for column in ("refused", "withoutPicture", "attacker", "cpuShare")]
    return f"| {' | '.join(cells)} |"


def _said(counts: object) -> str:
    return ", ".join(f"{count} {what}" for what, count in counts.items()) if isinstance(counts, dict) else ""


@click.command(help=(__doc__ or "").splitlines()[0])
@click.option("--only", multiple=True, type=click.Choice(["calm", *ATTACKS]), help="Only these cases.")
@click.option("--seconds", default=60.0, show_default=True, help="How long each attack goes on.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object a line.")
def main(only: tuple[str, ...], seconds: float, as_json: bool) -> None:
    # The attacker holds thousands of connections.
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    if not as_json:
        click.echo(f"| {' | '.join(COLUMNS)} |\n|{'---|' * len(COLUMNS)}")
    for attack in only or ("calm", *ATTACKS):
        # A game of its own for each: nothing that one attack left behind is another's.
        with started_stack() as stack:
            row = asyncio.run(case(stack, attack, seconds))
        click.echo(json.dumps(row) if as_json else line(row))


if __name__ == "__main__":
    main()
