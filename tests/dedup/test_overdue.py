"""What waits in vain ends within its bound, whatever clocks do."""

from collections.abc import Callable

import pytest

from cygnet.dedup.queue.overdue import BOUND_TIMES, LEAST_BOUND_MS, Overdue, SteadyPast
from cygnet.dedup.store import Store
from cygnet.dedup.values import Admission, Bucket
from cygnet.internal.v1 import document_pb2
from cygnet.v1.submission_pb2 import SUBMISSION_STATE_DONE, SUBMISSION_STATE_FAILED, SUBMISSION_STATE_QUEUED, Submission

from .environment import CLIP, decide, result

MakeAdmission = Callable[..., Admission]
T0 = 1_800_000_000_000
GENEROUS = Bucket(every_ms=1, burst=1_000)
HOUR_MS = 3_600_000


class Clocks:
    """The one on the wall, which may be set, and one that nobody sets."""

    def __init__(self) -> None:
        self.wall_ms = T0
        self.passed_s = 0.0

    def sleep(self, ms: int) -> None:
        self.wall_ms += ms
        self.passed_s += ms / 1000


class Report:
    def __init__(self) -> None:
        self.ended = 0

    def failed(self, contest: str) -> None:
        self.ended += 1


@pytest.fixture
def clocks() -> Clocks:
    return Clocks()


@pytest.fixture
def report() -> Report:
    return Report()


@pytest.fixture
def overdue(store: Store, clocks: Clocks, report: Report) -> Overdue:
    return Overdue(
        store.waiting_jobs,
        report,
        model_away_ms=30_000,
        clock=lambda: clocks.wall_ms,
        past=SteadyPast(lambda: clocks.passed_s),
    )


async def read(store: Store, admission: Admission) -> Submission:
    [found], *_ = await store.submissions("limits", [admission.submission_id])
    return found.submission


async def rounds(overdue: Overdue, clocks: Clocks, ms: int) -> None:
    """Goes round for so long, once a minute."""
    for _ in range(ms // 60_000):
        await overdue.round("limits")
        clocks.sleep(60_000)
    await overdue.round("limits")


async def test_what_nobody_draws_ends_openly_within_its_bound_and_costs_no_try(
    store: Store, admission: MakeAdmission, overdue: Overdue, clocks: Clocks, report: Report
) -> None:
    wanted = admission("1", burst=1, every_ms=HOUR_MS * 24)
    assert (await decide(store, wanted, GENEROUS, clocks.wall_ms)).outcome == "accepted"
    await rounds(overdue, clocks, LEAST_BOUND_MS - 60_000)
    assert (await read(store, wanted)).state == SUBMISSION_STATE_QUEUED, "pauses and roll-outs are waited through"
    await rounds(overdue, clocks, 120_000)
    ended = await read(store, wanted)
    assert (ended.state, ended.failure.reason, report.ended) == (SUBMISSION_STATE_FAILED, "WAITED_TOO_LONG", 1)
    assert "cost no try" in ended.failure.message
    again = admission("1", burst=1, every_ms=HOUR_MS * 24)
    assert (await decide(store, again, GENEROUS, clocks.wall_ms)).outcome == "accepted", "the token did not come back"


async def test_the_bound_follows_from_the_policy_that_was_met_last(
    store: Store, admission: MakeAdmission, overdue: Overdue, clocks: Clocks
) -> None:
    patient = admission("1", max_predicted_wait_ms=HOUR_MS)
    await decide(store, patient, GENEROUS, clocks.wall_ms)
    await rounds(overdue, clocks, BOUND_TIMES * HOUR_MS - 60_000)
    assert (await read(store, patient)).state == SUBMISSION_STATE_QUEUED
    await decide(store, admission("2", "b", max_predicted_wait_ms=60_000), GENEROUS, clocks.wall_ms)
    await overdue.round("limits")
    assert (await read(store, patient)).state == SUBMISSION_STATE_FAILED


@pytest.mark.parametrize("by_ms", [HOUR_MS * 5, -HOUR_MS])
async def test_a_clock_that_is_set_ends_nobodys_wait(
    store: Store, admission: MakeAdmission, overdue: Overdue, clocks: Clocks, by_ms: int
) -> None:
    before = admission("1")
    await decide(store, before, GENEROUS, clocks.wall_ms)
    await rounds(overdue, clocks, LEAST_BOUND_MS // 2)
    clocks.wall_ms += by_ms
    after = admission("2", "b")
    await decide(store, after, GENEROUS, clocks.wall_ms)
    await rounds(overdue, clocks, LEAST_BOUND_MS // 2 - 120_000)
    assert (await read(store, before)).state == SUBMISSION_STATE_QUEUED
    await rounds(overdue, clocks, LEAST_BOUND_MS // 2 - 120_000)
    assert (await read(store, after)).state == SUBMISSION_STATE_QUEUED
    await rounds(overdue, clocks, LEAST_BOUND_MS + 300_000)
    assert (await read(store, before)).state == (await read(store, after)).state == SUBMISSION_STATE_FAILED


async def test_what_is_drawn_just_in_time_stays_drawn(
    store: Store, admission: MakeAdmission, overdue: Overdue, clocks: Clocks, report: Report
) -> None:
    wanted = admission("1")
    await decide(store, wanted, GENEROUS, clocks.wall_ms)
    await rounds(overdue, clocks, LEAST_BOUND_MS - 60_000)
    claimed = await store.claim("limits", "token", 600_000, clocks.wall_ms)
    assert claimed is not None
    await rounds(overdue, clocks, 120_000)
    assert await store.complete(claimed.job, result().SerializeToString(), clocks.wall_ms) is not None
    assert ((await read(store, wanted)).state, report.ended) == (SUBMISSION_STATE_DONE, 0)


async def test_jobs_whose_model_nobody_ever_served_are_counted(
    store: Store, admission: MakeAdmission, overdue: Overdue, clocks: Clocks, report: Report
) -> None:
    wanted = admission("1")
    await decide(store, wanted, GENEROUS, clocks.wall_ms)
    clocks.sleep(30_000)
    other = document_pb2.Model(generator_source="hf://other", scorer_source=CLIP)
    assert await store.claim("limits", "token", 10_000, clocks.wall_ms, other, 30_000) is None
    await overdue.round("limits")
    assert ((await read(store, wanted)).failure.reason, report.ended) == ("MODEL_NOT_SERVED", 1)
