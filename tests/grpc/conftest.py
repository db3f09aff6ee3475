"""What several tests of one service's servers share."""

from collections.abc import AsyncIterator

import pytest
import redis.asyncio as aioredis

from .dedup_house import Replica, ResultLog, two_replicas


@pytest.fixture
async def results() -> ResultLog:
    return ResultLog()


@pytest.fixture
async def two(
    redis_client: aioredis.Redis, redis_url: str, results: ResultLog
) -> AsyncIterator[tuple[Replica, Replica]]:
    async with two_replicas(redis_url, results) as replicas:
        yield replicas
