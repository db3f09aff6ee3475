"""A script and its callers cannot disagree about keys and arguments."""

from collections.abc import Callable

import pytest
import redis.asyncio as aioredis
from redis.exceptions import ResponseError

from cygnet.platform.errors import Unavailable
from cygnet.platform.scripts import Script

ECHO = """-- Stores what it is given.
--
-- KEYS  queue job
--       leases
-- ARGV  now:number contest:string
--       result:bytes
-- Returns the keys and the arguments
redis.call('SET', JOB, result)
return { QUEUE, JOB, LEASES, string.format('%.0f', now), contest, result }
"""


def key(name: str) -> str:
    return f"{{test}}:{name}"


async def test_keys_and_arguments_reach_the_script_under_their_names(redis_client: aioredis.Redis) -> None:
    result = bytes(range(256))
    echoed = await Script(redis_client, "echo.lua", ECHO)(key, now=2**53, contest="오리", result=result)
    assert echoed == [b"{test}:queue", b"{test}:job", b"{test}:leases", b"9007199254740992", "오리".encode(), result]
    assert await redis_client.get("{test}:job") == result


async def test_what_a_prelude_defines_is_there(redis_client: aioredis.Redis) -> None:
    source = "-- KEYS  job\n-- ARGV  by:number\nreturn twice(by)\n"
    script = Script(redis_client, "twice.lua", source, "local function twice(n)\n  return 2 * n\nend\n")
    assert await script(key, by=21) == 42


COUNT = "-- KEYS  counter\n-- ARGV  by:number\nreturn redis.call('INCRBY', COUNTER, string.format('%.0f', by))\n"


async def test_many_calls_are_answered_each_in_its_place(redis_client: aioredis.Redis) -> None:
    script = Script(redis_client, "count.lua", COUNT)
    assert await script.many([(key, {"by": 1})]) == [1]
    assert await script.many([(key, {"by": by}) for by in (10, 100, 1000)]) == [11, 111, 1111]
    assert await script.many([]) == []


async def test_many_calls_outlive_a_redis_that_forgot_the_script(redis_client: aioredis.Redis) -> None:
    script = Script(redis_client, "count.lua", COUNT)
    await redis_client.script_flush()
    assert sorted(await script.many([(key, {"by": 1}), (key, {"by": 1})])) == [1, 2]


async def test_many_calls_of_which_one_cannot_be_done_fail(redis_client: aioredis.Redis) -> None:
    await redis_client.set("{test}:counter", "no number")
    with pytest.raises(ResponseError):
        await Script(redis_client, "count.lua", COUNT).many([(key, {"by": 1}), (key, {"by": 1})])


@pytest.mark.parametrize(
    "arguments",
    [
        {"now": 1, "contest": "c"},
        {"now": 1, "contest": "c", "result": b"", "more": 1},
        {"now": "1", "contest": "c", "result": b""},
        {"now": True, "contest": "c", "result": b""},
        {"now": 2**53 + 2, "contest": "c", "result": b""},
        {"now": 1, "contest": b"c", "result": b""},
        {"now": 1, "contest": "c", "result": "text"},
    ],
)
async def test_a_wrong_call_is_never_sent(
    redis_client: aioredis.Redis, arguments: dict[str, int | str | bytes]
) -> None:
    with pytest.raises(TypeError):
        await Script(redis_client, "echo.lua", ECHO)(key, **arguments)
    assert await redis_client.exists("{test}:job") == 0


@pytest.mark.parametrize(
    "change",
    [
        lambda source: source.replace("-- KEYS", "-- keys"),
        lambda source: source.replace("-- ARGV", "-- arguments"),
        lambda source: source.replace("now:number", "now"),
        lambda source: source.replace("now:number", "now:float"),
        lambda source: source.replace("now:number", "contest:string"),
        lambda source: source.replace("queue job", "job job"),
    ],
)
async def test_a_script_that_declares_nothing_readable_is_not_loaded(
    redis_client: aioredis.Redis, change: Callable[[str], str]
) -> None:
    with pytest.raises(ValueError, match=r"echo\.lua"):
        Script(redis_client, "echo.lua", change(ECHO))


async def test_a_redis_that_is_away_is_unavailable() -> None:
    away = aioredis.Redis.from_url("redis://127.0.0.1:1")
    with pytest.raises(Unavailable):
        await Script(away, "echo.lua", ECHO)(key, now=1, contest="c", result=b"")
    await away.aclose()
