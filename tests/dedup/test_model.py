"""The scripts against a model: whatever happens in whatever order, Redis and forty lines of Python agree.

The model is written from the design, not from the scripts: its token bucket holds tokens (the scripts hold a time),
its queue is sorted anew whenever it is looked at.
"""

import asyncio
import uuid
from collections import Counter
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any, cast

import pytest
import redis as sync_redis
import redis.asyncio as aioredis
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from cygnet.dedup import identity
from cygnet.dedup.store import Store
from cygnet.dedup.values import (
    Answer,
    Bucket,
    Failure,
    Job,
    Lease,
    Model,
    Order,
    Policy,
    Record,
    Result,
    Scope,
    State,
    Target,
    Wish,
)  # fmt: skip

pytestmark = pytest.mark.redis

CONTEST = "model"
PARTICIPANTS = [letter * 26 for letter in "abc"]
PROMPTS = [f"prompt {number}" for number in range(8)]
MODELS = [Model("builtin://tiny", 4, 256, "builtin://clip"), Model("hf://big", 1, 512, "builtin://clip")]
NEVER_AWAY_MS = 10**12
LEASE_MS = 10_000
MOST_LOST = 2
SUBMIT = Bucket(every_ms=300, burst=8)
WORKER_LOST = Failure("WORKER_LOST", "gone")


@dataclass
class Tokens:
    """A token bucket as the textbooks have it."""

    bucket: Bucket
    tokens: Fraction
    at_ms: int

    def wait_ms(self, now: int) -> int:
        """Returns how long until there is a whole token."""
        grown = self.tokens + Fraction(now - self.at_ms, self.bucket.every_ms)
        self.tokens, self.at_ms = min(Fraction(self.bucket.burst), grown), now
        missing = 1 - self.tokens
        return 0 if missing <= 0 else int(missing * self.bucket.every_ms)


@dataclass
class Drawing:
    """A job's current run."""

    owner: str
    tag: tuple[int, int]
    on_account_of: str
    model: Model
    state: State = State.QUEUED
    waiters: list[str] = field(default_factory=list)
    lost: int = 0
    deadline: int = 0
    started: int = 0
    claimed_before: bool = False
    overtaken_by: Counter[str] = field(default_factory=Counter)
    first_of_account: bool = False
    failure: Failure | None = None
    result: Result | None = None


@dataclass
class Asked:
    """A submission and the run that it belongs to."""

    record: Record
    drawing: Drawing


def model_of(prompt: str) -> Model:
    return MODELS[int(prompt[-1]) % 2]


def order(participant: str, prompt: str, request: int, policy: Policy, max_queue: int) -> Order:
    wish = Wish(
        contest=CONTEST,
        participant_id=participant,
        nickname="Ada",
        request_id=f"request-number-{request:05}",
        target=Target("duck", "0" * 64),
        prompt=prompt,
        model=model_of(prompt),
        policy=policy,
    )
    return Order(
        wish=wish,
        submission_id=identity.submission_id(CONTEST, participant, wish.request_id),
        fingerprint=identity.fingerprint(wish, prompt),
        canonical_prompt=prompt,
        seed=2**62 + 12345,
        max_queue=max_queue,
    )


class Scripts(RuleBasedStateMachine):
    """Does the same to Redis and to the model."""

    redis_url = ""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.plain = sync_redis.Redis.from_url(self.redis_url)
        self.store = Store(aioredis.Redis.from_url(self.redis_url))
        self.plain.flushall()
        self.now = 1_800_000_000_000
        self.submit = {name: Tokens(SUBMIT, Fraction(SUBMIT.burst), self.now) for name in PARTICIPANTS}
        self.virtual, self.sequence, self.revision = 0, 0, 0
        self.finish: dict[str, int] = {}
        self.asked: dict[str, Asked] = {}
        self.drawings: dict[str, Drawing] = {}
        self.fences: dict[str, int] = {}
        self.leases: list[Lease] = []
        self.outbox: list[tuple[str, str, int]] = []
        self.changed = False

    def teardown(self) -> None:
        self.runner.close()
        self.plain.close()

    def do(self, coroutine: Any) -> Any:
        return self.runner.run(coroutine)

    @initialize(
        every_ms=st.sampled_from([700, 3_000]), burst=st.sampled_from([1, 2, 8]), pending=st.sampled_from([2, 8])
    )
    def policy_is_set(self, every_ms: int, burst: int, pending: int) -> None:
        self.policy = Policy(7, every_ms, burst, pending, 300_000, Scope.CONTEST)
        work = Bucket(every_ms, burst)
        self.work = {name: Tokens(work, Fraction(burst), self.now) for name in PARTICIPANTS}

    @property
    def queue(self) -> list[str]:
        waiting = [print_ for print_, drawing in self.drawings.items() if drawing.state is State.QUEUED]
        return sorted(waiting, key=lambda print_: self.drawings[print_].tag)

    def pending(self, participant: str) -> int:
        unfinished = (State.QUEUED, State.DRAWING)
        return sum(each.owner == participant and each.state in unfinished for each in self.drawings.values())

    # What happens.

    @rule(ms=st.sampled_from([1, 50, 299, 300, 700, 2_000, LEASE_MS]))
    def time_passes(self, ms: int) -> None:
        self.now += ms

    @rule(
        participant=st.sampled_from(PARTICIPANTS),
        prompt=st.sampled_from(PROMPTS),
        request=st.integers(0, 60),
        max_queue=st.sampled_from([2, 100, 100]),
    )
    def submits(self, participant: str, prompt: str, request: int, max_queue: int) -> None:
        wanted = order(participant, prompt, request, self.policy, max_queue)
        decision = self.do(self.store.admit(wanted, SUBMIT, self.now))
        assert (decision.outcome, decision.wait_ms) == self.expected(wanted)

    @rule(participant=st.sampled_from(PARTICIPANTS), requests=st.lists(st.integers(0, 200), min_size=3, max_size=8))
    def floods(self, participant: str, requests: list[int]) -> None:
        for request in requests:
            self.now += 300
            self.submits(participant, PROMPTS[request % len(PROMPTS)], request, 100)

    def expected(self, wanted: Order) -> tuple[str, int]:
        who, print_ = wanted.wish.participant_id, wanted.fingerprint
        known = self.asked.get(wanted.submission_id)
        if known is not None:
            return ("known" if known.record.prompt == wanted.wish.prompt else "REQUEST_ID_REUSED"), 0
        if wait := self.submit[who].wait_ms(self.now):
            return "SUBMIT_RATE", wait
        self.submit[who].tokens -= 1
        drawing = self.drawings.get(print_)
        if drawing is None or drawing.state is State.FAILED:
            if self.pending(who) >= self.policy.pending:
                return "PENDING_LIMIT", 0
            if wait := self.work[who].wait_ms(self.now):
                return "NEW_WORK_RATE", wait
            if len(self.queue) >= wanted.max_queue:
                return "QUEUE_FULL", 0
            self.work[who].tokens -= 1
            self.sequence += 1
            first = who not in self.finish
            drawing = self.drawings[print_] = Drawing(
                who, self.next_tag(who), who, wanted.wish.model, first_of_account=first
            )
            self.finish[who] = drawing.tag[0] + 1
            answer = Answer.ACCEPTED
        elif drawing.state is State.DONE:
            self.sequence += 1
            answer = Answer.REPEATED
            self.outbox.append((wanted.submission_id, who, self.now))
        else:
            self.sequence += 1
            answer = Answer.COALESCED
            tag = self.next_tag(who)
            if drawing.state is State.QUEUED and tag < drawing.tag:
                drawing.tag, drawing.on_account_of = tag, who
                drawing.overtaken_by.clear()
                drawing.first_of_account = who not in self.finish
                self.finish[who] = tag[0] + 1
        if answer is not Answer.REPEATED:
            drawing.waiters.append(wanted.submission_id)
        record = Record(
            wanted.submission_id,
            who,
            0,
            "duck",
            wanted.wish.prompt,
            State.QUEUED,
            answer,
            self.now,
            7,
            0,
            0,
            None,
            None,
        )
        self.asked[wanted.submission_id] = Asked(record, drawing)
        self.changed = True
        return answer.value, 0

    def next_tag(self, who: str) -> tuple[int, int]:
        return max(self.virtual, self.finish.get(who, 0)), self.sequence

    @rule(model=st.sampled_from([None, *MODELS]))
    def claims(self, model: Model | None = None) -> None:
        served = None if model is None else model.needs
        job: Job | None = self.do(
            self.store.claim(CONTEST, uuid.uuid4().hex, LEASE_MS, self.now, served, NEVER_AWAY_MS)
        )
        waiting = [each for each in self.queue if model in (None, self.drawings[each].model)]
        if not waiting:
            assert job is None
            return
        assert job is not None
        head = waiting[0]
        drawing = self.drawings[head]
        self.fences[head] = self.fences.get(head, 0) + 1
        assert job.lease == Lease(CONTEST, head, self.fences[head])
        assert job.seed == 2**62 + 12345
        assert job.model == drawing.model
        if not drawing.claimed_before:
            for other in waiting[1:]:
                self.drawings[other].overtaken_by[drawing.on_account_of] += 1
        drawing.state, drawing.started, drawing.deadline = State.DRAWING, self.now, self.now + LEASE_MS
        drawing.claimed_before = True
        self.virtual = max(self.virtual, drawing.tag[0])
        self.leases.append(job.lease)
        self.changed = True
        if drawing.first_of_account and model is None:
            # However many jobs others had waiting: the first of mine was passed by one of each at most.
            assert all(times <= 1 for times in drawing.overtaken_by.values()), drawing.overtaken_by

    def held(self, lease: Lease) -> Drawing | None:
        drawing = self.drawings[lease.fingerprint]
        return drawing if lease.fence == self.fences[lease.fingerprint] else None

    @precondition(lambda self: self.leases)
    @rule(data=st.data())
    def beats(self, data: st.DataObject) -> None:
        lease = data.draw(st.sampled_from(self.leases))
        drawing = self.held(lease)
        kept = drawing is not None and drawing.state is State.DRAWING
        assert self.do(self.store.heartbeat(lease, LEASE_MS, self.now)) is kept
        if kept and drawing is not None:
            drawing.deadline = self.now + LEASE_MS

    @precondition(lambda self: self.leases)
    @rule(data=st.data(), score=st.floats(0, 100))
    def completes(self, data: st.DataObject, score: float) -> None:
        lease = data.draw(st.sampled_from(self.leases))
        result = Result("a" * 64, score, score / 100, 2**62 + 12345, "g", "s", "c", self.now)
        completion = self.do(self.store.complete(lease, result))
        in_force = completion and completion.in_force
        drawing = self.held(lease)
        if drawing is None or drawing.state is State.FAILED:
            assert in_force is None
        elif drawing.state is State.DONE:
            assert in_force == drawing.result
        else:
            assert in_force == result
            drawing.state, drawing.result = State.DONE, result
            waiters = self.do(self.store.outbox(CONTEST, 1000))[len(self.outbox) :]
            # Waiters are in a hash: their order among themselves is not fixed.
            assert sorted(each.submission_id for each in waiters) == sorted(drawing.waiters)
            self.outbox += [
                (each.submission_id, self.asked[each.submission_id].record.participant_id, self.now) for each in waiters
            ]
            self.changed = True

    @precondition(lambda self: self.leases)
    @rule(data=st.data(), failure=st.sampled_from([None, Failure("DRAWING_FAILED", "그림이 없다")]))
    def releases(self, data: st.DataObject, failure: Failure | None) -> None:
        lease = data.draw(st.sampled_from(self.leases))
        released = self.do(self.store.release(lease, failure, self.now))
        drawing = self.held(lease)
        if drawing is not None and drawing.state is State.DRAWING:
            assert released
            self.end_lease(drawing, failure)
        else:
            ended_so = State.QUEUED if failure is None else State.FAILED
            assert released is (drawing is not None and drawing.state is ended_so)

    @rule(claims_first=st.integers(0, 2))
    def workers_go_silent(self, claims_first: int) -> None:
        for _ in range(claims_first):
            self.claims()
        self.now += LEASE_MS
        self.reaps()

    @rule()
    def reaps(self) -> None:
        due = {
            print_: drawing
            for print_, drawing in self.drawings.items()
            if drawing.state is State.DRAWING and drawing.deadline <= self.now
        }
        assert set(self.do(self.store.expired_leases(CONTEST, self.now))) == set(due)
        # And one that is not due, if there is one.
        for print_ in [*due, *[other for other in self.drawings if other not in due][:1]]:
            became = self.do(self.store.expire(CONTEST, print_, WORKER_LOST, MOST_LOST, self.now))
            if print_ not in due:
                assert became == "lost"
                continue
            due[print_].lost += 1
            too_often = due[print_].lost >= MOST_LOST
            assert became == ("failed" if too_often else "queued")
            self.end_lease(due[print_], WORKER_LOST if too_often else None)

    def end_lease(self, drawing: Drawing, failure: Failure | None) -> None:
        drawing.state = State.QUEUED if failure is None else State.FAILED
        drawing.failure = failure
        if failure is not None:
            tokens = self.work[drawing.owner]
            tokens.wait_ms(self.now)
            tokens.tokens = min(Fraction(tokens.bucket.burst), tokens.tokens + 1)
        self.changed = True

    # What always holds.

    @invariant()
    def every_submission_stands_as_it_should(self) -> None:
        records, _ = self.do(self.store.records(CONTEST, list(self.asked)))
        places = self.queue
        by_drawing = {id(drawing): print_ for print_, drawing in self.drawings.items()}
        assert len(records) == len(self.asked)
        for asked, found in zip(self.asked.values(), records, strict=True):
            drawing = asked.drawing
            waiting = drawing.state is State.QUEUED
            assert found == replace(
                asked.record,
                revision=found.revision,
                state=drawing.state,
                position=places.index(by_drawing[id(drawing)]) if waiting else 0,
                started_ms=drawing.started if drawing.state is State.DRAWING else 0,
                result=drawing.result,
                failure=drawing.failure,
            )
        revisions = {found.revision for found in records}
        assert len(revisions) <= 1
        revision = revisions.pop() if revisions else self.revision
        assert revision > self.revision if self.changed else revision == self.revision
        self.revision, self.changed = revision, False

    @invariant()
    def counts_match(self) -> None:
        lanes = cast(list[bytes], self.plain.zrange(f"dedup:{{{CONTEST}}}:lanes", 0, -1))
        assert sorted(member.decode().split(":")[2] for member in lanes) == sorted(self.queue)
        stored = self.plain.hgetall(f"dedup:{{{CONTEST}}}:pending")
        assert isinstance(stored, dict)
        for name in PARTICIPANTS:
            assert int(stored.get(name.encode(), 0)) == self.pending(name)
        for print_, drawing in self.drawings.items():
            waiters = self.plain.hlen(f"dedup:{{{CONTEST}}}:waiters:{print_}")
            assert waiters == (len(drawing.waiters) if drawing.state in (State.QUEUED, State.DRAWING) else 0)
        deliveries = self.do(self.store.outbox(CONTEST, 1000))
        assert [(each.submission_id, each.participant_id, each.delivered_ms) for each in deliveries] == self.outbox
        assert len({each.submission_id for each in deliveries}) == len(deliveries)
        by_prompt = {(self.asked[each.submission_id].record.prompt, each.result) for each in deliveries}
        assert len({prompt for prompt, _ in by_prompt}) == len(by_prompt)


def test_the_scripts_do_what_the_model_does(redis_url: str) -> None:
    machine = type("ScriptsHere", (Scripts,), {"redis_url": redis_url})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=70,
            stateful_step_count=40,
            deadline=None,
            derandomize=True,
            phases=(Phase.generate,),
            suppress_health_check=list(HealthCheck),
        ),
    )
