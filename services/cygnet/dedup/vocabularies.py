"""The words that generators know, as workers say: submission reads prompts with them."""

from typing import cast

import redis.asyncio as aioredis

from cygnet.dedup.keys import vocabulary_key
from cygnet.platform.redis import translate_errors

_KEPT_S = 30 * 24 * 3600
"""Words of a generator that no worker has served for so long are forgotten."""


class Vocabularies:
    """Keeps them in Redis.

    Raises:
        Unavailable: Redis does not answer, or refuses to work.
    """

    def __init__(self, redis: aioredis.Redis) -> None:
        self._redis = redis

    async def put(self, generator_source: str, vocabulary: bytes) -> None:
        """Notes the words of a generator."""
        with translate_errors():
            await self._redis.set(vocabulary_key(generator_source), vocabulary, ex=_KEPT_S)

    async def get(self, generator_source: str) -> bytes | None:
        """Returns the words of a generator, empty where it has none; None where no worker has said so."""
        with translate_errors():
            return cast(bytes | None, await self._redis.get(vocabulary_key(generator_source)))
