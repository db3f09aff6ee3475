"""A Redis that refuses to write is no fault of ours: callers are told to come again, and then it works."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import grpc
import pytest
import redis.asyncio as aioredis
from google.rpc import error_details_pb2, status_pb2

from cygnet.v1 import submission_pb2

from ..leaderboard.environment import serving_leaderboard
from ..submission.environment import bearer, playing


@asynccontextmanager
async def full(client: aioredis.Redis) -> AsyncIterator[None]:
    await client.config_set("maxmemory", 1)
    try:
        yield
    finally:
        await client.config_set("maxmemory", 0)


@asynccontextmanager
async def read_only(client: aioredis.Redis) -> AsyncIterator[None]:
    await client.replicaof("127.0.0.1", "1")
    try:
        yield
    finally:
        await client.replicaof("NO", "ONE")


refusing = pytest.mark.parametrize("refusing", [full, read_only])
Refusing = Callable[[aioredis.Redis], AbstractAsyncContextManager[None]]


async def is_put_off(call: Awaitable[object]) -> None:
    """Checks that a call ends with UNAVAILABLE, why, and when to come again."""
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await call
    assert raised.value.code() is grpc.StatusCode.UNAVAILABLE, raised.value.details()
    metadata = dict(raised.value.trailing_metadata())
    status = status_pb2.Status.FromString(metadata["grpc-status-details-bin"])
    why, again = error_details_pb2.ErrorInfo(), error_details_pb2.RetryInfo()
    assert any(detail.Unpack(why) for detail in status.details)
    assert why.reason == "STORE_UNAVAILABLE"
    assert any(detail.Unpack(again) for detail in status.details)
    assert again.retry_delay.ToMilliseconds() == 1_000


@refusing
async def test_players_and_organisers_are_put_off(
    refusing: Refusing, redis_url: str, redis_client: aioredis.Redis, tmp_path: Path
) -> None:
    async with playing(redis_url, tmp_path) as game:
        await game.apply()
        async with refusing(redis_client):
            # Joining stores nothing.
            me = await game.join()
            first = submission_pb2.SubmitRequest(contest="test", target="duck", prompt="a duck", request_id="r" * 16)
            await is_put_off(game.players.Submit(first, metadata=bearer(me.session_token)))
            await is_put_off(game.apply(burst=7))
        assert (await game.apply(burst=7)).changed
        assert await game.submit(me.session_token, "a duck")


@refusing
async def test_results_are_put_off(refusing: Refusing, redis_url: str, redis_client: aioredis.Redis) -> None:
    async with serving_leaderboard(redis_url) as service:
        await service.apply()
        result = service.result(1, 50.0)
        async with refusing(redis_client):
            await is_put_off(service.record(result))
            assert (await service.board()).participants == 0
        assert await service.record(result) == 1
