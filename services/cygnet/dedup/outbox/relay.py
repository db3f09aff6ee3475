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
from cygnet.platform.tasks import cancel_and_wait

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

    async def run(self) -> None:
        """Relays for ever, each contest by itself: one contest's trouble does not delay another's scores."""
        following: dict[str, asyncio.Task[None]] = {}
        try:
            while True:
                for contest in set(await self._contests()) - following.keys():
                    relay = asyncio.create_task(self._follow(contest), name=f"the relay of {contest}")
                    following[contest] = relay
                await asyncio.sleep(LOOK_AGAIN_S)
                for relay in following.values():
                    if relay.done():
                        # It never ends by itself: this raises what ended it.
                        relay.result()
        finally:
            await cancel_and_wait(*following.values())

    async def _contests(self) -> list[str]:
        try:
            return await self._store.contests()
        except Unavailable as error:
            log.warning("the outboxes cannot be found", extra={"error": error.message})
            return []

    async def _follow(self, contest: str) -> None:
        failures = 0
        with self._changes.listening() as listener:
            try:
                while True:
                    try:
                        await self.empty(contest)
                        failures = 0
                    except DomainError as error:
                        failures += 1
                        log.warning(
                            "scores do not reach the leaderboard; they wait in the outbox",
                            extra={"contest": contest, "reason": error.reason, "error": error.message},
                        )
                        await asyncio.sleep(pause_s(failures))
                    else:
                        await listener.until(
                            lambda change: change.outbox_grew and change.contest == contest, LOOK_AGAIN_S
                        )
            finally:
                await self._let_go(contest)

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

    async def _let_go(self, contest: str) -> None:
        try:
            await self._store.let_relay_go(contest, self._token)
        except Unavailable as error:
            log.warning("the outbox could not be let go; it is free in a moment", extra={"error": error.message})


def pause_s(failures: int) -> float:
    """Returns how long to wait after so many failures in a row: 0.25 s, then twice as long each time, up to 5 s."""
    # Bounded before it is a power: an outage of hours has thousands of failures.
    return min(LONGEST_PAUSE_S, 0.25 * 2.0 ** min(failures - 1, 10))
