"""Waits are as they were told, whatever happens: calm, a flood, a roll-out, scaling, pauses, workers that die.

Each phase is played by the real scripts in simulated time, with a thousand waits and more.
"""

import statistics
from collections.abc import Awaitable, Callable

import pytest
import redis.asyncio as aioredis
from prometheus_client import REGISTRY

from .day import AWAY_MS, CONTEST, Asked, Day
from .people import Bot, Person

Phase = Callable[[Day], Awaitable[None]]


def people(day: Day, count: int) -> None:
    """Two of three are in the hall."""
    for _ in range(count):
        who = next(day.names)
        Person(day, who, present=who % 3 != 0).start()


async def calm(day: Day) -> None:
    await day.run(450_000)


async def flood(day: Day) -> None:
    for _ in range(100):
        Bot(day, next(day.names), present=False, leaves_ms=day.now + 330_000).start()
    await day.run(330_000)


async def roll_out(day: Day) -> None:
    people(day, 30)
    for _ in range(2):
        for worker in list(day.workers):
            day.stop(worker)
            await day.run(25_000)
            day.add_workers(1)
            await day.run(15_000)


async def scaling(day: Day) -> None:
    people(day, 30)
    for count in (8, 2, 6, 3, 4):
        day.add_workers(max(0, count - len(day.workers)))
        for worker in day.workers[count:]:
            day.stop(worker)
        await day.run(70_000)


async def worker_death(day: Day) -> None:
    people(day, 30)
    for _ in range(8):
        day.kill(day.workers[0])
        await day.run(40_000)
        day.add_workers(1)
        await day.run(10_000)


async def pause(day: Day) -> None:
    people(day, 30)
    for _ in range(4):
        await day.run(75_000)
        began, stopped = day.now, list(day.workers)
        day.open = False
        for worker in stopped:
            day.stop(worker)
        await day.run(AWAY_MS + 5_000)
        waiting = [asked.submission.submission_id for asked in day.asked.values() if asked.ended_ms is None]
        queues = [owned.submission.queue for owned in await day.snapshots.some(CONTEST, waiting)]
        assert waiting
        assert {(queue.no_worker, queue.measuring, queue.p90_ms) for queue in queues} == {(True, True, 0)}
        await day.run(300_000)
        day.open = True
        day.add_workers(len(stopped))
        day.pauses.append((began, day.now))


def kept() -> tuple[float, float]:
    names = ({"contest": CONTEST, "outcome": outcome} for outcome in ("kept", "broken"))
    found = [REGISTRY.get_sample_value("cygnet_dedup_promises_total", labels) or 0.0 for labels in names]
    return found[0], found[1]


@pytest.mark.parametrize("phase", [calm, flood, roll_out, scaling, worker_death, pause])
async def test_nine_in_ten_wait_no_longer_than_they_were_told(redis_client: aioredis.Redis, phase: Phase) -> None:
    day = Day(redis_client, seed=7)
    day.add_workers(4)
    people(day, 30)
    await day.run(100_000)
    day.phase = phase.__name__
    before = kept()
    await phase(day)
    # Who waits still: until their pictures are there.
    day.phase, day.open = "", False
    await day.run(400_000)
    waits = [
        asked
        for asked in day.asked.values()
        if asked.phase == phase.__name__ and asked.submission.HasField("queue") and not asked.submission.queue.measuring
    ]

    def waited_ms(asked: Asked) -> int:
        """Time in which nobody drew was told as such."""
        assert asked.ended_ms is not None
        away = [min(asked.ended_ms, end) - max(asked.at_ms, begin) for begin, end in day.pauses]
        return asked.ended_ms - asked.at_ms - sum(each for each in away if each > 0)

    told = [(waited_ms(asked), asked.submission.queue) for asked in waits]
    within_50 = statistics.fmean(waited <= queue.p50_ms for waited, queue in told)
    within_90 = statistics.fmean(waited <= queue.p90_ms for waited, queue in told)
    widest = max(queue.p90_ms / queue.p50_ms for _, queue in told)
    words = (
        f"{len(told)} waits: {within_50:.0%} within P50, {within_90:.1%} within P90, P90 up to {widest:.2f} times P50"
    )
    print(f"{phase.__name__}: {words}")
    assert len(told) >= 1_000, words
    assert within_90 >= 0.87, words
    assert 0.3 <= within_50 <= 0.7, words
    assert widest <= 3, words
    # And the counter says the same of the same promises (and of those of the minutes before that were still open).
    all_kept, all_broken = (now - then for now, then in zip(kept(), before, strict=True))
    assert all_broken / (all_kept + all_broken) == pytest.approx(1 - within_90, abs=0.01), words
