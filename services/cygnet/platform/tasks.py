"""Waiting, ending and trying again in asyncio, each done once and for certain."""

import asyncio
import logging
from collections.abc import Awaitable
from typing import Any

log = logging.getLogger(__name__)

CANCEL_AGAIN_S = 0.5
"""A task that did not end by then is cancelled again."""


async def wait_unless(event: asyncio.Event, awaited: Awaitable[Any]) -> bool:
    """Waits for `awaited` or `event`, whichever comes first; returns whether `awaited` ended.

    If only the event came, `awaited` is cancelled.

    Raises:
        Exception: what `awaited` raises.
    """
    happening = asyncio.ensure_future(event.wait())
    awaiting = asyncio.ensure_future(awaited)
    try:
        await asyncio.wait({happening, awaiting}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        happening.cancel()
        ended = awaiting.done()
        if not ended:
            awaiting.cancel()
            await asyncio.wait({awaiting})
    if ended:
        awaiting.result()
    return ended


async def cancel_and_wait(*tasks: asyncio.Task[None]) -> None:
    """Cancels tasks and returns when all have ended; how they ended is not raised.

    They are cancelled more than once if need be: a cancellation that meets a library in the middle of its own time-out
    can get lost (seen with redis-py on Python 3.11), and a task that waits for ever then would never stop.
    """
    going = set(tasks)
    while going:
        for task in going:
            task.cancel()
        _, going = await asyncio.wait(going, timeout=CANCEL_AGAIN_S)
        for task in going:
            log.info("%s goes on although it was cancelled; cancelling it again", task.get_name())


class Backoff:
    """Pauses between attempts: the first one short, each twice the one before, up to the longest."""

    def __init__(self, first_s: float, longest_s: float) -> None:
        self._first_s = first_s
        self._longest_s = longest_s
        self._failures = 0

    def next_s(self) -> float:
        """Returns how many seconds to pause now, after one more failure."""
        # 2**64 is beyond every limit, and a float still holds it.
        pause_s = min(self._first_s * 2.0 ** min(self._failures, 64), self._longest_s)
        self._failures += 1
        return pause_s

    def reset(self) -> None:
        """Says that an attempt worked: the next pause is the first one again."""
        self._failures = 0
