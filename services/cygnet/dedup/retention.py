"""What was submitted to a contest and drawn in it goes when the contest has expired; others say when that is.

What its targets' seeds followed from stays: it is small, nobody's, and what an organiser was bound to.
"""

from collections.abc import AsyncIterator

import redis.asyncio as aioredis

from cygnet.dedup.keys import key
from cygnet.platform.redis import delete_all, keys_of, translate_errors
from cygnet.v1.submission_pb2 import Result

_KEPT = ("secret", "counters", "revealed_secret", "revealed_counters")


class Retention:
    """Finds and deletes a contest's data in Redis.

    Raises:
        Unavailable: Redis does not answer, or refuses to work.
    """

    def __init__(self, redis: aioredis.Redis) -> None:
        self._redis = redis

    async def pictures(self, contest: str) -> AsyncIterator[list[str]]:
        """Yields the SHA-256 of what was drawn, some at a time."""
        with translate_errors():
            if not await self._redis.exists(key(contest, "clock")):
                return
            async for jobs in keys_of(self._redis, key(contest, "job:")):
                async with self._redis.pipeline(transaction=False) as pipe:
                    for job in jobs:
                        pipe.hget(job.decode(), "result")
                    results = await pipe.execute()
                yield [Result.FromString(result).picture_sha256 for result in results if result]

    async def forget(self, contest: str) -> int:
        """Deletes them; returns how many entries there were."""
        with translate_errors():
            return await delete_all(
                self._redis,
                key(contest, ""),
                keep=[key(contest, name) for name in _KEPT],
                marker=key(contest, "clock"),
            )
