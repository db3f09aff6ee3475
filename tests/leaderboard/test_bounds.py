"""What the leaderboard's part of Redis grows by, and up to where: its rows of the table in docs/unfreezable.md."""

import hashlib
import re
from collections.abc import Callable
from pathlib import Path

import pytest
import redis.asyncio as aioredis
from google.protobuf.timestamp_pb2 import Timestamp

from cygnet.internal.v1 import results_pb2
from cygnet.leaderboard import store as store_module
from cygnet.leaderboard.store import LeaderboardStore
from cygnet.leaderboard.values import LogEntry
from cygnet.v1 import submission_pb2

from .environment import base32

EACH = 1_000
TABLE = Path(__file__).parents[2] / "docs/unfreezable.md"
STARTED_S = 1_800_000_000


def entry(number: int, who: int, picture: int, score: float = 50.0) -> LogEntry:
    """A result as workers make them, with all that explains it."""
    result = submission_pb2.Result(
        picture_sha256=f"{picture:064x}",
        pixels_sha256=hashlib.sha256(str(picture).encode()).hexdigest(),
        score=score,
        cosine=0.5,
        generator_digest="a" * 64,
        scorer_digest="b" * 64,
        calibration_id="cygnet-clip",
        heat=bytes(range(256)),
        negative_heat=bytes(range(256)),
    )
    delivery = results_pb2.DeliveredResult(
        delivery_id=base32(number),
        participant_id=base32(who),
        nickname=f"player number {who}",
        target="duck",
        delivered_at=Timestamp(seconds=STARTED_S + number),
        policy_generation=1,
        result=result.SerializeToString(),
    )
    return LogEntry.parse(delivery)


async def bytes_each(redis_client: aioredis.Redis, store: LeaderboardStore, make: Callable[[int], LogEntry]) -> float:
    before = int((await redis_client.info("memory"))["used_memory"])
    for at in range(0, EACH, 100):
        assert await store.append("test", [make(i) for i in range(at, at + 100)]) == 100
    return (int((await redis_client.info("memory"))["used_memory"]) - before) / EACH


async def test_the_table_of_what_grows_is_true(redis_client: aioredis.Redis) -> None:
    store = LeaderboardStore(redis_client)
    await store.append("test", [entry(i, i % 50, i) for i in range(500)])
    measured = {
        "on the leaderboard, a participant's first find": await bytes_each(
            redis_client, store, lambda i: entry(1_000 + i, 1_000 + i, 1_000 + i)
        ),
        "… a further find": await bytes_each(redis_client, store, lambda i: entry(10_000 + i, 1_000 + i, 10_000 + i)),
        "… a result with a picture that somebody else found": await bytes_each(
            redis_client, store, lambda i: entry(20_000 + i, 20_000 + i, 5)
        ),
    }
    rows = re.findall(r"^\| (.+?) \| at most ([\d,]+) \|$", TABLE.read_text(), re.MULTILINE)
    documented = {what: int(most.replace(",", "")) for what, most in rows if what in measured}
    assert documented.keys() == measured.keys()
    assert {what: most for what, most in documented.items() if measured[what] > most} == {}, measured
    assert {what for what, most in documented.items() if measured[what] < most / 2} == set(), measured


@pytest.mark.parametrize(
    ("who", "bound"),
    [(lambda i: 1_000 + i, "MOST_OF_VISITORS"), (lambda i: i % 50, "MOST_OF_FINDERS")],
    ids=["visitors", "people who found some"],
)
async def test_results_with_others_pictures_are_kept_up_to_a_bound_and_finds_always(
    redis_client: aioredis.Redis, monkeypatch: pytest.MonkeyPatch, who: Callable[[int], int], bound: str
) -> None:
    kept, store = 100, LeaderboardStore(redis_client)
    monkeypatch.setattr(store_module, bound, kept)
    await store.append("test", [entry(i, i % 50, i) for i in range(100)])
    # Nobody's own pictures: participant i % 50 found those with the numbers i and i + 50.
    flood = [entry(1_000 + i, who(i), (i + 7) % 100) for i in range(5 * kept)]
    assert sum([await store.append("test", [each]) for each in flood]) == kept
    assert await redis_client.xlen("board:{test}:log") == 100 + kept
    before = await redis_client.memory_usage("board:{test}:seen")
    assert await store.append("test", flood) == 0
    assert await redis_client.memory_usage("board:{test}:seen") == before
    assert await store.append("test", [entry(9_000, 900_000, 900_000, score=99.0)]) == 1
    assert (await store.top("test", "duck", 1, ())).rows[0].nickname == "player number 900000"


async def test_a_find_that_comes_again_under_another_name_counts_as_a_repeat(
    redis_client: aioredis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept, store = 100, LeaderboardStore(redis_client)
    monkeypatch.setattr(store_module, "MOST_OF_FINDERS", kept)
    await store.append("test", [entry(1, 1, 1)])
    again = [entry(10 + i, 1, 1) for i in range(3 * kept)]
    for number, each in enumerate(again):
        each.delivery.nickname = f"name {number}"
    assert sum([await store.append("test", [each]) for each in again]) == kept
    assert (await store.top("test", "duck", 1, ())).rows[0].nickname == f"name {kept - 1}"


async def test_a_result_is_kept_without_what_explains_its_score(redis_client: aioredis.Redis) -> None:
    store, given = LeaderboardStore(redis_client), entry(1, 1, 1)
    await store.append("test", [given])
    _, [kept] = await store.log("test", "", 10)
    assert (kept.result.heat, kept.result.negative_heat) == (b"", b"")
    expected = submission_pb2.Result.FromString(given.delivery.result)
    expected.ClearField("heat")
    expected.ClearField("negative_heat")
    assert kept.result == expected
    assert given.result.heat, "what came is not written to"
