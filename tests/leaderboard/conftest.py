"""What most tests of the leaderboard need: the service on an empty Redis, with the contest applied."""

from collections.abc import AsyncIterator

import pytest
import redis.asyncio as aioredis

from .environment import Service, serving_leaderboard


@pytest.fixture
async def service(redis_url: str, redis_client: aioredis.Redis) -> AsyncIterator[Service]:
    async with serving_leaderboard(redis_url) as running:
        await running.apply()
        yield running
