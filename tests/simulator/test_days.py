"""Event-days with faults, by chance and replayable by their seed; and that such a day finds a bug that was planted.

`make simulate` plays more and longer ones: CYGNET_TEST_DAYS says how many.
"""

import os
import random
from functools import partial
from importlib import resources

import pytest
import redis.asyncio as aioredis
from redis.exceptions import ResponseError

import cygnet.dedup.store
from cygnet.platform.scripts import Script
from cygnet.v1.submission_pb2 import Failure

from .day import Day
from .people import Bot, Copycat, Person

DAYS = int(os.environ.get("CYGNET_TEST_DAYS", "2"))
DAY_MS = int(os.environ.get("CYGNET_TEST_DAY_S", "100")) * 1_000
DRAINED_MS = 120_000
"""After which nothing waits any more."""
BROKEN = Failure(reason="DRAWING_FAILED", message="the drawing broke")


def now_and_then_long(chance: random.Random) -> float:
    """Returns how long a drawing takes: one in forty outlasts a lease."""
    return 14_000 if chance.random() < 0.025 else chance.lognormvariate(0, 0.3) * 1_000


async def faults(day: Day) -> None:
    """Something breaks, every few seconds."""
    if not day.open:
        return
    busy = [worker for worker in day.workers if worker.job is not None and worker.frozen_until_ms <= day.now]
    if busy and len(day.workers) > 1:
        worker = day.chance.choice(busy)
        match day.chance.randrange(8):
            case 0 | 1:
                day.kill(worker)
                day.after(15_000, lambda: _more(day))
            case 2:
                day.stop(worker)
                day.after(5_000, lambda: _more(day))
            case 3:
                day.freeze(worker, day.chance.choice([2_000, 15_000]))
            case 4:
                await day.fail(worker, None)
            case 5 | 6:
                await day.fail(worker, BROKEN)
            case _:
                await day.client.script_flush()
    day.after(day.chance.uniform(1_000, 9_000), lambda: faults(day))


async def _more(day: Day) -> None:
    day.add_workers(1)


async def play(client: aioredis.Redis, seed: int, ms: int) -> Day:
    """Plays a day and checks it."""
    await client.flushall()
    day = Day(client, seed, drawing_ms=now_and_then_long, checked=True)
    day.add_workers(3)
    for _ in range(day.chance.randint(8, 14)):
        who = next(day.names)
        kind = Copycat if who % 3 == 1 else Person
        kind(day, who, present=who % 3 != 0, think_ms=day.chance.uniform(500, 9_000), impatient=0.6).start()
    for present in (True, False):
        Person(day, next(day.names), present=present, think_ms=300, impatient=1.0, pending=8).start()
    Bot(day, next(day.names), leaves_ms=day.now + 15_000, every_ms=200).start()
    day.after(5_000, lambda: faults(day))
    await day.run(ms)
    day.open = False
    await day.run(DRAINED_MS)
    await day.check()
    return day


@pytest.mark.parametrize("seed", range(DAYS))
async def test_whatever_fails_nothing_is_lost_twice_stuck_or_unfair(redis_client: aioredis.Redis, seed: int) -> None:
    day = await play(redis_client, seed, DAY_MS)
    assert len(day.asked) > 100
    assert sum(day.losses.values()) > 2


BUGS = {
    "a retry is a submission of its own": ("admission/admit.lua", "if known then", "if false then"),
    "new work takes no token": ("admission/admit.lua", "  store_bucket(WORK_BUCKET, work_full_at)\n", ""),
    "the cheap bucket is never charged": ("admission/admit.lua", "store_bucket(SUBMIT_BUCKET, submit_full_at)\n", ""),
    "a refusal tells a time that is too short": (
        "admission/admit.lua",
        "full_at - now - every * (size - 1)",
        "full_at - now - every * (size - 1) - 1",
    ),
    "unfinished drawings are not counted": (
        "admission/admit.lua",
        "  redis.call('HINCRBY', PENDING, participant, 1)\n",
        "",
    ),
    "somebody's second drawing starts with their first": (
        "admission/admit.lua",
        "local start = math.max(virtual, finish)",
        "local start = virtual",
    ),
    "who joins in is not noted": (
        "admission/admit.lua",
        "if outcome ~= 'repeated' then\n  -- Read",
        "if outcome == 'accepted' then\n  -- Read",
    ),
    "a claimed job stays in the queue": (
        "queue/claim.lua",
        "dequeue(QUEUE, QUEUED_AT, QUEUE_BY_MODEL, JOB, head)",
        "",
    ),
    "a claim is leased to nobody": ("queue/claim.lua", "redis.call('ZADD', LEASES, int(now + lease_ms), head)", ""),
    "the last class is served first": ("queue/claim.lua", "not head or at < start", "not head or at > start"),
    "time in the class stands still": ("queue/claim.lua", "if in_class > field", "if false and in_class > field"),
    "a completed job keeps its lease": ("queue/complete.lua", "redis.call('ZREM', LEASES, fingerprint)\n", ""),
    "a completed job counts as unfinished": ("queue/complete.lua", "one_less_pending(PENDING, owner)\n", ""),
    "only the owner gets the score": ("queue/complete.lua", "deliver_to(false)\n", ""),
    "a score is sent again with each repeat": (
        "prelude.lua",
        "if redis.call('SADD', scored_participants, participant) == 0\n",
        "if redis.call('SADD', scored_participants, participant) == 2\n",
    ),
    "a drawing that failed costs its token": (
        "prelude.lua",
        "if redis.call('ZSCORE', work_bucket, owner) then",
        "if false then",
    ),
    "a heartbeat renews nothing": (
        "queue/heartbeat.lua",
        "redis.call('ZADD', LEASES, int(now + lease_ms), fingerprint)",
        "",
    ),
    "what is given back goes nowhere": (
        "queue/release.lua",
        "  enqueue(QUEUE, QUEUED_AT, QUEUE_BY_MODEL, JOB, fingerprint)\n",
        "",
    ),
    "a job that is lost once fails": ("queue/release.lua", "JOB, 'lost', 1) < most_lost", "JOB, 'lost', 1) < 1"),
}
"""What may be wrong with the scripts: where, what stands there, and what stands there instead."""


@pytest.mark.parametrize("bug", BUGS)
async def test_a_bug_that_was_planted_is_found(
    redis_client: aioredis.Redis, monkeypatch: pytest.MonkeyPatch, bug: str
) -> None:
    where, right, wrong = BUGS[bug]
    planted = 0

    def with_bug(client: aioredis.Redis, package: str, path: str, *, prelude: str | None = None) -> Script:
        nonlocal planted
        files = resources.files(package)
        parts = {name: files.joinpath(name).read_text() for name in (path, prelude) if name is not None}
        if where in parts:
            planted += parts[where].count(right)
            parts[where] = parts[where].replace(right, wrong)
        return Script(client, path, parts[path], parts.get(prelude or "", ""))

    monkeypatch.setattr(cygnet.dedup.store, "load", with_bug)
    with pytest.raises((AssertionError, ResponseError)) as found:
        for seed in range(6):
            await play(redis_client, seed, 60_000)
    assert planted
    print(f"{bug}: {found.value}")


@pytest.mark.parametrize("jump_ms", [-3_600_000, 3_600_000])
async def test_a_clock_that_jumps_an_hour_changes_nobodys_turn(redis_client: aioredis.Redis, jump_ms: int) -> None:
    orders = []
    for jump in (0, jump_ms):
        await redis_client.flushall()
        day = Day(redis_client, 5)
        for number in range(60):
            await day.ask(number % 20, f"prompt {number}", present=number % 3 == 0, pending=3)
        day.add_workers(2)
        for at_ms, by_ms in ((3_000, jump), (20_000, -jump)):
            day.after(at_ms, partial(set_clock, day, by_ms))
        await day.run(200_000)
        assert all(asked.ended_ms is not None for asked in day.asked.values())
        orders.append(day.begun)
    assert orders[0] == orders[1]
    assert len(orders[0]) == 60


async def set_clock(day: Day, by_ms: int) -> None:
    day.set_ms += by_ms
