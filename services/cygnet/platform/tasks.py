"""Ending background tasks for certain."""

import asyncio
import logging

log = logging.getLogger(__name__)

TELL_AGAIN_S = 0.5
"""A task that did not end by then is told again."""


async def end(*tasks: asyncio.Task[None]) -> None:
    """Cancels tasks and returns when all have ended; how they ended is not raised.

    They are told more than once if need be: a cancellation that meets a library in the middle of its own time-out
    can get lost (seen with redis-py on Python 3.11), and a task that waits for ever then would never stop.
    """
    going = set(tasks)
    while going:
        for task in going:
            task.cancel()
        _, going = await asyncio.wait(going, timeout=TELL_AGAIN_S)
        for task in going:
            log.info("%s goes on although it was told to end; telling it again", task.get_name())
