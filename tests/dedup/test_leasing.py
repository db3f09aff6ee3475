"""A claim that is cancelled keeps no job, whenever that happens; the reaper's patience."""

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest

from cygnet.dedup.changes import Changes
from cygnet.dedup.queue.leases import Leasing
from cygnet.dedup.queue.reaper import IDLE_MS, Reaper
from cygnet.dedup.values import Change, Claimed, Completion, Lease, Lengths, Served
from cygnet.internal.v1 import dedup_pb2
from cygnet.platform.errors import LeaseLost, Unavailable
from cygnet.v1.submission_pb2 import Failure

JOB = dedup_pb2.Job(contest="c", fingerprint="0" * 64, fence=1, lease_ms=1_000, canonical_prompt="a duck", attempt=1)
ANY = dedup_pb2.ClaimRequest(wait_ms=60_000)


class Silence:
    """A source of changes in which nothing happens."""

    async def changes(self) -> AsyncIterator[Change | None]:
        yield None
        await asyncio.Event().wait()


class Jobs:
    """A store whose claim answers when the test lets it."""

    def __init__(self) -> None:
        self.claiming = asyncio.Event()
        self.answer: asyncio.Future[Claimed | None] = asyncio.get_running_loop().create_future()
        self.released: asyncio.Queue[tuple[Lease, Failure | None]] = asyncio.Queue()
        self.away = False

    async def contests(self) -> list[str]:
        return ["c"]

    async def claim(
        self, contest: str, token: str, lease_ms: int, now_ms: int, served: Served | None, away_ms: int
    ) -> Claimed | None:
        self.claiming.set()
        return await self.answer

    async def heartbeat(self, lease: Lease, lease_ms: int, now_ms: int) -> bool:
        return False

    async def complete(self, lease: Lease, result: bytes, now_ms: int) -> Completion | None:
        return None

    async def release(self, lease: Lease, failure: Failure | None, now_ms: int) -> bool:
        self.released.put_nowait((lease, failure))
        if self.away:
            raise Unavailable("away")
        return failure is None


class Report:
    """Notes what is counted."""

    def __init__(self) -> None:
        self.events: list[object] = []

    def claimed(self, contest: str, waited_s: float) -> None:
        self.events.append(("claimed", waited_s))

    def completed(self, contest: str, after_s: float, *, kept: bool | None) -> None:
        self.events.append(("completed", after_s))

    def failed(self, contest: str) -> None:
        self.events.append("failed")

    def lease_expired(self, contest: str, *, failed: bool) -> None:
        self.events.append(("expired", failed))

    def lengths(self, contest: str, lengths: Lengths, oldest_wait_s: float) -> None:
        self.events.append((lengths.waiting, lengths.outbox, oldest_wait_s))

    def shares(self) -> None:
        self.events.append("shares")


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
    claim = asyncio.create_task(leasing(store, report).claim(ANY))
    await store.claiming.wait()
    claim.cancel()
    with pytest.raises(asyncio.CancelledError):
        await claim
    assert store.released.empty()
    store.answer.set_result(Claimed(JOB, queued_ms=0))
    assert await asyncio.wait_for(store.released.get(), 10) == (JOB, None)
    assert report.events == []


@pytest.mark.parametrize("answer", [None, Unavailable("away")])
async def test_a_cancelled_claim_without_a_job_gives_nothing_back(answer: Exception | None) -> None:
    store = Jobs()
    claim = asyncio.create_task(leasing(store, Report()).claim(ANY))
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
    store.answer.set_result(Claimed(JOB, queued_ms=0))
    assert await leasing(store, report).claim(dedup_pb2.ClaimRequest(contest="c")) == JOB
    assert report.events == [("claimed", 5.0)]


async def test_lost_leases_are_errors_and_are_not_counted() -> None:
    store, report = Jobs(), Report()
    work = leasing(store, report)
    for call in (
        work.heartbeat(JOB),
        work.complete(JOB, b""),
        work.release(JOB, Failure(reason="X")),
    ):
        with pytest.raises(LeaseLost):
            await call
    assert report.events == []


class Leases:
    """A store with one lease that ran out; away for the first reads."""

    def __init__(self, became: Sequence[str], away: int = 0) -> None:
        self.became = list(became)
        self.away = away
        self.expired_at: list[int] = []
        self.retired: list[int] = []
        self.there = Lengths(2, 0, 3, 1_000, 5, 4)

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
        return self.there

    async def retire(self, contest: str, idle_since_ms: int) -> bool:
        self.retired.append(idle_since_ms)
        return True


async def nothing_waits_in_vain(contest: str) -> None:
    """For reapers that are not about that."""


async def test_reaping_counts_what_it_took_away() -> None:
    store, report = Leases(["queued", "lost", "failed"]), Report()
    reaper = Reaper(store, report, lease_ms=1_000, most_lost=3, overdue=nothing_waits_in_vain, clock=lambda: 7_000)
    for _ in range(4):
        await reaper.reap("c")
    assert report.events == [("expired", False), ("expired", True)]


async def test_after_an_outage_workers_may_renew_their_leases_first(monkeypatch: pytest.MonkeyPatch) -> None:
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
        Reaper(store, report, lease_ms=5_000, most_lost=3, overdue=nothing_waits_in_vain, clock=lambda: now_ms).run()
    )
    for _ in range(12):
        await rounds.acquire()
    running.cancel()
    # The store was away at 0, 1, 2 and 3 s: nobody is taken for silent before 8 s.
    assert store.expired_at == [8_000]
    assert (2, 3, 7.0) in report.events
    assert store.retired == []


@pytest.mark.parametrize("jump_ms", [-3_600_000, 3_600_000])
async def test_when_the_clock_is_set_workers_may_renew_their_leases_first(jump_ms: int) -> None:
    now_ms = 10_000_000
    reaper = Reaper(
        Leases([]), Report(), lease_ms=5_000, most_lost=3, overdue=nothing_waits_in_vain, clock=lambda: now_ms
    )
    assert not reaper.may_reap(), "nobody could renew before it began"
    for passes, may in ((4_999, False), (1, True), (jump_ms, False), (4_999, False), (1, True), (2_000, True)):
        now_ms += passes
        assert reaper.may_reap() is may


@pytest.mark.parametrize(
    ("there", "asked_to_retire"),
    [
        (Lengths(0, 0, 0, None, 5, 4), True),
        (Lengths(1, 0, 0, 1_000, 5, 4), False),
        (Lengths(0, 1, 0, None, 5, 4), False),
        (Lengths(0, 0, 1, None, 5, 4), False),
    ],
)
async def test_only_a_contest_without_work_is_retired(there: Lengths, asked_to_retire: bool) -> None:
    store = Leases([])
    store.there = there
    reaper = Reaper(store, Report(), lease_ms=1, most_lost=3, overdue=nothing_waits_in_vain, clock=lambda: IDLE_MS + 7)
    running = asyncio.create_task(reaper.run())
    await asyncio.sleep(0.05)
    running.cancel()
    assert store.retired == ([7] if asked_to_retire else [])
