"""Takes jobs away from workers that went silent, and looks after the gauges that only reading can tell."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Protocol

from cygnet.dedup.values import Lengths
from cygnet.platform.errors import Unavailable
from cygnet.v1.submission_pb2 import Failure

log = logging.getLogger(__name__)

EVERY_S = 1.0
"""Pause between two rounds."""
AWAY_MS = 10_000
"""After a pause of more than this, or than a lease if that is longer, this service was away or the clock was set."""
IDLE_MS = 3_600_000
"""A contest without work to which nobody submitted within this time is no longer active: it costs nothing until
somebody does. An hour, because a worker for any contest polls the active ones alone: the first submission after that
shows "no worker" until one has polled."""
WORKER_LOST = Failure(
    reason="WORKER_LOST", message="the drawing was begun several times and never finished; please ask again"
)


class ReaperStore(Protocol):
    """What reaping needs of the store."""

    async def contests(self) -> list[str]: ...
    async def retire(self, contest: str, idle_since_ms: int) -> bool: ...
    async def expired_leases(self, contest: str, now_ms: int) -> list[str]: ...
    async def expire(self, contest: str, fingerprint: str, failure: Failure, most_lost: int, now_ms: int) -> str: ...
    async def lengths(self, contest: str) -> Lengths: ...


class ReaperReport(Protocol):
    """Counts what a round found."""

    def lease_expired(self, contest: str, *, failed: bool) -> None: ...
    def lengths(self, contest: str, lengths: Lengths, oldest_wait_s: float) -> None: ...
    def shares(self) -> None: ...


class Reaper:
    """Goes round once a second. Several replicas may: a lease runs out once."""

    def __init__(
        self,
        store: ReaperStore,
        report: ReaperReport,
        *,
        lease_ms: int,
        most_lost: int,
        overdue: Callable[[str], Awaitable[None]],
        clock: Callable[[], int],
    ) -> None:
        """When `most_lost` leases of a job ran out, it fails. `overdue` ends what waits in vain in a contest.

        `clock` returns ms since the epoch.
        """
        self._store = store
        self._report = report
        self._lease_ms = lease_ms
        self._most_lost = most_lost
        self._overdue = overdue
        self._clock = clock
        self._seen_ms: int | None = None
        self._reap_from_ms = 0

    async def run(self) -> None:
        """Goes round for ever; a store that does not answer is tried again in the next round."""
        while True:
            try:
                may_reap = self.may_reap()
                for contest in await self._store.contests():
                    if may_reap:
                        await self.reap(contest)
                    await self._overdue(contest)
                    await self._measure(contest)
                self._report.shares()
            except Unavailable as error:
                log.warning("leases cannot be looked after", extra={"error": error.message})
                self._reap_from_ms = self._clock() + self._lease_ms
            await asyncio.sleep(EVERY_S)

    def may_reap(self) -> bool:
        """Tells whether a lease that has run out was not renewed by its worker's fault, once a round.

        While this service or its store was away none could be renewed, and a clock that was set says nothing of one:
        workers get one lease's time to do so.
        """
        now, seen, self._seen_ms = self._clock(), self._seen_ms, self._clock()
        if seen is None or abs(now - seen) > max(AWAY_MS, self._lease_ms):
            self._reap_from_ms = now + self._lease_ms
        return now >= self._reap_from_ms

    async def _measure(self, contest: str) -> None:
        lengths = await self._store.lengths(contest)
        waits_s = 0.0 if lengths.oldest_ms is None else max(0.0, (self._clock() - lengths.oldest_ms) / 1000)
        self._report.lengths(contest, lengths, waits_s)
        if not (lengths.waiting or lengths.drawing or lengths.outbox):
            await self._store.retire(contest, self._clock() - IDLE_MS)

    async def reap(self, contest: str) -> None:
        """Ends every lease of a contest that has run out."""
        for fingerprint in await self._store.expired_leases(contest, self._clock()):
            became = await self._store.expire(contest, fingerprint, WORKER_LOST, self._most_lost, self._clock())
            if became == "lost":
                continue
            self._report.lease_expired(contest, failed=became == "failed")
            log.warning("a worker went silent", extra={"contest": contest, "job": fingerprint[:12], "job_is": became})
