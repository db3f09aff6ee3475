"""The scripts against a model (model.py): whatever happens in whatever order, Redis and plain Python agree."""

import asyncio
import uuid
from dataclasses import replace
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

from cygnet.dedup.store import Store
from cygnet.dedup.values import Failure, Job, Lease, Model, Policy, Result, Scope, State

from .model import CONTEST, LEASE_MS, MODELS, MOST_LOST, PARTICIPANTS, PROMPTS, SEED, SUBMIT, Expected, order

pytestmark = pytest.mark.redis

NEVER_AWAY_MS = 10**12
WORKER_LOST = Failure("WORKER_LOST", "gone")


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
        self.revision = 0
        self.leases: list[Lease] = []
        self.model = Expected(Policy(7, 700, 1, 2, 300_000, Scope.CONTEST), self.now)

    def teardown(self) -> None:
        self.runner.close()
        self.plain.close()

    def do(self, coroutine: Any) -> Any:
        return self.runner.run(coroutine)

    @initialize(
        every_ms=st.sampled_from([700, 3_000]), burst=st.sampled_from([1, 2, 8]), pending=st.sampled_from([2, 8])
    )
    def policy_is_set(self, every_ms: int, burst: int, pending: int) -> None:
        self.model = Expected(Policy(7, every_ms, burst, pending, 300_000, Scope.CONTEST), self.now)

    # What happens.

    @rule(ms=st.sampled_from([1, 50, 299, 300, 700, 2_000, LEASE_MS]))
    def time_passes(self, ms: int) -> None:
        self.now += ms

    @rule(
        participant=st.sampled_from(PARTICIPANTS),
        nickname=st.sampled_from(["Ada", "Ada", "Grace"]),
        prompt=st.sampled_from(PROMPTS),
        request=st.integers(0, 60),
        max_queue=st.sampled_from([2, 100, 100]),
    )
    def submits(self, participant: str, nickname: str, prompt: str, request: int, max_queue: int) -> None:
        wanted = order(participant, nickname, prompt, request, self.model.policy, max_queue)
        decision = self.do(self.store.admit(wanted, SUBMIT, self.now))
        assert (decision.outcome, decision.wait_ms) == self.model.admit(wanted, self.now)
        if decision.outcome in ("accepted", "coalesced", "repeated"):
            read, pace = self.do(self.store.records(CONTEST, [wanted.submission_id]))
            assert ([decision.record], decision.pace) == (read, pace)
        else:
            assert decision.record is None

    @rule(participant=st.sampled_from(PARTICIPANTS), requests=st.lists(st.integers(0, 200), min_size=3, max_size=8))
    def floods(self, participant: str, requests: list[int]) -> None:
        for request in requests:
            self.now += 300
            self.submits(participant, "Ada", PROMPTS[request % len(PROMPTS)], request, 100)

    @rule(model=st.sampled_from([None, *MODELS]))
    def claims(self, model: Model | None = None) -> None:
        served = None if model is None else model.needs
        job: Job | None = self.do(
            self.store.claim(CONTEST, uuid.uuid4().hex, LEASE_MS, self.now, served, NEVER_AWAY_MS)
        )
        waiting = self.model.claimable(model)
        if not waiting:
            assert job is None
            return
        drawing = self.model.claim(waiting, self.now)
        assert job is not None
        assert job.lease == Lease(CONTEST, waiting[0], self.model.fences[waiting[0]])
        assert (job.seed, job.model) == (SEED, drawing.model)
        self.leases.append(job.lease)
        if drawing.first_of_account and model is None:
            # However many jobs others had waiting: the first of mine was passed by one of each at most.
            assert all(times <= 1 for times in drawing.overtaken_by.values()), drawing.overtaken_by

    @precondition(lambda self: self.leases)
    @rule(data=st.data())
    def beats(self, data: st.DataObject) -> None:
        lease = data.draw(st.sampled_from(self.leases))
        drawing = self.model.held(lease)
        kept = drawing is not None and drawing.state is State.DRAWING
        assert self.do(self.store.heartbeat(lease, LEASE_MS, self.now)) is kept
        if kept and drawing is not None:
            drawing.deadline = self.now + LEASE_MS

    @precondition(lambda self: self.leases)
    @rule(data=st.data(), score=st.floats(0, 100))
    def completes(self, data: st.DataObject, score: float) -> None:
        lease = data.draw(st.sampled_from(self.leases))
        result = Result("a" * 64, score, score / 100, SEED, "g", "s", "c", self.now)
        completion = self.do(self.store.complete(lease, result))
        in_force = completion and completion.in_force
        drawing = self.model.held(lease)
        if drawing is None or drawing.state is State.FAILED:
            assert in_force is None
        elif drawing.state is State.DONE:
            assert in_force == drawing.result
        else:
            assert in_force == result
            deliveries = self.do(self.store.outbox(CONTEST, 1000))[len(self.model.outbox) :]
            self.model.complete(lease.fingerprint, result, deliveries, self.now)

    @precondition(lambda self: self.leases)
    @rule(data=st.data(), failure=st.sampled_from([None, Failure("DRAWING_FAILED", "그림이 없다")]))
    def releases(self, data: st.DataObject, failure: Failure | None) -> None:
        lease = data.draw(st.sampled_from(self.leases))
        released = self.do(self.store.release(lease, failure, self.now))
        drawing = self.model.held(lease)
        if drawing is not None and drawing.state is State.DRAWING:
            assert released
            self.model.end_lease(drawing, failure, self.now)
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
            for print_, drawing in self.model.drawings.items()
            if drawing.state is State.DRAWING and drawing.deadline <= self.now
        }
        assert set(self.do(self.store.expired_leases(CONTEST, self.now))) == set(due)
        # And one that is not due, if there is one.
        for print_ in [*due, *[other for other in self.model.drawings if other not in due][:1]]:
            became = self.do(self.store.expire(CONTEST, print_, WORKER_LOST, MOST_LOST, self.now))
            if print_ not in due:
                assert became == "lost"
                continue
            due[print_].lost += 1
            too_often = due[print_].lost >= MOST_LOST
            assert became == ("failed" if too_often else "queued")
            self.model.end_lease(due[print_], WORKER_LOST if too_often else None, self.now)

    # What always holds.

    @invariant()
    def every_submission_stands_as_it_should(self) -> None:
        records, _ = self.do(self.store.records(CONTEST, list(self.model.asked)))
        places = self.model.queue
        prints = {id(drawing): print_ for print_, drawing in self.model.drawings.items()}
        assert len(records) == len(self.model.asked)
        for asked, found in zip(self.model.asked.values(), records, strict=True):
            drawing = asked.drawing
            waiting = drawing.state is State.QUEUED
            assert found == replace(
                asked.record,
                revision=found.revision,
                state=drawing.state,
                position=places.index(prints[id(drawing)]) if waiting else 0,
                started_ms=drawing.started if drawing.state is State.DRAWING else 0,
                result=drawing.result,
                failure=drawing.failure,
            )
        revisions = {found.revision for found in records}
        assert len(revisions) <= 1
        revision = revisions.pop() if revisions else self.revision
        assert revision > self.revision if self.model.changed else revision == self.revision
        self.revision, self.model.changed = revision, False

    @invariant()
    def counts_match(self) -> None:
        lanes = cast(list[bytes], self.plain.zrange(f"dedup:{{{CONTEST}}}:lanes", 0, -1))
        assert sorted(member.decode().split(":")[2] for member in lanes) == sorted(self.model.queue)
        stored = self.plain.hgetall(f"dedup:{{{CONTEST}}}:pending")
        assert isinstance(stored, dict)
        for name in PARTICIPANTS:
            assert int(stored.get(name.encode(), 0)) == self.model.pending(name)
        for print_, drawing in self.model.drawings.items():
            waiters = self.plain.hlen(f"dedup:{{{CONTEST}}}:waiters:{print_}")
            assert waiters == (len(drawing.waiters) if drawing.state in (State.QUEUED, State.DRAWING) else 0)
        deliveries = self.do(self.store.outbox(CONTEST, 1000))
        assert [
            (each.submission_id, each.participant_id, each.delivered_ms) for each in deliveries
        ] == self.model.outbox
        assert len({each.submission_id for each in deliveries}) == len(deliveries)
        by_prompt = {(self.model.asked[each.submission_id].record.prompt, each.result) for each in deliveries}
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
