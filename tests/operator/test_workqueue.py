"""The queue: once each, never two at a time, later after each failure, and on time."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from cygnet_operator.workqueue import FIRST_BACKOFF_S, LONGEST_BACKOFF_S, Outcome, WorkQueue

DONE = Outcome(settled=True)


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@asynccontextmanager
async def working(
    reconcile: Callable[[str], Awaitable[Outcome]], clock: Callable[[], float], workers: int = 2
) -> AsyncIterator[WorkQueue]:
    queue = WorkQueue(reconcile, clock)
    running = asyncio.create_task(queue.run(workers))
    try:
        yield queue
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def settle() -> None:
    for _ in range(50):
        await asyncio.sleep(0)


async def test_what_is_added_twice_is_done_once() -> None:
    seen: list[str] = []

    async def reconcile(name: str) -> Outcome:
        seen.append(name)
        return DONE

    queue = WorkQueue(reconcile, Clock())
    for name in ("a", "b", "a", "a"):
        await queue.add(name)
    running = asyncio.create_task(queue.run(2))
    await settle()
    running.cancel()
    assert sorted(seen) == ["a", "b"]


async def test_a_contest_is_never_in_two_hands_and_is_done_again_if_it_changed_meanwhile() -> None:
    gate, hands, most, runs = asyncio.Event(), 0, 0, 0

    async def reconcile(name: str) -> Outcome:
        nonlocal hands, most, runs
        hands, runs = hands + 1, runs + 1
        most = max(most, hands)
        await gate.wait()
        hands -= 1
        return DONE

    async with working(reconcile, Clock(), workers=4) as queue:
        await queue.add("a")
        await settle()
        await queue.add("a")
        await settle()
        assert (most, runs) == (1, 1)
        gate.set()
        await settle()
        assert (most, runs) == (1, 2)


async def test_one_that_hangs_does_not_hold_up_another() -> None:
    seen: list[str] = []

    async def reconcile(name: str) -> Outcome:
        if name == "stuck":
            await asyncio.Event().wait()
        seen.append(name)
        return DONE

    async with working(reconcile, Clock()) as queue:
        await queue.add("stuck")
        await queue.add("other")
        await settle()
        assert seen == ["other"]


async def test_failures_wait_longer_each_time_and_success_forgets_them() -> None:
    clock, good = Clock(), False

    async def reconcile(name: str) -> Outcome:
        if not good and clock.now > 100.0:
            raise RuntimeError("a fault")
        return Outcome(settled=good)

    async with working(reconcile, clock) as queue:
        await queue.add("a")
        waits = []
        for _ in range(9):
            await settle()
            due = queue._due["a"]
            waits.append(due - clock.now)
            clock.now = due
            await queue.add("another-to-wake-the-workers", in_s=1e9)
        assert waits[:3] == [FIRST_BACKOFF_S, 2 * FIRST_BACKOFF_S, 4 * FIRST_BACKOFF_S]
        assert waits[-1] == LONGEST_BACKOFF_S
        good = True
        await queue.add("b", in_s=1e9)
        await settle()
        assert "a" not in queue._due and queue._backoffs == {}


async def test_it_is_done_again_at_its_time_and_a_sooner_wish_wins() -> None:
    clock, seen = Clock(), []

    async def reconcile(name: str) -> Outcome:
        seen.append(clock.now)
        return Outcome(settled=True, again_in_s=3600) if len(seen) == 1 else DONE

    async with working(reconcile, clock) as queue:
        await queue.add("a")
        await settle()
        await queue.add("a", in_s=60)
        clock.now += 59
        await queue.add("b", in_s=1e9)
        await settle()
        assert seen == [100.0]
        clock.now += 1
        await queue.add("b", in_s=1e9)
        await settle()
        assert seen == [100.0, 160.0]


async def test_the_age_of_the_last_reconciliation_is_known() -> None:
    clock = Clock()

    async def reconcile(name: str) -> Outcome:
        return DONE

    async with working(reconcile, clock) as queue:
        assert queue.since_last_s is None
        await queue.add("a")
        await settle()
        clock.now += 12.5
        assert queue.since_last_s == 12.5


async def test_what_hangs_is_known_for_the_liveness_probe() -> None:
    clock = Clock()

    async def reconcile(name: str) -> Outcome:
        await asyncio.Event().wait()
        return DONE

    async with working(reconcile, clock, workers=1) as queue:
        assert queue.stuck_s == 0
        await queue.add("first")
        await settle()
        clock.now += 50
        await queue.add("second")
        clock.now += 200
        assert (queue.stuck_s, queue.oldest_due_s) == (250, 200)


async def test_a_long_queue_that_moves_is_not_stuck() -> None:
    clock, step = Clock(), asyncio.Event()

    async def reconcile(name: str) -> Outcome:
        await step.wait()
        step.clear()
        return DONE

    async with working(reconcile, clock, workers=1) as queue:
        for name in "abcdefg":
            await queue.add(name)
        for _ in range(5):
            await settle()
            clock.now += 100
            step.set()
            await settle()
        assert queue.oldest_due_s == 500
        assert queue.stuck_s == 0


async def test_due_work_that_nobody_takes_is_stuck() -> None:
    clock = Clock()
    queue = WorkQueue(lambda name: asyncio.sleep(0, DONE), clock)
    await queue.add("a")
    clock.now += 200
    assert queue.stuck_s == 200
