"""Waiting for one thing, unless another happens first."""

import asyncio
from collections.abc import Awaitable
from typing import Any


async def unless(event: asyncio.Event, awaited: Awaitable[Any]) -> bool:
    """Waits for `awaited` or `event`, whichever comes first; returns whether `awaited` ended.

    If only the event came, `awaited` is cancelled. Raises what `awaited` raises.
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
