"""An event-day in simulated time: the real scripts on a real Redis and the domain above them, without gRPC.

Time is an argument of all that decides, so a day takes as long as its calls to Redis. Whatever happens is an event in a
heap, and all chance comes from one seed: a day can be played again. What a player or a worker knows, it knows from the
answers that it was given.
"""

import asyncio
import heapq
import itertools
import random
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field

import redis.asyncio as aioredis

from cygnet.dedup.admission.admit import AdmissionController
from cygnet.dedup.changes import Changes
from cygnet.dedup.queue.leases import Leasing
from cygnet.dedup.queue.overdue import Overdue, SteadyPast
from cygnet.dedup.queue.reaper import EVERY_S, Reaper
from cygnet.dedup.snapshots import Snapshots
from cygnet.dedup.store import Store
from cygnet.dedup.telemetry import Telemetry
from cygnet.dedup.values import Bucket
from cygnet.internal.v1 import dedup_pb2
from cygnet.platform.errors import DomainError, LeaseLost, Refused
from cygnet.v1 import submission_pb2
from cygnet.v1.submission_pb2 import Failure

from ..dedup.environment import MODEL, admit_request, result

T0 = 1_800_000_000_000
CONTEST = "day"
LEASE_MS = 10_000
AWAY_MS = 30_000
LOOK_AGAIN_MS = 2_000
PICTURE = result().SerializeToString()
Action = Callable[[], Awaitable[None]]


@dataclass
class Asked:
    """A submission that was taken: what was told of its wait, and how it ended."""

    who: int
    prompt: str
    request: dedup_pb2.AdmitRequest
    submission: submission_pb2.Submission
    at_ms: int
    phase: str = ""
    ended_ms: int | None = None
    then: Callable[[], None] | None = None
    """What they do when it has ended."""


@dataclass(eq=False)
class Worker:
    """A slot of a worker: one job in hand at most."""

    slow: float = 1.0
    alive: bool = True
    stopping: bool = False
    frozen_until_ms: int = 0
    job: dedup_pb2.Job | None = None
    looks: int = 0
    """Counts its waits for work: an event of an earlier one is void."""


@dataclass
class Day:
    """Everything that happens in a contest."""

    client: aioredis.Redis
    seed: int
    drawing_ms: Callable[[random.Random], float] = lambda chance: chance.lognormvariate(0, 0.3) * 1_000
    now: int = T0
    set_ms: int = 0
    """By how much the services' clock was set."""
    phase: str = ""
    open: bool = True
    """Whether submissions are taken."""
    pauses: list[tuple[int, int]] = field(default_factory=list)
    """When nobody drew, and that was told."""
    names: Iterator[int] = field(default_factory=itertools.count)
    workers: list[Worker] = field(default_factory=list)
    asked: dict[str, Asked] = field(default_factory=dict)
    waiting: dict[str, list[Asked]] = field(default_factory=lambda: defaultdict(list))
    """Who waits for which prompt."""
    refusals: list[tuple[int, str, float]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)
        self.events: list[tuple[int, int, Action]] = []
        self.order = itertools.count()
        self.store = Store(self.client)
        self.telemetry = Telemetry()
        self.snapshots = Snapshots(self.store, clock=self.clock, away_ms=AWAY_MS)
        self.admission = AdmissionController(
            self.store, self.snapshots, submit_bucket=Bucket(500, 10), clock=self.clock, count=self.telemetry.admission
        )
        self.leasing = Leasing(
            self.store,
            Changes(self.store),
            self.telemetry,
            lease_ms=LEASE_MS,
            model_away_ms=AWAY_MS,
            clock=self.clock,
            stopping=asyncio.Event(),
        )
        self.overdue = Overdue(
            self.store.waiting_jobs,
            self.telemetry,
            model_away_ms=AWAY_MS,
            clock=self.clock,
            past=SteadyPast(lambda: self.now / 1_000),
        )
        self.reaper = Reaper(
            self.store, self.telemetry, lease_ms=LEASE_MS, most_lost=3, overdue=self.overdue.round, clock=self.clock
        )
        self.after(0, self._reap)

    def clock(self) -> int:
        return self.now + self.set_ms

    def after(self, ms: float, action: Action) -> None:
        heapq.heappush(self.events, (self.now + round(ms), next(self.order), action))

    async def run(self, until_ms: int) -> None:
        """Lets everything happen that happens within so many ms."""
        end = self.now + until_ms
        while self.events and self.events[0][0] <= end:
            self.now, _, action = heapq.heappop(self.events)
            await action()
        self.now = end

    async def _reap(self) -> None:
        await self.reaper.reap(CONTEST)
        await self.overdue.round(CONTEST)
        self.wake()
        self.after(EVERY_S * 1_000, self._reap)

    # Players.

    async def ask(
        self, who: int, prompt: str, *, present: bool = False, request_id: str = "", pending: int = 2
    ) -> submission_pb2.Submission | Refused:
        """Sends a submission; returns it as it stands, or its refusal."""
        request = admit_request(prompt, who, request_id=request_id, contest=CONTEST, pending=pending)
        request.present = present
        [decided] = await self.admission.admit([request])
        if isinstance(decided, Refused):
            self.refusals.append((who, decided.reason, decided.retry_after_s or 0))
            return decided
        if isinstance(decided, DomainError):
            raise decided
        if decided.submission_id not in self.asked:
            asked = Asked(who, prompt, request, decided, self.now, self.phase)
            self.asked[decided.submission_id] = asked
            if decided.state == submission_pb2.SUBMISSION_STATE_DONE:
                asked.ended_ms = self.now
            else:
                self.waiting[prompt].append(asked)
        self.wake()
        return decided

    # Workers.

    def add_workers(self, count: int) -> None:
        for _ in range(count):
            self.workers.append(Worker())
        self.wake()

    def wake(self) -> None:
        """Has idle workers look for work."""
        for worker in self.workers:
            if worker.job is None:
                self._look_soon(worker)

    async def _look(self, worker: Worker, looks: int) -> None:
        if not worker.alive or worker.stopping or worker.job is not None or worker.looks != looks:
            return
        job = await self.leasing.claim(
            dedup_pb2.ClaimRequest(
                contest=CONTEST, generator_source=MODEL.generator_source, scorer_source=MODEL.scorer_source
            )
        )
        if job is None:
            self.after(LOOK_AGAIN_MS, lambda: self._look(worker, looks))
            return
        worker.job = job
        self.after(LEASE_MS / 3, lambda: self._beat(worker, job))
        self.after(self.drawing_ms(self.chance) * worker.slow, lambda: self._complete(worker, job))

    def _thawed(self, worker: Worker, action: Action) -> bool:
        """Puts off what a stopped worker would do."""
        if worker.alive and self.now < worker.frozen_until_ms:
            self.after(worker.frozen_until_ms - self.now, action)
        return worker.alive and self.now >= worker.frozen_until_ms

    async def _beat(self, worker: Worker, job: dedup_pb2.Job) -> None:
        if worker.job is not job or not self._thawed(worker, lambda: self._beat(worker, job)):
            return
        try:
            await self.leasing.heartbeat(job)
        except LeaseLost:
            self._free(worker)
        else:
            self.after(LEASE_MS / 3, lambda: self._beat(worker, job))

    async def _complete(self, worker: Worker, job: dedup_pb2.Job) -> None:
        if worker.job is not job or not self._thawed(worker, lambda: self._complete(worker, job)):
            return
        try:
            await self.leasing.complete(job, PICTURE)
        except LeaseLost:
            pass
        else:
            self.ended(job.canonical_prompt)
        self._free(worker)

    def ended(self, prompt: str) -> None:
        for asked in self.waiting.pop(prompt, ()):
            asked.ended_ms = self.now
            if asked.then is not None:
                asked.then()

    def _free(self, worker: Worker) -> None:
        worker.job = None
        self._look_soon(worker)

    def _look_soon(self, worker: Worker) -> None:
        worker.looks += 1
        looks = worker.looks
        self.after(1, lambda: self._look(worker, looks))

    # Faults.

    def kill(self, worker: Worker) -> None:
        """SIGKILL: what it held is lost until its lease runs out."""
        worker.alive = False
        self.workers.remove(worker)

    def stop(self, worker: Worker) -> None:
        """SIGTERM: it finishes what it has in hand."""
        worker.stopping = True
        self.workers.remove(worker)

    async def fail(self, worker: Worker, failure: Failure | None) -> None:
        """Its Triton does not draw: the job is given back, or fails."""
        job = worker.job
        if job is None:
            return
        await self.leasing.release(job, failure)
        if failure is not None:
            self.ended(job.canonical_prompt)
        self._free(worker)
