"""The checker sees what is wrong: each thing that must hold is broken by hand, after a play without a fault."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import pytest
import redis.asyncio as aioredis

from cygnet.dedup.keys import key

from ..stack.player import DONE
from ..stackrunner import Stack
from .invariants import check
from .play import CONTEST, Play, playing


async def test_the_checker_sees_what_is_wrong(stack: Stack) -> None:
    async with playing(stack.address) as play, aioredis.Redis.from_url(stack.redis_admin_url) as redis:
        await play.pictures(4)
        await play.to_its_end()
        await check(stack, play)
        for words, broken in BREAKS.items():
            async with broken(stack, play, redis):
                with pytest.raises(AssertionError, match=words):
                    await check(stack, play, settled_s=0.3)
        await check(stack, play)


@asynccontextmanager
async def _a_lease_too_many(stack: Stack, play: Play, redis: aioredis.Redis) -> AsyncIterator[None]:
    # Far away: it does not run out meanwhile.
    await redis.zadd(key(CONTEST, "leases"), {"of nobody": 4e12})
    yield
    await redis.zrem(key(CONTEST, "leases"), "of nobody")


@asynccontextmanager
async def _a_drawing_that_is_nowhere(stack: Stack, play: Play, redis: aioredis.Redis) -> AsyncIterator[None]:
    await redis.hset(key(CONTEST, "pending"), "somebody", "1")
    yield
    await redis.hdel(key(CONTEST, "pending"), "somebody")


@asynccontextmanager
async def _a_try_too_many(stack: Stack, play: Play, redis: aioredis.Redis) -> AsyncIterator[None]:
    who = play.players[0].participant_id
    await redis.hincrby(key(CONTEST, "drawn"), who, 1)
    yield
    await redis.hincrby(key(CONTEST, "drawn"), who, -1)


@asynccontextmanager
async def _a_submission_that_is_gone(stack: Stack, play: Play, redis: aioredis.Redis) -> AsyncIterator[None]:
    promise = play.promises[0]
    history = key(CONTEST, "history", promise.player.participant_id)
    place = await redis.zscore(history, promise.acknowledged.submission_id)
    await redis.zrem(history, promise.acknowledged.submission_id)
    yield
    await redis.zadd(history, {promise.acknowledged.submission_id: place or 0.0})


@asynccontextmanager
async def _a_result_twice_in_the_log(stack: Stack, play: Play, redis: aioredis.Redis) -> AsyncIterator[None]:
    log = f"board:{{{CONTEST}}}:log"
    [(_, fields)] = cast(list[tuple[bytes, dict[Any, Any]]], await redis.xrevrange(log, count=1))
    again = await redis.xadd(log, fields)
    yield
    await redis.xdel(log, again)


@asynccontextmanager
async def _a_score_that_nobody_had(stack: Stack, play: Play, redis: aioredis.Redis) -> AsyncIterator[None]:
    rank = f"board:{{{CONTEST}}}:rank:duck"
    await redis.zadd(rank, {"somebody": 2.0**33})
    yield
    await redis.zrem(rank, "somebody")


@asynccontextmanager
async def _another_picture(stack: Stack, play: Play, redis: aioredis.Redis) -> AsyncIterator[None]:
    ended = next(promise.ended for promise in play.promises if promise.ended and promise.ended.state == DONE)
    path = _stored(stack, ended.result.picture_sha256)
    picture = path.read_bytes()
    path.write_bytes(picture[:-1])
    yield
    path.write_bytes(picture)


def _stored(stack: Stack, sha256: str) -> Path:
    return next((stack.data_dir / "pictures").rglob(f"*{sha256}*"))


BREAKS = {
    "left behind: .*leases": _a_lease_too_many,
    "are counted": _a_try_too_many,
    "lost: ": _a_submission_that_is_gone,
    "in the log twice": _a_result_twice_in_the_log,
    "is not what the log says": _a_score_that_nobody_had,
    "is not its bytes": _another_picture,
    # Last, as the services take a second to see it.
    "left behind: .*pending": _a_drawing_that_is_nowhere,
}
