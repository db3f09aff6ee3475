"""A claim that is cancelled keeps no job, whenever that happens; the relay's and the reaper's patience."""

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest

from cygnet.dedup.changes import Changes
from cygnet.dedup.outbox.relay import LONGEST_PAUSE_S, pause_s
from cygnet.dedup.queue.leases import Leasing
from cygnet.dedup.queue.reaper import Reaper
from cygnet.dedup.values import Change, Completion, Failure, Job, Lease, Lengths, Model, Result, Served, Target
from cygnet.platform.errors import LeaseLost, Unavailable

JOB = Job(
    Lease("c", "0" * 64, 1), 1_000, "a duck", 1, Target("duck", ""), Model("x", 4, 256, "y"), attempt=1, queued_ms=0
)


class Silence:
    """A source of changes in which nothing happens."""

    async def changes(self) -> AsyncIterator[Change | None]:
        yield None
        await asyncio.Event().wait()


class Jobs:
    """A store whose claim answers when the test lets it."""

    def __init__(self) -> None:
        self.claiming = asyncio.Event()
        self.answer: asyncio.Future[Job | None] = asyncio.get_running_loop().create_future()
        self.released: asyncio.Queue[tuple[Lease, Failure | None]] = asyncio.Queue()
        self.away = False

    async def contests(self) -> list[str]:
        return ["c"]

    async def claim(
        self, contest: str, token: str, lease_ms: int, now_ms: int, served: Served | None, away_ms: int
    ) -> Job | None:
        self.claiming.set()
        return await self.answer

    async def heartbeat(self, lease: Lease, lease_ms: int, now_ms: int) -> bool:
        return False

    async def complete(self, lease: Lease, result: Result) -> Completion | None:
        return None

    async def release(self, lease: Lease, failure: Failure | None, now_ms: int) -> bool:
        self.released.put_nowait((lease, failure))
        if self.away:
            raise Unavailable("away")
        return failure is None


class Report:
    """Notes what it is told."""

    def __init__(self) -> None:
        self.told: list[object] = []

    def claimed(self, contest: str, waited_s: float) -> None:
        self.told.append(("claimed", waited_s))

    def completed(self, contest: str, after_s: float) -> None:
        self.told.append(("completed", after_s))

    def failed(self, contest: str) -> None:
        self.told.append("failed")

    def lease_expired(self, contest: str, *, failed: bool) -> None:
        self.told.append(("expired", failed))

    def lengths(self, contest: str, lengths: Lengths, oldest_wait_s: float) -> None:
        self.told.append((lengths.waiting, lengths.outbox, oldest_wait_s))

    def shares(self) -> None:
        self.told.append("shares")


def leasing(store: Jobs, report: Report) -> Leasing:
    return Leasing(
        store,
        Changes(Silence()),
        report,
        lease_ms=1_000,
        model_away_ms=5_000,
        clock=lambda: 5_000,
        stopping=asyncio.Event(),
    )


async def test_a_claim_cancelled_in_the_script_gives_the_job_back() -> None:
    store, report = Jobs(), Report()
    claim = asyncio.create_task(leasing(store, report).claim("", 60_000))
    await store.claiming.wait()
    claim.cancel()
    with pytest.raises(asyncio.CancelledError):
        await claim
    assert store.released.empty()
    store.answer.set_result(JOB)
    assert await asyncio.wait_for(store.released.get(), 10) == (JOB.lease, None)
    assert report.told == []


@pytest.mark.parametrize("answer", [None, Unavailable("away")])
async def test_a_cancelled_claim_without_a_job_gives_nothing_back(answer: Exception | None) -> None:
    store = Jobs()
    claim = asyncio.create_task(leasing(store, Report()).claim("", 60_000))
    await store.claiming.wait()
    claim.cancel()
    if answer is None:
        store.answer.set_result(None)
    else:
        store.answer.set_exception(answer)
    with pytest.raises(asyncio.CancelledError):
        await claim
    await asyncio.sleep(0)
    assert store.released.empty()


async def test_a_job_that_cannot_be_given_back_is_left_to_its_lease(caplog: pytest.LogCaptureFixture) -> None:
    store = Jobs()
    store.away = True
    leasing(store, Report()).give_back(JOB)
    await asyncio.wait_for(store.released.get(), 10)
    await asyncio.sleep(0)
    assert "could not be given back" in caplog.text


async def test_a_claim_reports_how_long_the_job_waited() -> None:
    store, report = Jobs(), Report()
    store.answer.set_result(JOB)
    assert await leasing(store, report).claim("c", 0) == JOB
    assert report.told == [("claimed", 5.0)]


async def test_lost_leases_are_errors_and_are_not_counted() -> None:
    store, report = Jobs(), Report()
    work = leasing(store, report)
    result = Result("a" * 64, 1, 0, 1, "g", "s", "c", 0)
    for call in (
        work.heartbeat(JOB.lease),
        work.complete(JOB.lease, result),
        work.release(JOB.lease, Failure("X", "")),
    ):
        with pytest.raises(LeaseLost):
            await call
    assert report.told == []


def test_the_relay_is_patient_for_hours() -> None:
    assert [pause_s(failures) for failures in (1, 2, 3)] == [0.25, 0.5, 1.0]
    assert pause_s(100_000) == LONGEST_PAUSE_S


class Leases:
    """A store with one lease that ran out; away for the first reads."""

    def __init__(self, became: Sequence[str], away: int = 0) -> None:
        self.became = list(became)
        self.away = away
        self.expired_at: list[int] = []

    async def contests(self) -> list[str]:
        if self.away:
            self.away -= 1
            raise Unavailable("away")
        return ["c"]

    async def expired_leases(self, contest: str, now_ms: int) -> list[str]:
        return ["0" * 64] if self.became else []

    async def expire(self, contest: str, fingerprint: str, failure: Failure, most_lost: int, now_ms: int) -> str:
        assert (failure.reason, most_lost) == ("WORKER_LOST", 3)
        self.expired_at.append(now_ms)
        return self.became.pop(0)

    async def lengths(self, contest: str) -> Lengths:
        return Lengths(2, 3, 1_000, 5, 4)

    async def never_served(self, contest: str, patience_ms: int, now_ms: int) -> list[str]:
        return ["0" * 64, "1" * 64]

    async def strand(self, contest: str, fingerprint: str, failure: Failure, patience_ms: int, now_ms: int) -> bool:
        assert (failure.reason, patience_ms) == ("MODEL_NOT_SERVED", 5_000)
        return fingerprint == "0" * 64


async def test_reaping_counts_what_it_took_away() -> None:
    store, report = Leases(["queued", "lost", "failed"]), Report()
    reaper = Reaper(store, report, lease_ms=1_000, most_lost=3, model_away_ms=5_000, clock=lambda: 7_000)
    for _ in range(4):
        await reaper.reap("c")
    assert report.told == [("expired", False), ("expired", True)]


async def test_jobs_that_nobody_can_draw_fail_and_are_counted() -> None:
    store, report = Leases([]), Report()
    await Reaper(store, report, lease_ms=1_000, most_lost=3, model_away_ms=5_000, clock=lambda: 7_000).strand("c")
    assert report.told == ["failed"]


async def test_after_an_outage_the_living_may_speak_first(monkeypatch: pytest.MonkeyPatch) -> None:
    now_ms = 0
    rounds = asyncio.Semaphore(0)

    async def next_round(seconds: float) -> None:
        nonlocal now_ms
        now_ms += round(seconds * 1_000)
        rounds.release()
        await no_sleep(0)

    no_sleep = asyncio.sleep
    monkeypatch.setattr("cygnet.dedup.queue.reaper.asyncio.sleep", next_round)
    store, report = Leases(["queued"], away=4), Report()
    running = asyncio.create_task(
        Reaper(store, report, lease_ms=5_000, most_lost=3, model_away_ms=5_000, clock=lambda: now_ms).run()
    )
    for _ in range(12):
        await rounds.acquire()
    running.cancel()
    # The store was away at 0, 1, 2 and 3 s: nobody is taken for silent before 8 s.
    assert store.expired_at == [8_000]
    assert (2, 3, 7.0) in report.told
