"""The worker's day: wait for Triton, claim a job, handle it, begin again; when told to stop, end in good order."""

import asyncio
import logging
import time
from typing import Protocol

from cygnet.inference.triton import Ready, TritonUnavailable
from cygnet.platform.errors import DomainError
from cygnet.platform.logs import prompt_hash
from cygnet.platform.tasks import wait_unless
from cygnet.worker.handling import LONGEST_PAUSE_S, PAUSE_S, Draws, Handler, Held, Outcome, Pictures
from cygnet.worker.values import Job

log = logging.getLogger(__name__)


class Jobs(Held, Protocol):
    """Where jobs come from and go to."""

    async def claim(self, wait_s: float, serves: Ready) -> Job | None:
        """Returns a job under a lease that can be drawn with what is served; None when there was none in time.

        Raises DomainError. Cancelling it takes no job.
        """


class Readiness(Protocol):
    """Whether Triton can draw."""

    async def wait(self) -> Ready: ...
    def lost(self, error: TritonUnavailable) -> None: ...


class WorkReport(Protocol):
    """Who is told what becomes of jobs."""

    def began(self, contest: str) -> None: ...
    def ended(self, contest: str, outcome: Outcome, seconds: float) -> None: ...


class Worker:
    """Some slots side by side, each with one job in hand at most. `run` ends after `stop`, with no job in hand."""

    def __init__(
        self,
        jobs: Jobs,
        drawer: Draws,
        pictures: Pictures,
        readiness: Readiness,
        report: WorkReport,
        *,
        slots: int,
        claim_wait_s: float,
    ) -> None:
        self._jobs = jobs
        self._readiness = readiness
        self._report = report
        self._slots = slots
        self._claim_wait_s = claim_wait_s
        self._stopping = asyncio.Event()
        self._out_of_time = asyncio.Event()
        self._ended = asyncio.Event()
        self._handler = Handler(jobs, drawer, pictures, readiness.lost, self._out_of_time)

    async def run(self) -> None:
        """Works until `stop`."""
        try:
            async with asyncio.TaskGroup() as slots:
                for _ in range(self._slots):
                    slots.create_task(self._slot())
        finally:
            self._ended.set()

    async def stop(self, grace_s: float) -> None:
        """Claims nothing more; finishes what is in hand within `grace_s` seconds, or gives it back."""
        self._stopping.set()
        if not await wait_unless(self._ended, asyncio.sleep(grace_s)):
            return
        log.warning("out of time, giving back what is in hand")
        self._out_of_time.set()
        await self._ended.wait()

    async def _slot(self) -> None:
        pause_s = PAUSE_S
        while not self._stopping.is_set():
            ready = asyncio.ensure_future(self._readiness.wait())
            if not await wait_unless(self._stopping, ready):
                return
            if await self._next(ready.result()):
                pause_s = PAUSE_S
            else:
                await wait_unless(self._stopping, asyncio.sleep(pause_s))
                pause_s = min(2 * pause_s, LONGEST_PAUSE_S)

    async def _next(self, serves: Ready) -> bool:
        """Handles one job, if there is one; returns False when something that is needed was away."""
        try:
            job = await self._claim(serves)
        except DomainError as error:
            log.warning("no job can be claimed, trying again", extra={"error": error.message})
            return False
        # Whoever claims a job that was returned may well be this worker.
        return job is None or await self._handle(job) is not Outcome.RETURNED

    async def _claim(self, serves: Ready) -> Job | None:
        claiming = asyncio.ensure_future(self._jobs.claim(self._claim_wait_s, serves))
        await wait_unless(self._stopping, asyncio.wait({claiming}))
        if not claiming.done():
            claiming.cancel()
            await asyncio.wait({claiming})
        # A job that came in the moment of stopping is drawn as well: the grace is for that.
        return None if claiming.cancelled() else claiming.result()

    async def _handle(self, job: Job) -> Outcome:
        self._report.began(job.contest)
        began = time.perf_counter()
        outcome = await self._handler.handle(job)
        seconds = time.perf_counter() - began
        self._report.ended(job.contest, outcome, seconds)
        log.info(
            "job ended",
            extra={
                "contest": job.contest,
                "job": job.fingerprint[:12],
                "prompt_hash": prompt_hash(job.prompt),
                "attempt": job.attempt,
                "outcome": outcome.value,
                "seconds": round(seconds, 3),
            },
        )
        return outcome
