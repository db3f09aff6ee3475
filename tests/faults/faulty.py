"""One case: people play, something breaks, they play on, and then everything is looked at."""

import time
from collections.abc import Awaitable, Callable

from ..stackrunner import Stack
from .invariants import check
from .play import Play, playing


async def faulty(stack: Stack, name: str, fault: Callable[[Play], Awaitable[None]]) -> None:
    """Plays through a fault, which ends before `fault` returns; prints the longest gaps.

    Raises:
        AssertionError: something that must hold does not.
    """
    began = time.monotonic()
    async with playing(stack.address) as play:
        await fault(play)
        await play.pictures(2)
        await play.to_its_end()
        await check(stack, play)
    seconds = time.monotonic() - began
    print(f"{name}: {len(play.promises)} promised, {seconds:.0f} s, longest gaps {play.gaps()}")
