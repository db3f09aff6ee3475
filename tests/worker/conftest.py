"""What most tests of the worker need: an environment, and the double of Triton in it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import redis.asyncio as aioredis

from .environment import Environment, with_triton_double
from .triton_double import TritonDouble


@pytest.fixture
async def env_and_triton(
    redis_url: str, redis_client: aioredis.Redis, tmp_path: Path
) -> AsyncIterator[tuple[Environment, TritonDouble]]:
    async with with_triton_double(redis_url, tmp_path) as both:
        yield both


@pytest.fixture
def env(env_and_triton: tuple[Environment, TritonDouble]) -> Environment:
    return env_and_triton[0]


@pytest.fixture
def triton(env_and_triton: tuple[Environment, TritonDouble]) -> TritonDouble:
    return env_and_triton[1]
