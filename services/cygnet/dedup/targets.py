"""What scorers found out about target pictures, and of which somebody wants to know it: the next free worker looks."""

from typing import cast

import redis.asyncio as aioredis

from cygnet.dedup.keys import targets_key
from cygnet.internal.v1 import document_pb2
from cygnet.platform.redis import translate_errors

_KEPT_S = 30 * 24 * 3600
"""What nobody wants to know for so long is forgotten."""


class TargetReports:
    """Keeps them in Redis: for each scorer a hash, picture -> a serialized report, empty while one is wanted.

    Raises:
        Unavailable: Redis does not answer, or refuses to work.
    """

    def __init__(self, redis: aioredis.Redis) -> None:
        self._redis = redis

    async def get(self, scorer_source: str, pictures: list[str]) -> list[document_pb2.TargetReport]:
        """Returns what is known, and wants to know the rest."""
        where = targets_key(scorer_source)
        with translate_errors():
            async with self._redis.pipeline(transaction=False) as pipe:
                for picture in pictures:
                    pipe.hsetnx(where, picture, b"")
                pipe.expire(where, _KEPT_S)
                pipe.hmget(where, pictures)
                found = (await pipe.execute())[-1]
        return [document_pb2.TargetReport.FromString(report) for report in found if report]

    async def next(self, scorer_source: str, scorer_digest: str) -> str:
        """Returns a picture that a scorer with this digest has not looked at; "" where there is none."""
        with translate_errors():
            known = cast(dict[bytes, bytes], await self._redis.hgetall(targets_key(scorer_source)))
        for picture, report in known.items():
            if not report or document_pb2.TargetReport.FromString(report).scorer_digest != scorer_digest:
                return picture.decode()
        return ""

    async def put(self, scorer_source: str, report: document_pb2.TargetReport) -> None:
        """Keeps a report."""
        with translate_errors():
            await self._redis.hset(targets_key(scorer_source), report.picture_sha256, report.SerializeToString())
