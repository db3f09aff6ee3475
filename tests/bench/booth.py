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
from dataclasses import dataclass, field

import click
from tests.bench.attackers import ATTACKS
from tests.prompts import unique
from tests.stack.player import Player, connection
from tests.stackrunner import started_stack

from cygnet.platform.errors import DomainError, Refused

REGULARS, REGULAR_EVERY_S = 4, 12.0
NEWCOMER_EVERY_S = 12.0
WARM_UP_S = 40.0
"""How long regulars play before an attack, so that they are regulars."""
PATIENCE_S = 120.0


@dataclass
class Honest:
    """What honest people met in one case."""

    waits: dict[str, list[float]] = field(default_factory=lambda: {"regular": [], "newcomer": []})
    refused: Counter[str] = field(default_factory=Counter)
    without_picture: Counter[str] = field(default_factory=Counter)

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


async def measure(address: str, seconds: float, honest: Honest, regulars: list[Player]) -> None:
    """Honest people for `seconds`, each at a steady pace."""
    end = time.monotonic() + seconds

    async def regular(number: int, player: Player) -> None:
        await asyncio.sleep(number * REGULAR_EVERY_S / REGULARS)
        while time.monotonic() < end:
            began = time.monotonic()
            await honest.draw(player, "regular")
            await asyncio.sleep(max(0.0, began + REGULAR_EVERY_S - time.monotonic()))

    async def newcomer() -> None:
        async with connection(address) as channel:
            try:
                player = await Player.join(channel, "New")
            except DomainError as error:
                honest.without_picture[f"newcomer join {getattr(error, 'reason', type(error).__name__)}"] += 1
                return
            await honest.draw(player, "newcomer")

    async def newcomers() -> None:
        async with asyncio.TaskGroup() as group:
            while time.monotonic() < end:
                group.create_task(newcomer())
                await asyncio.sleep(NEWCOMER_EVERY_S)

    async with asyncio.TaskGroup() as group:
        for number, player in enumerate(regulars):
            group.create_task(regular(number, player))
        group.create_task(newcomers())


async def case(address: str, attack: str, seconds: float) -> dict[str, object]:
    """One attack's row."""
    honest = Honest()
    async with connection(address) as channel:
        regulars = [await Player.join(channel, f"Regular {number}") for number in range(REGULARS)]
        await measure(address, WARM_UP_S, Honest(), regulars)
        attacker = None
        if attack != "calm":
            attacker = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "tests.bench.attackers",
                attack,
                address,
                str(seconds),
                stdout=asyncio.subprocess.PIPE,
            )
        await measure(address, seconds, honest, regulars)
        got = json.loads((await attacker.communicate())[0] or b"{}") if attacker is not None else {}
    return {
        "attack": attack,
        "attacker": got,
        **{who: _figures(waits) for who, waits in honest.waits.items()},
        "refused": dict(honest.refused),
        "withoutPicture": dict(honest.without_picture),
        "load": round(os.getloadavg()[0], 1),
    }


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


def line(row: dict[str, object]) -> str:
    """Markdown."""
    cells = [str(row["attack"])]
    for who in ("regular", "newcomer"):
        figures = row[who]
        cells.append(
            f"{figures['median']} / {figures['p95']} s ({figures['pictures']})" if isinstance(figures, dict) else "none"
        )
    cells += [_said(row["refused"]), _said(row["withoutPicture"]), _said(row["attacker"])]
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
    click.echo(
        "| attack | regulars: median / p95 (pictures) | newcomers | refused | without a picture | the attacker got |"
    )
    click.echo("|---|---|---|---|---|---|")
    for attack in only or ("calm", *ATTACKS):
        # A game of its own for each: nothing that one attack left behind is another's.
        with started_stack() as stack:
            row = asyncio.run(case(stack.address, attack, seconds))
        click.echo(json.dumps(row) if as_json else line(row))


if __name__ == "__main__":
    main()
