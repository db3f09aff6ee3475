"""Carries scores from the outbox to the leaderboard.

The script that completes a drawing writes each participant's score into the outbox in the same step; here they are
sent, in order, and removed only once the leaderboard has them. A crash anywhere in between sends some twice, and the
leaderboard counts a delivery once. See docs/decisions/0002-the-outbox.md.
"""

import asyncio
import logging
import uuid
from collections.abc import Sequence
from typing import Protocol

from cygnet.dedup.changes import Changes
from cygnet.dedup.values import Delivery
from cygnet.platform.errors import DomainError, InvalidRequest, Unavailable

log = logging.getLogger(__name__)

BATCH = 100
"""Deliveries a call: at some 400 bytes each they stay under the 64 KiB that a port accepts."""
HOLD_MS = 3_000
"""For how long a relay has an outbox to itself without saying so again."""
LOOK_AGAIN_S = 1.0
"""The outbox is looked at this often although nothing was announced."""
LONGEST_PAUSE_S = 5.0
"""Attempts to reach a leaderboard that is away are at most this far apart."""


class OutboxStore(Protocol):
    """What the relay needs of the store."""

    async def contests(self) -> list[str]: ...
    async def hold_relay(self, contest: str, token: str, for_ms: int) -> bool: ...
    async def let_relay_go(self, contest: str, token: str) -> None: ...
    async def outbox(self, contest: str, limit: int) -> list[Delivery]: ...
    async def delivered(self, contest: str, entry_ids: Sequence[str]) -> None: ...
    async def set_aside(self, contest: str, entry_id: str) -> None: ...


class ResultLog(Protocol):
    """The leaderboard's log. Recording is safe to repeat; raises domain errors."""

    async def record(self, contest: str, deliveries: Sequence[Delivery]) -> None: ...


class Relay:
    """Empties the outboxes of all contests."""

    def __init__(self, store: OutboxStore, results: ResultLog, changes: Changes) -> None:
        self._store = store
        self._results = results
        self._changes = changes
        self._token = uuid.uuid4().hex
        self._failures = 0

    async def run(self) -> None:
        """Relays for ever. What fails stays in the outbox and is tried again, less and less often."""
        with self._changes.listening() as listener:
            try:
                while True:
                    if await self._all_sent():
                        self._failures = 0
                        await listener.heard(LOOK_AGAIN_S)
                    else:
                        self._failures += 1
                        await asyncio.sleep(min(LONGEST_PAUSE_S, 0.25 * 2**self._failures))
            finally:
                await self._let_go()

    async def _all_sent(self) -> bool:
        try:
            contests = await self._store.contests()
        except Unavailable as error:
            log.warning("the outbox cannot be read", extra={"error": error.message})
            return False
        # At the same time, so that one contest's trouble does not delay the others.
        return all(await asyncio.gather(*(self._emptied(contest) for contest in contests)))

    async def _emptied(self, contest: str) -> bool:
        try:
            await self.empty(contest)
        except DomainError as error:
            log.warning(
                "scores do not reach the leaderboard; they wait in the outbox",
                extra={"contest": contest, "reason": error.reason, "error": error.message},
            )
            return False
        return True

    async def empty(self, contest: str) -> None:
        """Sends what is in a contest's outbox, unless another process is at it. Raises what stopped it."""
        limit = BATCH
        while await self._store.hold_relay(contest, self._token, HOLD_MS):
            deliveries = await self._store.outbox(contest, limit)
            if not deliveries:
                return
            try:
                await self._results.record(contest, deliveries)
            except InvalidRequest as error:
                # Sent alone, the one that is refused is found; the others must not wait behind it for ever.
                if len(deliveries) > 1:
                    limit = 1
                    continue
                log.error(
                    "the leaderboard refuses a score; it is set aside",
                    extra={"contest": contest, "submission": deliveries[0].submission_id, "error": error.message},
                )
                await self._store.set_aside(contest, deliveries[0].entry_id)
                limit = BATCH
                continue
            await self._store.delivered(contest, [delivery.entry_id for delivery in deliveries])

    async def _let_go(self) -> None:
        try:
            for contest in await self._store.contests():
                await self._store.let_relay_go(contest, self._token)
        except Unavailable as error:
            log.warning("the outbox could not be let go; it is free in a moment", extra={"error": error.message})
