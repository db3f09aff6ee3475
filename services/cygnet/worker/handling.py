"""One job in hand: keep its lease while it is drawn, and end it in exactly one way.

It ends completed, failed openly, given back, or lost to somebody else; it is never dropped.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from enum import Enum

from cygnet.inference.triton import TritonUnavailable
from cygnet.internal.v1 import dedup_pb2
from cygnet.platform.errors import DomainError, LeaseLost, Unavailable
from cygnet.platform.pictures import PictureStore
from cygnet.platform.tasks import Backoff, cancel_and_wait, wait_unless
from cygnet.v1 import submission_pb2
from cygnet.worker.job_queue import JobQueue, heartbeat_pause_s
from cygnet.worker.scored_generator import CannotDraw, ScoredGenerator

log = logging.getLogger(__name__)

Drawing = asyncio.Task[tuple[bytes, submission_pb2.Result]]

DRAWING_FAILED = "DRAWING_FAILED"
"""The reason of every failure that a worker reports."""
PAUSE_S = 0.25
LONGEST_PAUSE_S = 5.0
"""Attempts to reach a service that is away start PAUSE_S apart, and end up this far apart."""


class Outcome(Enum):
    """What became of a job in this worker's hands."""

    COMPLETED = "completed"
    FAILED = "failed"
    RETURNED = "returned"
    LEASE_LOST = "lease_lost"


class Handler:
    """Handles jobs, one call each; calls run side by side."""

    def __init__(
        self,
        jobs: JobQueue,
        generator: ScoredGenerator,
        pictures: PictureStore,
        now_ms: Callable[[], int],
        triton_lost: Callable[[TritonUnavailable], None],
        out_of_time: asyncio.Event,
    ) -> None:
        """`triton_lost` is called when Triton did not draw; `out_of_time` says to let go of what is in hand."""
        self._jobs = jobs
        self._generator = generator
        self._pictures = pictures
        self._now_ms = now_ms
        self._triton_lost = triton_lost
        self._out_of_time = out_of_time

    async def handle(self, job: dedup_pb2.Job) -> Outcome:
        """Draws a job and ends it. Returns when Triton is done with it too, unless there is no time left."""
        drawing = asyncio.create_task(self._generator.draw(job), name=f"drawing {job.fingerprint[:12]}")
        try:
            async with self._kept(job) as lost:
                outcome = await self._outcome(job, drawing, lost)
            # Triton goes on with a drawing that nobody wants any more. The next one is not sent before it has ended:
            # so what Triton has in hand stays bounded.
            await self._in_time(drawing)
            return outcome
        finally:
            drawing.cancel()
            await asyncio.gather(drawing, return_exceptions=True)

    async def _outcome(self, job: dedup_pb2.Job, drawing: Drawing, lost: asyncio.Event) -> Outcome:
        try:
            if not await wait_unless(lost, self._in_time(drawing)):
                return Outcome.LEASE_LOST
            if not drawing.done():
                return await self._released(job, None)
            picture, result = drawing.result()
            result.picture_sha256 = await self._pictures.put(picture)
            result.completed_at.FromMilliseconds(self._now_ms())
            serialized = result.SerializeToString()
            # The answer to this, not the heartbeat's, says whether the lease was lost: a late picture may still do.
            await self._repeated(lambda: self._jobs.complete(job, serialized))
            return Outcome.COMPLETED
        except LeaseLost:
            return Outcome.LEASE_LOST
        except TritonUnavailable as error:
            self._triton_lost(error)
            return await self._released(job, None)
        except Unavailable as error:
            log.warning("a drawing could not be finished, giving it back", extra={"error": error.message})
            return await self._released(job, None)
        except CannotDraw as error:
            return await self._released(job, str(error))
        except Exception:
            log.exception("unexpected error while drawing")
            return await self._released(job, "unexpected error in the worker; its log has it")

    async def _in_time(self, drawing: Drawing) -> None:
        await wait_unless(self._out_of_time, asyncio.wait({drawing}))

    async def _released(self, job: dedup_pb2.Job, failed: str | None) -> Outcome:
        """Gives a job back; where `failed` says why it cannot be drawn, for good."""
        failure = None if failed is None else submission_pb2.Failure(reason=DRAWING_FAILED, message=failed[:1000])
        try:
            await self._repeated(lambda: self._jobs.release(job, failure))
        except LeaseLost:
            return Outcome.LEASE_LOST
        except DomainError as error:
            # The lease runs out, and then somebody else has it.
            log.error("a job could not be given back", extra={"job": job.fingerprint[:12], "error": error.message})
        if failure is None:
            return Outcome.RETURNED
        log.warning("a job failed", extra={"job": job.fingerprint[:12], "reason": DRAWING_FAILED, "error": failed})
        return Outcome.FAILED

    async def _repeated(self, call: Callable[[], Awaitable[None]]) -> None:
        """Repeats a call until it is answered; once there is no time left, tries it only once."""
        backoff = Backoff(PAUSE_S, LONGEST_PAUSE_S)
        while True:
            try:
                await call()
                return
            except Unavailable as error:
                if self._out_of_time.is_set():
                    raise
                log.warning("dedup does not answer, trying again", extra={"error": error.message})
            await wait_unless(self._out_of_time, asyncio.sleep(backoff.next_s()))

    @asynccontextmanager
    async def _kept(self, job: dedup_pb2.Job) -> AsyncIterator[asyncio.Event]:
        """Keeps the lease while the block lasts; yields what is set when it is lost."""
        lost = asyncio.Event()
        keeping = asyncio.create_task(self._keep(job, lost), name=f"lease {job.fingerprint[:12]}")
        try:
            yield lost
        finally:
            await cancel_and_wait(keeping)

    async def _keep(self, job: dedup_pb2.Job, lost: asyncio.Event) -> None:
        while True:
            await asyncio.sleep(heartbeat_pause_s(job))
            try:
                await self._jobs.heartbeat(job)
            except LeaseLost:
                lost.set()
                return
            except DomainError as error:
                log.warning("a heartbeat was not answered", extra={"error": error.message})
