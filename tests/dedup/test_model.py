"""The scripts against a model (model.py): whatever happens in whatever order, Redis and plain Python agree."""

import asyncio
import uuid
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

from cygnet.dedup import classes
from cygnet.dedup.store import Store
from cygnet.dedup.values import Claimed, Completion
from cygnet.internal.v1 import dedup_pb2
from cygnet.internal.v1.document_pb2 import Model
from cygnet.v1.submission_pb2 import Failure

from .environment import result
from .model import (
    CONTEST,
    DONE,
    DRAWING,
    FAILED,
    LEASE_MS,
    MODELS,
    MOST_LOST,
    PARTICIPANTS,
    PROMPTS,
    QUEUED,
    REGULAR_AFTER,
    SUBMIT,
    TICKET_MS,
    Expected,
    make_admission,
)

NEVER_AWAY_MS = 10**12
WORKER_LOST = Failure(reason="WORKER_LOST", message="gone")
DRAWING_FAILED = Failure(reason="DRAWING_FAILED", message="그림이 없다")
LIMITS = {"every_ms": 700, "burst": 1, "pending": 2}


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
        self.leases: list[dedup_pb2.Job] = []
        self.one_model_alone = False
        self.model = Expected(LIMITS, self.now)

    def teardown(self) -> None:
        self.runner.close()
        self.plain.close()

    def do(self, coroutine: Any) -> Any:
        return self.runner.run(coroutine)

    @initialize(
        every_ms=st.sampled_from([700, 3_000]), burst=st.sampled_from([1, 2, 8]), pending=st.sampled_from([2, 8])
    )
    def policy_is_set(self, every_ms: int, burst: int, pending: int) -> None:
        self.model = Expected({"every_ms": every_ms, "burst": burst, "pending": pending}, self.now)

    # What happens.

    @rule(ms=st.sampled_from([1, 50, 299, 300, 700, 2_000, LEASE_MS, TICKET_MS]))
    def time_passes(self, ms: int) -> None:
        self.now += ms

    @rule(
        participant=st.sampled_from(PARTICIPANTS),
        nickname=st.sampled_from(["Ada", "Ada", "Grace"]),
        prompt=st.sampled_from(PROMPTS),
        request=st.integers(0, 60),
        max_queue=st.sampled_from([2, 100, 100]),
        present=st.booleans(),
    )
    def submits(
        self, participant: str, nickname: str, prompt: str, request: int, max_queue: int, present: bool = False
    ) -> None:
        wanted = make_admission(participant, nickname, prompt, request, self.model.limits, max_queue, present)
        [decision] = self.do(self.store.admit([wanted], SUBMIT, self.now))
        assert (decision.outcome, decision.wait_ms) == self.model.admit(wanted, self.now)
        if decision.outcome in ("accepted", "coalesced", "repeated"):
            read, pace, _ = self.do(self.store.submissions(CONTEST, [wanted.submission_id]))
            assert ([decision.submission], decision.pace) == ([owned.submission for owned in read], pace)
        else:
            assert decision.submission is None

    @rule(
        together=st.lists(
            st.tuples(st.sampled_from(PARTICIPANTS), st.sampled_from(PROMPTS), st.integers(0, 60)),
            min_size=2,
            max_size=6,
        )
    )
    def submit_together(self, together: list[tuple[str, str, int]]) -> None:
        """In one round trip, decided in their order."""
        wanted = [
            make_admission(participant, "Ada", prompt, request, self.model.limits, 100)
            for participant, prompt, request in together
        ]
        decisions = self.do(self.store.admit(wanted, SUBMIT, self.now))
        assert [(decision.outcome, decision.wait_ms) for decision in decisions] == [
            self.model.admit(each, self.now) for each in wanted
        ]

    @rule(participant=st.sampled_from(PARTICIPANTS), requests=st.lists(st.integers(0, 200), min_size=3, max_size=8))
    def floods(self, participant: str, requests: list[int]) -> None:
        for request in requests:
            self.now += 300
            self.submits(participant, "Ada", PROMPTS[request % len(PROMPTS)], request, 100)

    @rule(model=st.sampled_from([None, *MODELS]))
    def claims(self, model: Model | None = None) -> None:
        claimed: Claimed | None = self.do(
            self.store.claim(CONTEST, uuid.uuid4().hex, LEASE_MS, self.now, model, NEVER_AWAY_MS)
        )
        waiting = self.model.claimable(model)
        if not waiting:
            assert claimed is None
            return
        drawing = self.model.claim(waiting, self.now)
        assert claimed is not None
        job = claimed.job
        assert (job.contest, job.fingerprint, job.fence) == (CONTEST, waiting[0], self.model.fences[waiting[0]])
        assert job.model == drawing.model
        self.leases.append(job)
        # What waits for one model while another one's worker draws is passed by in time: no promise is about that.
        self.one_model_alone = (self.one_model_alone and bool(self.model.queue)) or model is not None
        if drawing.first_of_account and not self.one_model_alone:
            # However many jobs others had waiting: the first of mine was passed by one of each at most.
            assert all(times <= 1 for times in drawing.overtaken_by.values()), drawing.overtaken_by

    @precondition(lambda self: self.leases)
    @rule(data=st.data())
    def beats(self, data: st.DataObject) -> None:
        lease = data.draw(st.sampled_from(self.leases))
        drawing = self.model.held(lease)
        kept = drawing is not None and drawing.state == DRAWING
        assert self.do(self.store.heartbeat(lease, LEASE_MS, self.now)) is kept
        if kept and drawing is not None:
            self.model.renew(drawing, self.now)

    @precondition(lambda self: self.leases)
    @rule(data=st.data(), score=st.floats(0, 100))
    def completes(self, data: st.DataObject, score: float) -> None:
        lease = data.draw(st.sampled_from(self.leases))
        drawn = result(score=score)
        drawn.completed_at.FromMilliseconds(self.now)
        completion = self.do(self.store.complete(lease, drawn.SerializeToString(), self.now))
        drawing = self.model.held(lease)
        if drawing is None or drawing.state == FAILED:
            assert completion is None
        elif drawing.state == DONE:
            assert completion == Completion(None)
        else:
            assert completion == Completion(self.now - drawing.admitted)
            deliveries = list(self.do(self.store.outbox(CONTEST, 1000)).values())[len(self.model.outbox) :]
            self.model.complete(lease.fingerprint, drawn, deliveries, self.now)

    @precondition(lambda self: self.leases)
    @rule(data=st.data(), failure=st.sampled_from([None, DRAWING_FAILED]))
    def releases(self, data: st.DataObject, failure: Failure | None) -> None:
        lease = data.draw(st.sampled_from(self.leases))
        released = self.do(self.store.release(lease, failure, self.now))
        drawing = self.model.held(lease)
        if drawing is not None and drawing.state == DRAWING:
            assert released
            self.model.end_lease(drawing, failure, self.now)
        else:
            ended_so = QUEUED if failure is None else FAILED
            assert released is (drawing is not None and drawing.state == ended_so)

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
            if drawing.state == DRAWING and drawing.deadline <= self.now
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
        found, *_ = self.do(self.store.submissions(CONTEST, list(self.model.submitted)))
        revisions = {owned.submission.revision for owned in found}
        assert len(revisions) <= 1
        revision = revisions.pop() if revisions else self.revision
        assert found == [self.model.stands(each, revision) for each in self.model.submitted.values()]
        assert revision > self.revision if self.model.changed else revision == self.revision
        self.revision, self.model.changed = revision, False

    @invariant()
    def counts_match(self) -> None:
        by_model = cast(list[bytes], self.plain.zrange(f"dedup:{{{CONTEST}}}:queue_by_model", 0, -1))
        assert sorted(member.decode().split(":")[2] for member in by_model) == sorted(self.model.queue)
        stored = self.plain.hgetall(f"dedup:{{{CONTEST}}}:pending")
        assert isinstance(stored, dict)
        for name in PARTICIPANTS:
            assert int(stored.get(name.encode(), 0)) == self.model.pending(name)
        for print_, drawing in self.model.drawings.items():
            waiters = self.plain.hlen(f"dedup:{{{CONTEST}}}:waiters:{print_}")
            assert waiters == (len(drawing.waiters) if drawing.state in (QUEUED, DRAWING) else 0)
        deliveries = self.do(self.store.outbox(CONTEST, 1000)).values()
        assert [
            (each.delivery_id, each.participant_id, each.delivered_at.ToMilliseconds()) for each in deliveries
        ] == self.model.outbox
        assert len({each.delivery_id for each in deliveries}) == len(deliveries)
        by_prompt = {(self.model.submitted[each.delivery_id].request.prompt, each.result) for each in deliveries}
        assert len({prompt for prompt, _ in by_prompt}) == len(by_prompt)


def test_the_scripts_do_what_the_model_does(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(classes, "REGULAR_AFTER", REGULAR_AFTER)
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
