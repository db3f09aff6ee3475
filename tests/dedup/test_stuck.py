"""`cygnet_stuck_submissions` sees a drawing that nothing will end."""

import asyncio

import redis.asyncio as aioredis
from prometheus_client import REGISTRY

from cygnet.dedup.queue.reaper import Reaper
from cygnet.dedup.store import Store
from cygnet.dedup.telemetry import Telemetry
from cygnet.dedup.values import Bucket

from .conftest import MakeAdmission
from .environment import decide, result

NOW = 1_800_000_000_000
CONTEST = "stuck"
KEY = f"dedup:{{{CONTEST}}}"


async def nothing_waits_in_vain(contest: str) -> None:
    """This is not about that."""


async def gauge(store: Store) -> float | None:
    """Lets the reaper go round once; returns what it says then."""
    measured = asyncio.Event()

    class Watched(Telemetry):
        def shares(self) -> None:
            measured.set()

    reaper = Reaper(store, Watched(), lease_ms=10_000, most_lost=3, overdue=nothing_waits_in_vain, clock=lambda: NOW)
    going = asyncio.create_task(reaper.run())
    async with asyncio.timeout(10):
        await measured.wait()
    going.cancel()
    return REGISTRY.get_sample_value("cygnet_stuck_submissions", {"contest": CONTEST})


async def test_a_drawing_that_nothing_will_end_is_counted(
    store: Store, redis_client: aioredis.Redis, admission: MakeAdmission
) -> None:
    await store.activate(CONTEST, NOW)
    for prompt in ("drawn", "held", "waits", "lost"):
        decision = await decide(store, admission(prompt, contest=CONTEST, pending=9, burst=9), Bucket(1, 100), NOW)
        assert decision.outcome == "accepted"
    drawn, held = [await store.claim(CONTEST, token, 10_000, NOW) for token in ("one", "two")]
    assert drawn is not None
    assert held is not None
    assert await store.complete(drawn.job, result().SerializeToString(), NOW)
    assert (await store.lengths(CONTEST)).stuck == 0
    assert await gauge(store) == 0

    await redis_client.zremrangebyrank(f"{KEY}:queue", 1, 1)
    assert await gauge(store) == 1
    # As much as from the queue, one may be lost from those that are drawn.
    await redis_client.zrem(f"{KEY}:leases", held.job.fingerprint)
    assert (await store.lengths(CONTEST)).stuck == 2
