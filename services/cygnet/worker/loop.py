"""The worker's main loop: wait for Triton, claim a job, handle it, repeat; on `stop`, finish what is in hand."""

import asyncio
import logging
import time
from collections.abc import Callable

from cygnet.inference.triton import ServedModels
from cygnet.internal.v1 import dedup_pb2
from cygnet.platform.errors import DomainError
from cygnet.platform.logs import prompt_hash
from cygnet.platform.pictures import PictureStore
from cygnet.platform.tasks import Backoff, wait_unless
from cygnet.worker.handling import LONGEST_PAUSE_S, PAUSE_S, Handler, Outcome
from cygnet.worker.job_queue import JobQueue
from cygnet.worker.readiness import Readiness
from cygnet.worker.scored_generator import ScoredGenerator
from cygnet.worker.telemetry import Telemetry

log = logging.getLogger(__name__)


class Worker:
    """Some slots side by side, each with one job in hand at most. `run` ends after `stop`, with no job in hand."""

    def __init__(
        self,
        jobs: JobQueue,
        generator: ScoredGenerator,
        pictures: PictureStore,
        readiness: Readiness,
        telemetry: Telemetry,
        *,
        slots: int,
        claim_wait_s: float,
        clock: Callable[[], int],
    ) -> None:
        """`clock` returns ms since the epoch; results are stamped with it."""
        self._jobs = jobs
        self._readiness = readiness
        self._telemetry = telemetry
        self._slots = slots
        self._claim_wait_s = claim_wait_s
        self._stopping = asyncio.Event()
        self._out_of_time = asyncio.Event()
        self._ended = asyncio.Event()
        self._handler = Handler(jobs, generator, pictures, clock, readiness.lost, self._out_of_time)

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
        backoff = Backoff(PAUSE_S, LONGEST_PAUSE_S)
        while not self._stopping.is_set():
            ready = asyncio.ensure_future(self._readiness.wait())
            if not await wait_unless(self._stopping, ready):
                return
            if await self._next(ready.result()):
                backoff.reset()
            else:
                await wait_unless(self._stopping, asyncio.sleep(backoff.next_s()))

    async def _next(self, served: ServedModels) -> bool:
        """Handles one job, if there is one; returns False when something that is needed was away."""
        try:
            job = await self._claim(served)
        except DomainError as error:
            log.warning("no job can be claimed, trying again", extra={"error": error.message})
            return False
        # Whoever claims a job that was returned may well be this worker.
        return job is None or await self._handle(job) is not Outcome.RETURNED

    async def _claim(self, served: ServedModels) -> dedup_pb2.Job | None:
        claiming = asyncio.ensure_future(self._jobs.claim(self._claim_wait_s, served))
        await wait_unless(self._stopping, asyncio.wait({claiming}))
        if not claiming.done():
            claiming.cancel()
            await asyncio.wait({claiming})
        # A job that came in the moment of stopping is drawn as well: the grace is for that.
        return None if claiming.cancelled() else claiming.result()

    async def _handle(self, job: dedup_pb2.Job) -> Outcome:
        self._telemetry.began(job.contest)
        began = time.perf_counter()
        outcome = await self._handler.handle(job)
        seconds = time.perf_counter() - began
        self._telemetry.ended(job.contest, outcome, seconds)
        log.info(
            "job ended",
            extra={
                "contest": job.contest,
                "job": job.fingerprint[:12],
                "prompt_hash": prompt_hash(job.canonical_prompt),
                "attempt": job.attempt,
                "outcome": outcome.value,
                "seconds": round(seconds, 3),
            },
        )
        return outcome
