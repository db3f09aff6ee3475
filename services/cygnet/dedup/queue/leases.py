"""Jobs for workers: handed out fairly, kept by heartbeats, ended with a picture or without.

Work is done at least once, its effect happens exactly once: every claim of a job has a larger fencing token, and only
the newest one counts.
"""

import asyncio
import logging
import uuid
from collections.abc import Callable, Sequence
from typing import Protocol

from cygnet.dedup.changes import Changes
from cygnet.dedup.values import Claimed, Completion, Lease, Served
from cygnet.internal.v1 import dedup_pb2
from cygnet.platform.errors import LeaseLost, Unavailable
from cygnet.v1.submission_pb2 import Failure

log = logging.getLogger(__name__)

_LOOK_AGAIN_S = 2.0
"""A waiting claim looks for itself this often: a lost announcement delays work, it never loses it."""


class LeaseStore(Protocol):
    """What leasing needs of the store."""

    async def contests(self) -> list[str]: ...
    async def claim(
        self, contest: str, token: str, lease_ms: int, now_ms: int, served: Served | None, away_ms: int
    ) -> Claimed | None: ...
    async def heartbeat(self, lease: Lease, lease_ms: int, now_ms: int) -> bool: ...
    async def complete(self, lease: Lease, result: bytes, now_ms: int) -> Completion | None: ...
    async def release(self, lease: Lease, failure: Failure | None, now_ms: int) -> bool: ...


class LeaseReport(Protocol):
    """Counts what became of jobs."""

    def claimed(self, contest: str, waited_s: float) -> None: ...
    def completed(self, contest: str, after_s: float, *, kept: bool | None) -> None: ...
    def failed(self, contest: str) -> None: ...


class Leasing:
    """Claims, heartbeats and ends of jobs."""

    def __init__(
        self,
        store: LeaseStore,
        changes: Changes,
        report: LeaseReport,
        *,
        lease_ms: int,
        model_away_ms: int,
        clock: Callable[[], int],
        stopping: asyncio.Event,
    ) -> None:
        """`clock` returns ms since the epoch."""
        self._store = store
        self._changes = changes
        self._report = report
        self.lease_ms = lease_ms
        self._model_away_ms = model_away_ms
        self._clock = clock
        self._stopping = stopping
        self._last_served = ""
        self._returns: set[asyncio.Task[None]] = set()

    async def claim(self, request: dedup_pb2.ClaimRequest) -> dedup_pb2.Job | None:
        """Returns the fairest job of a contest (empty: of any) that the worker can draw with the models it names.

        Waits for one as long as the request says; None without one. A claim that is cancelled keeps no job.
        """
        now_s = asyncio.get_running_loop().time
        deadline = now_s() + request.wait_ms / 1000
        served = request if request.generator_source else None
        with self._changes.listening() as listener:
            while True:
                contests = [request.contest] if request.contest else await self._in_turn()
                claimed = await self._claim_now(contests, served)
                if claimed is not None:
                    job, waited_ms = claimed.job, self._clock() - claimed.queued_ms
                    self._report.claimed(job.contest, max(0.0, waited_ms / 1000))
                    return job
                left_s = deadline - now_s()
                if left_s <= 0 or self._stopping.is_set():
                    return None
                await listener.until(lambda change: change.work_added, min(left_s, _LOOK_AGAIN_S))

    async def heartbeat(self, lease: Lease) -> int:
        """Keeps a lease; returns how many ms it now lasts.

        Raises:
            LeaseLost: another worker has the job, or it ended.
        """
        if not await self._store.heartbeat(lease, self.lease_ms, self._clock()):
            raise _lost()
        return self.lease_ms

    async def complete(self, lease: Lease, result: bytes) -> None:
        """Ends a job with a serialized Result.

        Raises:
            LeaseLost: another worker has the job, or it ended.
        """
        completion = await self._store.complete(lease, result, self._clock())
        if completion is None:
            raise _lost()
        if completion.after_ms is not None:
            self._report.completed(lease.contest, max(0, completion.after_ms) / 1000, kept=completion.kept)

    async def release(self, lease: Lease, failure: Failure | None) -> None:
        """Gives a job back to its old place, or fails it.

        Raises:
            LeaseLost: another worker has the job, or it ended.
        """
        if not await self._store.release(lease, failure, self._clock()):
            raise _lost()
        if failure is not None:
            self._report.failed(lease.contest)
            log.warning(
                "drawing failed",
                extra={"contest": lease.contest, "job": lease.fingerprint[:12], "reason": failure.reason},
            )

    def give_back(self, job: dedup_pb2.Job) -> None:
        """Gives back a job that did not reach its worker, beside whatever else happens."""
        task = asyncio.create_task(self._give_back(job))
        self._returns.add(task)
        task.add_done_callback(self._returns.discard)

    async def _give_back(self, job: dedup_pb2.Job) -> None:
        try:
            await self._store.release(job, None, self._clock())
        except Unavailable as error:
            # Its lease runs out, and then it is given back.
            log.warning("a job that nobody took could not be given back", extra={"error": error.message})

    async def _in_turn(self) -> list[str]:
        # Each contest is first in its turn, whichever has the most work.
        names = await self._store.contests()
        return [name for name in names if name > self._last_served] + [
            name for name in names if name <= self._last_served
        ]

    async def _claim_now(self, contests: Sequence[str], served: Served | None) -> Claimed | None:
        for contest in contests:
            claiming = asyncio.ensure_future(
                self._store.claim(contest, uuid.uuid4().hex, self.lease_ms, self._clock(), served, self._model_away_ms)
            )
            try:
                # The script runs on although its caller went away: what it claimed must be seen.
                claimed = await asyncio.shield(claiming)
            except asyncio.CancelledError:
                claiming.add_done_callback(self._give_back_unseen)
                raise
            if claimed is not None:
                self._last_served = contest
                return claimed
        return None

    def _give_back_unseen(self, claiming: asyncio.Future[Claimed | None]) -> None:
        if claiming.cancelled():
            return
        error = claiming.exception()
        if error is not None:
            log.warning("a cancelled claim failed", extra={"error": str(error)})
            return
        claimed = claiming.result()
        if claimed is not None:
            self.give_back(claimed.job)


def _lost() -> LeaseLost:
    return LeaseLost("another worker has this job, or it ended; stop working on it")
