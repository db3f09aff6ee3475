"""The ranking in a real Redis against the plainest model of it, and against its own log."""

import asyncio
import random
from collections.abc import Iterable, Sequence
from typing import Any

import pytest
import redis.asyncio as aioredis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cygnet.internal.v1 import results_pb2
from cygnet.leaderboard.ranking import steps
from cygnet.leaderboard.rebuild import rebuild
from cygnet.leaderboard.store import EPOCH_LEAD_MS, LeaderboardStore
from cygnet.leaderboard.values import LogEntry, Row
from cygnet.platform.errors import Conflict, Unavailable
from cygnet.v1 import submission_pb2

OPENING_MS = 1_793_000_000_000
DERIVED = ("format", "seen", "names", "called", "epoch", "targets", "rank:", "best:")


def result(number: int, who: int, score: float, ms: int, *, target: str = "duck", nickname: str = "") -> LogEntry:
    drawn = submission_pb2.Result(picture_sha256=f"{number:064x}", score=score, cosine=score / 100)
    delivery = results_pb2.DeliveredResult(
        delivery_id=f"d{number}",
        participant_id=f"p{who}",
        nickname=nickname or f"player {who}",
        target=target,
        policy_generation=1,
        result=drawn.SerializeToString(),
    )
    delivery.delivered_at.FromMilliseconds(OPENING_MS + ms)
    return LogEntry(delivery, drawn)


def achieved(entry: LogEntry) -> tuple[str, int, int, str]:
    return (
        entry.delivery.participant_id,
        steps(entry.result.score),
        entry.delivered_ms,
        entry.result.picture_sha256,
    )


def model(results: Iterable[LogEntry], target: str) -> list[tuple[str, int, int, str]]:
    """(participant, steps, when, picture) of the best of each: most steps, the earliest, the first that came."""
    best: dict[str, tuple[str, int, int, str]] = {}
    seen: set[str] = set()
    for each in results:
        if each.delivery.target != target or each.delivery.delivery_id in seen:
            continue
        seen.add(each.delivery.delivery_id)
        participant, its_steps, its_ms, _ = achieved(each)
        present = best.get(participant)
        if present is None or (its_steps, -its_ms) > (present[1], -present[2]):
            best[participant] = achieved(each)
    return sorted(best.values(), key=lambda each: (-each[1], each[2]))


def listed(rows: Sequence[Row]) -> list[tuple[str, int, int, str]]:
    assert all(row.steps == steps(row.best.result.score) for row in rows)
    return [achieved(row.best) for row in rows]


def who(rows: Sequence[Row]) -> list[str]:
    return [row.best.delivery.participant_id for row in rows]


async def dump(client: aioredis.Redis, contest: str = "test") -> dict[str, Any]:
    """Everything that is derived from the log, byte for byte."""
    found: dict[str, Any] = {}
    async for raw in client.scan_iter(f"board:{{{contest}}}:*"):
        name = raw.decode().partition("}:")[2]
        if not name.startswith(DERIVED):
            assert name in {"log", "revision"}, f"an unknown key: {name}"
            continue
        kind = await client.type(raw)
        if kind == b"hash":
            found[name] = await client.hgetall(raw)
        elif kind == b"zset":
            found[name] = await client.zrange(raw, 0, -1, withscores=True)
        elif kind == b"set":
            found[name] = await client.smembers(raw)
        else:
            found[name] = await client.get(raw)
    return found


async def test_twenty_thousand_results_in_exact_order(redis_client: aioredis.Redis) -> None:
    store, rng = LeaderboardStore(redis_client), random.Random(20_000)
    # Two days in which nobody delivers in the same millisecond, half of the scores close together.
    moments = rng.sample(range(2 * 24 * 3_600_000), 20_000)
    results = [
        result(i, rng.randrange(3_000), rng.choice((rng.uniform(0, 100), 72.3 + rng.randrange(200) / 40_000)), ms)
        for i, ms in enumerate(moments)
    ]
    for start in range(0, len(results), 500):
        assert await store.append("test", results[start : start + 500]) == 500
    top = await store.top("test", "duck", 3_000, ())
    expected = model(results, "duck")
    assert listed(top.rows) == expected
    assert top.participants == len(expected)
    ranks = [1 + sum(other[1] > row[1] for other in expected) for row in expected]
    assert len(set(ranks)) < len(ranks), "no two share a rank: this tests too little"
    for i in rng.sample(range(len(expected)), 200):
        own = await store.own("test", "duck", expected[i][0], ())
        assert own is not None and own.better + 1 == ranks[i]
    before = await dump(redis_client)
    assert await rebuild(store, "test") == 20_000
    assert await dump(redis_client) == before


results_of_a_game = st.lists(
    st.tuples(
        st.integers(0, 5),  # who
        st.one_of(st.floats(0, 100), st.integers(0, 8).map(lambda n: 72.3 + n / 40_000)),
        st.integers(-3, 40),  # when
        st.sampled_from(["duck", "swan"]),
        st.sampled_from(["Ada", "ada", "Grace", "오리🦆", "a 1 b"]),
    ),
    min_size=1,
    max_size=30,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(results_of_a_game, st.randoms(use_true_random=False), st.integers(1, 7))
def test_the_ranking_equals_the_log_replayed_in_whatever_order_and_however_often_results_come(
    redis_url: str, game: list[tuple[int, float, int, str, str]], rng: random.Random, batch: int
) -> None:
    # One result per participant and millisecond: which of two counts would be up to their order.
    unique = {(who, ms): (who, score, ms, target, name) for who, score, ms, target, name in game}
    results = [
        result(i, who, score, ms, target=target, nickname=name)
        for i, (who, score, ms, target, name) in enumerate(unique.values())
    ]

    async def play() -> None:
        client = aioredis.Redis.from_url(redis_url)
        try:
            store = LeaderboardStore(client)
            rankings = []
            for _ in range(2):
                await client.flushall()
                deliveries = results + rng.choices(results, k=len(results))
                rng.shuffle(deliveries)
                new = 0
                for start in range(0, len(deliveries), batch):
                    new += await store.append("test", deliveries[start : start + batch])
                assert new == len(results)
                before = await dump(client)
                assert await rebuild(store, "test") == len(results)
                assert await dump(client) == before
                ranking = {}
                for target in ("duck", "swan"):
                    rows = (await store.top("test", target, 100, ())).rows
                    # Only the order of those who are equal in score and time is nobody's promise.
                    assert sorted(listed(rows)) == sorted(model(results, target))
                    assert [(row.steps, -row.best.delivered_ms) for row in rows] == sorted(
                        ((row.steps, -row.best.delivered_ms) for row in rows), reverse=True
                    )
                    ranking[target] = rows
                rankings.append(ranking)
            assert rankings[0] == rankings[1]
        finally:
            await client.aclose()

    asyncio.run(play())


async def test_what_is_taken_out_of_the_log_is_out_of_the_ranking_after_a_rebuild(redis_client: aioredis.Redis) -> None:
    store = LeaderboardStore(redis_client)
    await store.append("test", [result(1, 1, 99.0, 0), result(2, 2, 50.0, 1), result(3, 1, 40.0, 2, target="swan")])
    before = (await store.top("test", "duck", 10, ())).revision
    entries: Any = await redis_client.xrange("board:{test}:log")
    for entry_id, _ in entries[::2]:
        await redis_client.xdel("board:{test}:log", entry_id)
    assert await rebuild(store, "test") == 1
    top = await store.top("test", "duck", 10, ())
    assert who(top.rows) == ["p2"]
    assert (await store.top("test", "swan", 10, ())).rows == ()
    assert top.revision > before


async def test_a_contest_without_results_can_be_rebuilt(redis_client: aioredis.Redis) -> None:
    assert await rebuild(LeaderboardStore(redis_client), "test") == 0
    assert await dump(redis_client) == {}


async def test_two_rebuilds_do_not_meet(redis_client: aioredis.Redis) -> None:
    store = LeaderboardStore(redis_client)
    await store.append("test", [result(1, 1, 99.0, 0)])
    assert await store.begin_rebuild("test")
    with pytest.raises(Conflict, match="wait until that ends"):
        await rebuild(store, "test")
    await store.end_rebuild("test")
    assert await rebuild(store, "test") == 1


async def test_a_rebuild_is_not_put_in_force_over_results_that_it_has_not_ranked(redis_client: aioredis.Redis) -> None:
    store = LeaderboardStore(redis_client)
    await store.append("test", [result(1, 1, 50.0, 0)])
    await store.begin_rebuild("test")
    last, results = await store.log("test", "", 500)
    await store.replay("test", results)
    await store.append("test", [result(2, 2, 60.0, 1)])
    assert not await store.commit_rebuild("test", last)
    assert who((await store.top("test", "duck", 10, ())).rows) == ["p2", "p1"]
    last, results = await store.log("test", last, 500)
    assert [each.delivery.delivery_id for each in results] == ["d2"]
    await store.replay("test", results)
    assert await store.commit_rebuild("test", last)
    assert who((await store.top("test", "duck", 10, ())).rows) == ["p2", "p1"]


async def test_packed_standings_stay_exact_at_their_bounds(redis_client: aioredis.Redis) -> None:
    store = LeaderboardStore(redis_client)
    year_ms = 365 * 24 * 3_600_000
    extremes = [
        (1, 100.0, 0),
        (2, 100.0, 1),
        (3, 100.0, -EPOCH_LEAD_MS),
        (4, 0.0, 0),
        (5, 100.0, -year_ms),
        (6, 0.0, year_ms),
    ]
    await store.append("test", [result(who, who, score, ms) for who, score, ms in extremes])
    ranked: Any = await redis_client.zrange("board:{test}:rank:duck", 0, -1, withscores=True, score_cast_func=int)
    packed = dict(ranked)
    assert all(0 <= value < 2**53 for value in packed.values())
    assert packed[b"p1"] - packed[b"p2"] == 1
    rows = (await store.top("test", "duck", 10, ())).rows
    assert who(rows)[2:] == ["p1", "p2", "p4", "p6"]
    assert [row.steps for row in rows] == [1_000_000] * 4 + [0] * 2
    # Times beyond the bits are the earliest or the latest there is; what is shown is still the true one.
    assert {row.best.delivery.participant_id: row.best.delivered_ms for row in rows}["p5"] == OPENING_MS - year_ms


async def test_a_ranking_of_another_version_is_refused_until_it_is_rebuilt(redis_client: aioredis.Redis) -> None:
    await LeaderboardStore(redis_client).append("test", [result(1, 1, 50.0, 0)])
    for stored in ("1", None):
        if stored is None:
            await redis_client.delete("board:{test}:format")
        else:
            await redis_client.set("board:{test}:format", stored)
        store = LeaderboardStore(redis_client)
        for call in (
            store.append("test", [result(2, 2, 60.0, 1)]),
            store.top("test", "duck", 10, ()),
            store.own("test", "duck", "p1", ()),
        ):
            with pytest.raises(Unavailable, match="python -m cygnet.leaderboard.rebuild test") as refused:
                await call
            assert refused.value.reason == "OTHER_VERSION"
        assert await rebuild(store, "test") == 1
        assert who((await store.top("test", "duck", 10, ())).rows) == ["p1"]
    assert await store.append("test", [result(2, 2, 60.0, 1)]) == 1


async def test_a_log_of_another_version_is_refused_with_what_to_do(redis_client: aioredis.Redis) -> None:
    await redis_client.xadd("board:{test}:log", {"delivery_id": "d1", "score": "50.0"})
    store = LeaderboardStore(redis_client)
    with pytest.raises(Unavailable, match=r"go on with that version, or delete the keys"):
        await rebuild(store, "test")
    assert await redis_client.keys("*rebuil*") == []
