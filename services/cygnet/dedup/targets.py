"""What scorers found out about target pictures, and of which somebody wants to know it: the next free worker looks."""

from typing import cast

import redis.asyncio as aioredis

from cygnet.dedup.keys import targets_key
from cygnet.internal.v1 import document_pb2
from cygnet.platform.redis import translate_errors

_KEPT_S = 30 * 24 * 3600
"""What nobody wants to know for so long is forgotten."""


class TargetReports:
    """Keeps them in Redis: for each scorer a hash, contest and picture -> a serialized report, or nothing.

    Raises:
        Unavailable: Redis does not answer, or refuses to work.
    """

    def __init__(self, redis: aioredis.Redis) -> None:
        self._redis = redis

    async def get(self, contest: str, scorer_source: str, pictures: list[str]) -> list[document_pb2.TargetReport]:
        """Returns what is known, and wants to know the rest."""
        where, fields = targets_key(scorer_source), [f"{contest}/{picture}" for picture in pictures]
        with translate_errors():
            async with self._redis.pipeline(transaction=False) as pipe:
                for field in fields:
                    pipe.hsetnx(where, field, b"")
                pipe.expire(where, _KEPT_S)
                pipe.hmget(where, fields)
                found = (await pipe.execute())[-1]
        return [document_pb2.TargetReport.FromString(report) for report in found if report]

    async def next(self, contest: str, scorer_source: str, scorer_digest: str) -> tuple[str, str]:
        """Returns a contest, and a target's picture that a scorer with this digest has not looked at; or "" twice.

        It is one of `contest`, or with "" of any.
        """
        with translate_errors():
            known = cast(dict[bytes, bytes], await self._redis.hgetall(targets_key(scorer_source)))
        for field, report in known.items():
            its_contest, _, picture = field.decode().partition("/")
            if contest not in ("", its_contest):
                continue
            if not report or document_pb2.TargetReport.FromString(report).scorer_digest != scorer_digest:
                return its_contest, picture
        return "", ""

    async def put(self, contest: str, scorer_source: str, report: document_pb2.TargetReport) -> None:
        """Keeps a report that is wanted."""
        where, field = targets_key(scorer_source), f"{contest}/{report.picture_sha256}"
        with translate_errors():
            if await self._redis.hexists(where, field):
                await self._redis.hset(where, field, report.SerializeToString())
