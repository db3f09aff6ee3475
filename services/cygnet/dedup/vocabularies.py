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

    async def put(self, contest: str, generator_source: str, vocabulary: bytes) -> None:
        """Notes the words of a generator, for a contest or "" for every one that has none of its own."""
        with translate_errors():
            await self._redis.set(vocabulary_key(contest, generator_source), vocabulary, ex=_KEPT_S)

    async def get(self, contest: str, generator_source: str) -> bytes | None:
        """Returns the words of a generator, empty where it has none; None where no worker has said so."""
        where = [vocabulary_key(each, generator_source) for each in (contest, "")]
        with translate_errors():
            own, of_any = cast(list[bytes | None], await self._redis.mget(where))
        return of_any if own is None else own
