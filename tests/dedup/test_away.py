"""A Redis that is away or cannot work is `Unavailable`, which callers wait out; anything else is our own fault."""

from collections.abc import Callable

import pytest
import redis.asyncio as aioredis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ResponseError

from cygnet.dedup.store import Store
from cygnet.dedup.values import Admission, Bucket
from cygnet.platform.errors import Unavailable

from .environment import decide

BUCKET = Bucket(every_ms=500, burst=10)


async def test_nobody_listens(admission: Callable[..., Admission]) -> None:
    store = Store(aioredis.Redis(unix_socket_path="/nonexistent/redis.sock", retry=Retry(NoBackoff(), 0)))
    for call in (store.contests(), store.activate("c", 0), decide(store, admission(), BUCKET, 0), store.outbox("c", 1)):
        with pytest.raises(Unavailable) as raised:
            await call
        assert raised.value.reason == "STORE_UNAVAILABLE"


async def test_redis_is_full(store: Store, redis_client: aioredis.Redis, admission: Callable[..., Admission]) -> None:
    assert (await decide(store, admission(), BUCKET, 0)).outcome == "accepted"
    await redis_client.config_set("maxmemory", 1)
    try:
        with pytest.raises(Unavailable):
            await decide(store, admission(), BUCKET, 0)
    finally:
        await redis_client.config_set("maxmemory", 0)
    assert (await decide(store, admission(), BUCKET, 0)).outcome == "coalesced"


async def test_a_key_of_the_wrong_kind_is_not_excused(
    store: Store, redis_client: aioredis.Redis, admission: Callable[..., Admission]
) -> None:
    await redis_client.set("dedup:{limits}:queue", "no sorted set")
    with pytest.raises(ResponseError):
        await decide(store, admission(), BUCKET, 0)
