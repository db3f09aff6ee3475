"""When what people wrote and drew in a contest goes, and the round that sees to it in each service."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from cygnet.contest.store import ContestStore
from cygnet.internal.v1 import document_pb2
from cygnet.platform.errors import Unavailable

log = logging.getLogger(__name__)

EVERY_S = 60.0
"""Pause between two rounds."""


def expires_ms(document: document_pb2.ContestDocument) -> int | None:
    """Returns when a contest's data are no longer wanted, in ms since the epoch; None: that is for ever."""
    if not document.retention_ms or not document.contest.windows:
        return None
    return int(document.contest.windows[-1].closes.ToMilliseconds()) + document.retention_ms


async def forget_expired(
    contests: ContestStore, clock: Callable[[], int], forget: Callable[[str], Awaitable[int]]
) -> None:
    """Forgets what has expired, once. `forget` deletes a contest's data and returns how many entries there were.

    It is called in every round for every contest that has expired: what broke off goes on, and what nobody wrote
    since costs a question.
    """
    for name in contests.names:
        expires = expires_ms(contests.get(name))
        if expires is None or clock() < expires:
            continue
        try:
            entries = await forget(name)
        except Unavailable as error:
            log.warning("an expired contest could not be forgotten", extra={"contest": name, "error": error.message})
            continue
        if entries:
            log.info("an expired contest was forgotten", extra={"contest": name, "entries": entries})


async def keep_forgetting(
    contests: ContestStore, clock: Callable[[], int], forget: Callable[[str], Awaitable[int]]
) -> None:
    """Goes round for ever. Several replicas may: what one has deleted the other does not find."""
    while True:
        await forget_expired(contests, clock, forget)
        await asyncio.sleep(EVERY_S)
