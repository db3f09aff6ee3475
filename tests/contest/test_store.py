"""The contest documents of a service: stored, followed by every replica, and refused in another format."""

import asyncio
from contextlib import suppress

import pytest
import redis.asyncio as aioredis

from cygnet.contest.document import to_document
from cygnet.contest.store import FORMAT, ContestStore
from cygnet.platform.errors import Conflict, InvalidRequest, NotFound, Unavailable

from ..waiting import eventually
from .test_phase import document, spec

KEY = "sub:{pycon}:contest"


async def test_a_document_is_numbered_stored_and_read_again(redis_client: aioredis.Redis) -> None:
    contests = ContestStore(redis_client, "sub")
    assert await contests.apply(document(), dry_run=True) == (1, True)
    assert contests.names == []
    assert await contests.apply(document(), dry_run=False) == (1, True)
    assert await contests.apply(document(), dry_run=False) == (1, False)
    assert await contests.apply(document(paused=True), dry_run=False) == (2, True)
    again = ContestStore(redis_client, "sub")
    await again.load()
    assert again.get("") == contests.get("pycon")
    assert (again.get("pycon").contest.generation, again.get("pycon").admission.generation) == (2, 2)


async def test_an_older_generation_or_another_document_of_the_same_is_refused(redis_client: aioredis.Redis) -> None:
    contests, wanted = ContestStore(redis_client, "sub"), document(paused=True)
    wanted.contest.generation = 5
    await contests.apply(wanted, dry_run=False)
    for generation, paused in ((4, True), (5, False)):
        wanted = document(paused=paused)
        wanted.contest.generation = generation
        with pytest.raises(Conflict, match="generation 5 of contest pycon is in force"):
            await contests.apply(wanted, dry_run=False)


async def test_what_another_replica_applies_is_followed(redis_client: aioredis.Redis) -> None:
    one, other = ContestStore(redis_client, "sub"), ContestStore(redis_client, "sub")
    following = asyncio.create_task(other.follow())
    await one.apply(document(), dry_run=False)
    await eventually(lambda: other.names == ["pycon"], 10)
    following.cancel()
    with suppress(asyncio.CancelledError):
        await following


async def test_two_that_apply_at_once_get_a_generation_each(redis_client: aioredis.Redis) -> None:
    stores = [ContestStore(redis_client, "sub") for _ in range(5)]
    wanted = [document(maxPromptChars=100 + i) for i in range(5)]
    applied = await asyncio.gather(
        *(contests.apply(one, dry_run=False) for contests, one in zip(stores, wanted, strict=True))
    )
    assert sorted(generation for generation, _ in applied) == [1, 2, 3, 4, 5]


async def test_what_a_document_may_not_say_is_refused(redis_client: aioredis.Redis) -> None:
    wrong = to_document(spec(), [b"a picture"])
    wrong.contest.max_prompt_chars = 9
    with pytest.raises(InvalidRequest, match="spec.maxPromptChars: should be greater than or equal to 10"):
        await ContestStore(redis_client, "sub").apply(wrong, dry_run=False)


@pytest.mark.parametrize("other", [b"2 ", b""], ids=["a later format", "no format at all"])
async def test_a_document_of_another_version_is_refused_with_what_to_do(
    redis_client: aioredis.Redis, other: bytes
) -> None:
    contests = ContestStore(redis_client, "sub")
    await contests.apply(document(), dry_run=False)
    stored = await redis_client.get(KEY)
    assert isinstance(stored, bytes)
    await redis_client.set(KEY, other + stored.removeprefix(FORMAT + b" "))

    started = ContestStore(redis_client, "sub")
    await started.load()
    what_to_do = r"go on with that version, or delete the key sub:\{pycon\}:contest and apply the contest again"
    with pytest.raises(Unavailable, match=what_to_do):
        started.get("pycon")
    with pytest.raises(Unavailable, match=what_to_do) as refused:
        await started.apply(document(), dry_run=False)
    assert refused.value.reason == "OTHER_VERSION"
    with pytest.raises(NotFound):
        started.get("another")

    await contests.load()
    assert contests.get("pycon"), "the last good one stays in force"
    await redis_client.delete(KEY)
    await started.apply(document(), dry_run=False)
    assert started.get("pycon") == contests.get("pycon")
