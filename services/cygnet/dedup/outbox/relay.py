"""Carries scores from the outbox to the leaderboard.

The script that completes a drawing writes each participant's score into the outbox in the same step; here they are
sent, in order, and removed only once the leaderboard has them. A crash anywhere in between sends some twice, and the
leaderboard counts a delivery once. See docs/decisions/0002-the-outbox.md.
"""

import asyncio
import logging
import uuid
from typing import TYPE_CHECKING

from cygnet.dedup.changes import Changes
from cygnet.dedup.store import Store
from cygnet.internal.v1 import results_pb2
from cygnet.platform.errors import DomainError, InvalidRequest, Unavailable
from cygnet.platform.tasks import Backoff, cancel_and_wait

if TYPE_CHECKING:
    from cygnet.internal.v1.results_pb2_grpc import ResultLogServiceAsyncStub

log = logging.getLogger(__name__)

BATCH = 100
"""Deliveries a call: at some 400 bytes each they stay under the 64 KiB that a port accepts."""
LOCK_MS = 3_000
"""For how long a relay has an outbox to itself without saying so again."""
LOOK_AGAIN_S = 1.0
"""Outboxes are looked at this often although nothing was announced."""
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.25, 5.0
"""Attempts to reach a leaderboard that is away are this far apart."""


class OutboxRelay:
    """Empties the outboxes of all contests. A contest costs nothing while nothing is in its outbox."""

    def __init__(self, store: Store, results: "ResultLogServiceAsyncStub", changes: Changes) -> None:
        """Calls of `results` raise domain errors."""
        self._store = store
        self._results = results
        self._changes = changes
        self._token = uuid.uuid4().hex
        self._due: set[str] = set()

    async def run(self) -> None:
        """Relays for ever, each contest by itself: one contest's trouble does not delay another's scores."""
        now_s = asyncio.get_running_loop().time
        relaying: dict[str, asyncio.Task[None]] = {}
        look_at = now_s()
        with self._changes.listening() as listener:
            try:
                while True:
                    missed, changes = await listener.take(max(0.0, look_at - now_s()))
                    self._due.update(change.contest for change in changes if change.outbox_grew)
                    if missed or now_s() >= look_at:
                        self._due.update(await self._undelivered())
                        look_at = now_s() + LOOK_AGAIN_S
                    for contest, relay in list(relaying.items()):
                        if relay.done():
                            # Raises what ended it, if that was not the end of its work.
                            relaying.pop(contest).result()
                    for contest in self._due - relaying.keys():
                        relaying[contest] = asyncio.create_task(self._relay(contest), name=f"the relay of {contest}")
            finally:
                await cancel_and_wait(*relaying.values())

    async def _undelivered(self) -> list[str]:
        try:
            return await self._store.undelivered()
        except Unavailable as error:
            log.warning("the outboxes cannot be found", extra={"error": error.message})
            return []

    async def _relay(self, contest: str) -> None:
        """Empties a contest's outbox for as long as that is due."""
        pauses = Backoff(FIRST_PAUSE_S, LONGEST_PAUSE_S)
        while contest in self._due:
            self._due.discard(contest)
            try:
                await self.empty(contest)
            except DomainError as error:
                self._due.add(contest)
                log.warning(
                    "scores do not reach the leaderboard; they wait in the outbox",
                    extra={"contest": contest, "reason": error.reason, "error": error.message},
                )
                await asyncio.sleep(pauses.next_s())
            finally:
                await self._unlock(contest)

    async def empty(self, contest: str) -> None:
        """Sends what is in a contest's outbox, unless another process is at it. Raises what stopped it."""
        limit = BATCH
        while await self._store.acquire_lock(contest, self._token, LOCK_MS):
            entries = await self._store.outbox(contest, limit)
            if not entries:
                return
            try:
                await self._results.RecordResults(
                    results_pb2.RecordResultsRequest(contest=contest, results=entries.values())
                )
            except InvalidRequest as error:
                # Sent alone, the one that is refused is found; the others must not wait behind it for ever.
                if len(entries) > 1:
                    limit = 1
                    continue
                [(entry_id, refused)] = entries.items()
                log.error(
                    "the leaderboard refuses a score; it is set aside",
                    extra={"contest": contest, "submission": refused.delivery_id, "error": error.message},
                )
                await self._store.set_aside(contest, entry_id)
                limit = BATCH
                continue
            await self._store.delivered(contest, entries)

    async def _unlock(self, contest: str) -> None:
        try:
            await self._store.release_lock(contest, self._token)
        except Unavailable as error:
            log.warning("the outbox could not be let go; it is free in a moment", extra={"error": error.message})
