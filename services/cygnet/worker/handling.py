"""One job in hand: keep its lease while it is drawn, and end it in exactly one way.

It ends completed, failed openly, given back, or lost to somebody else; it is never dropped.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from enum import Enum
from typing import Protocol

from cygnet.inference.triton import TritonUnavailable
from cygnet.platform.errors import DomainError, LeaseLost, Unavailable
from cygnet.platform.tasks import wait_unless
from cygnet.worker.drawing import DRAWING_FAILED
from cygnet.worker.values import CannotDraw, Failure, Job, Result, Scored

log = logging.getLogger(__name__)

HEARTBEATS_A_LEASE = 3
"""A lease outlives the loss of two heartbeats."""
PAUSE_S = 0.25
LONGEST_PAUSE_S = 5.0
"""Attempts to reach a service that is away start PAUSE_S apart, and end up this far apart."""


class Outcome(Enum):
    """What became of a job in this worker's hands."""

    COMPLETED = "completed"
    FAILED = "failed"
    RETURNED = "returned"
    LEASE_LOST = "lease_lost"


class Held(Protocol):
    """Jobs that are held. Every call raises Unavailable when it is not answered, and may be repeated."""

    async def heartbeat(self, job: Job) -> None:
        """Keeps a lease. Raises LeaseLost."""

    async def complete(self, job: Job, result: Result) -> None:
        """Ends a job with its result. Raises LeaseLost when somebody else has it."""

    async def release(self, job: Job, failure: Failure | None) -> None:
        """Gives a job back, or fails it for good. Raises LeaseLost."""


class Draws(Protocol):
    """What draws and scores."""

    async def draw(self, job: Job) -> Scored:
        """Raises CannotDraw, TritonUnavailable and Unavailable. Cancelling it does not reach Triton."""


class Pictures(Protocol):
    """Where pictures are stored."""

    async def put(self, picture: bytes) -> str:
        """Stores a picture and returns its SHA-256. Raises Unavailable."""


class Handler:
    """Handles jobs, one call each; calls run side by side."""

    def __init__(
        self,
        jobs: Held,
        drawer: Draws,
        pictures: Pictures,
        triton_lost: Callable[[TritonUnavailable], None],
        out_of_time: asyncio.Event,
    ) -> None:
        """`triton_lost` is told when Triton did not draw; `out_of_time` says to let go of what is in hand."""
        self._jobs = jobs
        self._drawer = drawer
        self._pictures = pictures
        self._triton_lost = triton_lost
        self._out_of_time = out_of_time

    async def handle(self, job: Job) -> Outcome:
        """Draws a job and ends it. Returns when Triton is done with it too, unless there is no time left."""
        drawing = asyncio.create_task(self._drawer.draw(job), name=f"drawing {job.fingerprint[:12]}")
        try:
            async with self._kept(job) as lost:
                outcome = await self._outcome(job, drawing, lost)
            # Triton goes on with a drawing that nobody wants any more. The next one is not sent before it has ended:
            # so what Triton has in hand stays bounded.
            await wait_unless(self._out_of_time, asyncio.wait({drawing}))
            return outcome
        finally:
            drawing.cancel()
            await asyncio.gather(drawing, return_exceptions=True)

    async def _outcome(self, job: Job, drawing: "asyncio.Task[Scored]", lost: asyncio.Event) -> Outcome:
        try:
            if not await wait_unless(lost, self._drawn_in_time(drawing)):
                return Outcome.LEASE_LOST
            if not drawing.done():
                return await self._released(job, None)
            scored = drawing.result()
            result = _result(job, scored, await self._pictures.put(scored.picture))
            # The answer to this, not the heartbeat's, says whether the lease was lost: a late picture may still do.
            await self._repeated(lambda: self._jobs.complete(job, result))
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
            return await self._released(job, error.failure)
        except Exception:
            log.exception("unexpected error while drawing")
            return await self._released(job, Failure(DRAWING_FAILED, "unexpected error in the worker; its log has it"))

    async def _drawn_in_time(self, drawing: "asyncio.Task[Scored]") -> None:
        await wait_unless(self._out_of_time, asyncio.wait({drawing}))

    async def _released(self, job: Job, failure: Failure | None) -> Outcome:
        try:
            await self._repeated(lambda: self._jobs.release(job, failure))
        except LeaseLost:
            return Outcome.LEASE_LOST
        except DomainError as error:
            # The lease runs out, and then somebody else has it.
            log.error("a job could not be given back", extra={"job": job.fingerprint[:12], "error": error.message})
        if failure is None:
            return Outcome.RETURNED
        log.warning(
            "a job failed",
            extra={"job": job.fingerprint[:12], "reason": failure.reason, "error": failure.message},
        )
        return Outcome.FAILED

    async def _repeated(self, call: Callable[[], Awaitable[None]]) -> None:
        """Repeats a call until it is answered; once there is no time left, tries it only once."""
        pause_s = PAUSE_S
        while True:
            try:
                await call()
                return
            except Unavailable as error:
                if self._out_of_time.is_set():
                    raise
                log.warning("dedup does not answer, trying again", extra={"error": error.message})
            await wait_unless(self._out_of_time, asyncio.sleep(pause_s))
            pause_s = min(2 * pause_s, LONGEST_PAUSE_S)

    @asynccontextmanager
    async def _kept(self, job: Job) -> AsyncIterator[asyncio.Event]:
        """Keeps the lease while the block lasts; yields what is set when it is lost."""
        lost = asyncio.Event()
        keeping = asyncio.create_task(self._keep(job, lost), name=f"lease {job.fingerprint[:12]}")
        try:
            yield lost
        finally:
            keeping.cancel()
            await asyncio.gather(keeping, return_exceptions=True)

    async def _keep(self, job: Job, lost: asyncio.Event) -> None:
        while True:
            await asyncio.sleep(job.lease_s / HEARTBEATS_A_LEASE)
            try:
                await self._jobs.heartbeat(job)
            except LeaseLost:
                lost.set()
                return
            except DomainError as error:
                log.warning("a heartbeat was not answered", extra={"error": error.message})


def _result(job: Job, scored: Scored, picture_sha256: str) -> Result:
    return Result(
        picture_sha256=picture_sha256,
        score=scored.score,
        cosine=scored.cosine,
        explanation=scored.explanation,
        seed=job.seed,
        generator_digest=scored.generator_digest,
        scorer_digest=scored.scorer_digest,
        calibration_id=scored.calibration_id,
    )
