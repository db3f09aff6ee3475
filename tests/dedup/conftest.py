"""What the tests of this service share: a store on an empty Redis, orders with few words, two live replicas."""

from collections.abc import AsyncIterator, Callable

import pytest
import redis.asyncio as aioredis

from cygnet.dedup.admission import identity
from cygnet.dedup.store import Store
from cygnet.dedup.values import Model, Order, Policy, Scope, Target, Wish

from .environment import Replica, ResultLog, two_replicas

MakeOrder = Callable[..., Order]
TINY = Model("builtin://tiny", 4, 256, "builtin://clip")


@pytest.fixture
def store(redis_client: aioredis.Redis) -> Store:
    return Store(redis_client)


@pytest.fixture
def order() -> MakeOrder:
    """Makes an order; every one is a request of its own unless `request` says otherwise."""
    made = 0

    def make(
        prompt: str = "a duck",
        who: str = "a",
        *,
        request: str | None = None,
        nickname: str = "Ada",
        every_ms: int = 10_000,
        burst: int = 3,
        pending: int = 2,
        max_queue: int = 100,
        contest: str = "limits",
        model: Model = TINY,
    ) -> Order:
        nonlocal made
        made += 1
        wish = Wish(
            contest=contest,
            participant_id=who * 26,
            nickname=nickname,
            request_id=request or f"request-number-{made}",
            target=Target("duck", "0" * 64),
            prompt=prompt,
            model=model,
            policy=Policy(1, every_ms, burst, pending, 300_000, Scope.CONTEST),
        )
        return Order(
            wish=wish,
            submission_id=identity.submission_id(contest, wish.participant_id, wish.request_id),
            fingerprint=identity.fingerprint(wish, prompt),
            canonical_prompt=prompt,
            seed=1,
            max_queue=max_queue,
        )

    return make


@pytest.fixture
async def results() -> ResultLog:
    return ResultLog()


@pytest.fixture
async def two(
    redis_client: aioredis.Redis, redis_url: str, results: ResultLog
) -> AsyncIterator[tuple[Replica, Replica]]:
    async with two_replicas(redis_url, results) as replicas:
        yield replicas
