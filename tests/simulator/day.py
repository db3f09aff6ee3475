"""An event-day in simulated time: the real scripts on a real Redis and the domain above them, without gRPC.

Time is an argument of all that decides, so a day takes as long as its calls to Redis. Whatever happens is an event in a
heap, and all chance comes from one seed: a day can be played again. What a player or a worker knows, it knows from the
answers that it was given.
"""

import asyncio
import heapq
import itertools
import random
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, cast

import redis.asyncio as aioredis

from cygnet.dedup import classes
from cygnet.dedup.admission.admit import AdmissionController
from cygnet.dedup.changes import Changes
from cygnet.dedup.queue.leases import Leasing
from cygnet.dedup.queue.overdue import Overdue, SteadyPast
from cygnet.dedup.queue.reaper import EVERY_S, Reaper
from cygnet.dedup.snapshots import Snapshots
from cygnet.dedup.store import Store
from cygnet.dedup.telemetry import Telemetry
from cygnet.internal.v1 import dedup_pb2
from cygnet.platform.errors import DomainError, LeaseLost, Refused
from cygnet.v1 import submission_pb2
from cygnet.v1.submission_pb2 import Failure

from ..dedup.environment import MODEL, admit_request, participant, result
from .checks import MOST_LOST, SUBMIT, WORK, Budget, Deliveries, Turns

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
    failed: bool = False
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
    draws_from_ms: int = 0
    """When an opening's lots are complete."""
    open: bool = True
    """Whether submissions are taken."""
    pauses: list[tuple[int, int]] = field(default_factory=list)
    """When nobody drew, and that was told."""
    names: Iterator[int] = field(default_factory=itertools.count)
    numbers: Iterator[int] = field(default_factory=itertools.count)
    """Of prompts."""
    workers: list[Worker] = field(default_factory=list)
    leaving: list[Worker] = field(default_factory=list)
    """Workers that were stopped, some with a job in hand."""
    asked: dict[str, Asked] = field(default_factory=dict)
    waiting: dict[str, list[Asked]] = field(default_factory=lambda: defaultdict(list))
    """Who waits for which prompt."""
    refusals: list[tuple[int, str, float]] = field(default_factory=list)
    checked: bool = False
    """Whether all that always holds is looked at meanwhile: it takes twice as long."""
    fingerprints: dict[str, str] = field(default_factory=dict)
    """Of each prompt whose drawing was begun."""
    begun: list[str] = field(default_factory=list)
    """The order in which prompts were drawn, each once."""
    losses: Counter[str] = field(default_factory=Counter)
    """How often a job's worker died, or stood still until the lease had run out."""
    failed: set[str] = field(default_factory=set)
    """Prompts whose drawing failed."""
    newest_fence: dict[str, int] = field(default_factory=dict)
    prompts: set[str] = field(default_factory=set)
    """That were ever asked for."""

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)
        self.events: list[tuple[int, int, Action]] = []
        self.order = itertools.count()
        self.store = Store(self.client)
        self.telemetry = Telemetry()
        self.snapshots = Snapshots(self.store, clock=self.clock, away_ms=AWAY_MS)
        self.admission = AdmissionController(
            self.store, self.snapshots, submit_bucket=SUBMIT, clock=self.clock, count=self.telemetry.admission
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
        self.turns = Turns()
        self.budgets: dict[int, Budget] = {}
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
        due: list[str] = []
        if self.reaper.may_reap():
            due = await self.store.expired_leases(CONTEST, self.clock())
            await self.reaper.reap(CONTEST)
        await self.overdue.round(CONTEST)
        if self.checked:
            await self._look_around(due)
        if due:
            self.wake()
        self.after(EVERY_S * 1_000, self._reap)

    # Players.

    async def ask(
        self, who: int, prompt: str, *, present: bool = False, request_id: str = "", pending: int = 2
    ) -> submission_pb2.Submission | Refused:
        """Sends a submission; returns it as it stands, or its refusal."""
        limits: dict[str, Any] = {"every_ms": WORK.every_ms, "burst": WORK.burst} if self.checked else {}
        request = admit_request(prompt, who, request_id=request_id, contest=CONTEST, pending=pending, **limits)
        request.present = present
        [decided] = await self.admission.admit([request])
        if self.checked:
            self._check_budget(who, prompt, decided, pending)
        if isinstance(decided, Refused):
            self.refusals.append((who, decided.reason, decided.retry_after_s))
            return decided
        if isinstance(decided, DomainError):
            raise decided
        if self.checked:
            await self._note_place(prompt, decided)
            if self.chance.random() < 0.2:
                # The answer was lost: the phone sends the same again.
                [again] = await self.admission.admit([request])
                assert isinstance(again, submission_pb2.Submission), f"a retry is refused: {again}"
                assert (again.submission_id, again.outcome) == (decided.submission_id, decided.outcome)
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
        if job.canonical_prompt not in self.begun:
            self.begun.append(job.canonical_prompt)
        if self.checked:
            self.fingerprints[job.canonical_prompt] = job.fingerprint
            self.newest_fence[job.fingerprint] = job.fence
            for other in self.workers + self.leaving:
                theirs = other.job is not None and other.job.fingerprint == job.fingerprint
                late = other.frozen_until_ms >= self.now or self.losses[job.fingerprint]
                assert other is worker or not theirs or late, "two workers draw one job"
            assert self.now >= self.draws_from_ms, "something is drawn too early"
            self.turns.claimed(job.fingerprint)
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
            assert not self.checked or self.losses[job.fingerprint], "a worker that beats loses its lease"
            self._free(worker)
        else:
            self.after(LEASE_MS / 3, lambda: self._beat(worker, job))

    async def _complete(self, worker: Worker, job: dedup_pb2.Job) -> None:
        if worker.job is not job or not self._thawed(worker, lambda: self._complete(worker, job)):
            return
        try:
            await self.leasing.complete(job, PICTURE)
        except LeaseLost:
            assert not self.checked or self.losses[job.fingerprint], "a worker that beats loses its job"
        else:
            newest = self.newest_fence.get(job.fingerprint, job.fence)
            assert newest == job.fence or job.canonical_prompt not in self.waiting, "an older lease counts"
            self.ended(job.canonical_prompt)
        self._free(worker)

    def ended(self, prompt: str, *, failed: bool = False) -> None:
        waited = self.waiting.pop(prompt, ())
        if failed:
            self.failed.add(prompt)
        if waited and self.checked:
            self.turns.waiting.pop(self.fingerprints.get(prompt, ""), None)
            self.budgets[waited[0].who].ends(self.now, failed=failed)
        for asked in waited:
            asked.failed = failed
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
        self._loses(worker)
        worker.alive = False
        self.workers.remove(worker)

    def stop(self, worker: Worker) -> None:
        """SIGTERM: it finishes what it has in hand."""
        worker.stopping = True
        self.workers.remove(worker)
        self.leaving.append(worker)

    def freeze(self, worker: Worker, ms: int) -> None:
        """SIGSTOP, and SIGCONT after a while."""
        worker.frozen_until_ms = self.now + ms
        if ms > LEASE_MS * 2 // 3:
            self._loses(worker)

    def _loses(self, worker: Worker) -> None:
        if worker.job is not None:
            self.losses[worker.job.fingerprint] += 1

    async def fail(self, worker: Worker, failure: Failure | None) -> None:
        """Its Triton does not draw: the job is given back, or fails."""
        job = worker.job
        if job is None:
            return
        try:
            await self.leasing.release(job, failure)
        except LeaseLost:
            assert not self.checked or self.losses[job.fingerprint], "a worker that beats loses its job"
        else:
            if failure is not None:
                self.ended(job.canonical_prompt, failed=True)
            elif self.checked:
                await self._came_back(job.fingerprint)
        self._free(worker)

    # What always holds.

    def _check_budget(
        self, who: int, prompt: str, decided: submission_pb2.Submission | DomainError, pending: int
    ) -> None:
        budget = self.budgets.setdefault(who, Budget(self.clock(), pending))
        new_work = prompt not in self.waiting and (prompt in self.failed or prompt not in self.prompts)
        reason, wait_ms = budget.refusal(self.clock(), new_work=new_work)
        found = decided.reason if isinstance(decided, Refused) else ""
        assert found == reason, f"the budget says {reason or 'yes'}, the answer was {found or 'yes'}"
        if isinstance(decided, Refused) and wait_ms is not None:
            assert round(decided.retry_after_s * 1_000) == wait_ms, "the time that is told is not the one that helps"
        if new_work and not found:
            budget.takes()
            self.failed.discard(prompt)

    async def _job(self, fingerprint: str, *fields: str) -> list[bytes | None]:
        return cast(list[bytes | None], await self.client.hmget(f"dedup:{{{CONTEST}}}:job:{fingerprint}", list(fields)))

    async def _note_place(self, prompt: str, decided: submission_pb2.Submission) -> None:
        self.prompts.add(prompt)
        coalesced = decided.outcome == submission_pb2.ADMISSION_OUTCOME_COALESCED
        if decided.state != submission_pb2.SUBMISSION_STATE_QUEUED:
            return
        stored = cast(bytes, await self.client.get(f"dedup:{{{CONTEST}}}:submission:{decided.submission_id}"))
        fingerprint = self.fingerprints[prompt] = stored.split(b" ", 3)[2].decode()
        await self._waits(fingerprint)
        if coalesced:
            self.turns.moved.add(fingerprint)

    async def _waits(self, fingerprint: str) -> None:
        owner, tag = await self._job(fingerprint, "owner", "tag")
        assert owner is not None
        assert tag is not None
        self.turns.waiting[fingerprint] = owner.decode(), int(tag) // classes.BLOCK

    async def _came_back(self, fingerprint: str) -> None:
        await self._waits(fingerprint)
        self.turns.moved.add(fingerprint)

    async def _look_around(self, due: list[str]) -> None:
        """What every second shows: nothing is stuck, and what ran out is begun again, or has failed in its turn."""
        for fingerprint in due:
            state, prompt = await self._job(fingerprint, "state", "canonical_prompt")
            if state == b"queued":
                await self._came_back(fingerprint)
            elif state == b"failed" and prompt is not None and prompt.decode() in self.waiting:
                assert self.losses[fingerprint] >= MOST_LOST, "a drawing fails that was not lost three times"
                self.ended(prompt.decode(), failed=True)
        lengths = await self.store.lengths(CONTEST)
        assert lengths.stuck == 0, f"{lengths.stuck} drawings are stuck"
        assert lengths.waiting == len(self.turns.waiting), "the queue holds what does not wait, or lacks what does"
        held = sum(worker.job is not None for worker in self.workers + self.leaving)
        assert lengths.drawing <= held + sum(self.losses.values()), "leases are kept that nobody has"

    async def check(self) -> None:
        """At the end of the day, when all has been drawn."""
        unended = [asked for asked in self.asked.values() if asked.ended_ms is None]
        assert not unended, f"{len(unended)} submissions never end"
        ids = list(self.asked)
        found = {owned.submission.submission_id: owned.submission for owned in await self.snapshots.some(CONTEST, ids)}
        done, failed = submission_pb2.SUBMISSION_STATE_DONE, submission_pb2.SUBMISSION_STATE_FAILED
        for each, asked in self.asked.items():
            assert found[each].state == (failed if asked.failed else done), "a submission does not stand as it ended"
        outbox = await self.store.outbox(CONTEST, 100_000)
        by_id = {each: asked.prompt for each, asked in self.asked.items()}
        due = {(participant(asked.who), asked.prompt) for asked in self.asked.values() if not asked.failed}
        Deliveries.check([(each.participant_id, by_id[each.delivery_id]) for each in outbox.values()], due)
        self.turns.check()
