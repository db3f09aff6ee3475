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
from cygnet.leaderboard.ranking import nickname_key, steps
from cygnet.leaderboard.rebuild import rebuild
from cygnet.leaderboard.store import EPOCH_LEAD_MS, LeaderboardStore
from cygnet.leaderboard.values import STAFF, LogEntry, OwnRows, Row
from cygnet.platform.errors import Conflict, Unavailable
from cygnet.v1 import submission_pb2

OPENING_MS = 1_793_000_000_000
DERIVED = (
    "format",
    "seen",
    "names",
    "called",
    "epoch",
    "targets",
    "rank:",
    "best:",
    "drawn:",
    "finders:",
    "shared:",
    "find",
)


def result(
    number: int,
    who: int,
    score: float,
    ms: int,
    *,
    target: str = "duck",
    nickname: str = "",
    picture: int | None = None,
) -> LogEntry:
    drawn = submission_pb2.Result(picture_sha256=f"{number:064x}", score=score, cosine=score / 100)
    drawn.pixels_sha256 = f"{number + 1_000_000 if picture is None else picture:064x}"
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


def order(entry: LogEntry) -> tuple[int, int]:
    """More steps are better, and among equal ones the earlier."""
    return steps(entry.result.score), -entry.delivered_ms


class Model:
    """The rule in its plainest words, for one target, from the log in its order."""

    def __init__(self, log: Iterable[LogEntry], target: str, staff: frozenset[str] = frozenset()) -> None:
        entries: dict[str, LogEntry] = {}
        for each in log:
            entries.setdefault(each.delivery.delivery_id, each)
        self.best: dict[str, LogEntry] = {}
        self.with_picture: dict[str, dict[str, LogEntry]] = {}
        """Picture -> participants in whose order it was drawn -> the best of theirs with it."""
        for each in entries.values():
            who, picture = each.delivery.participant_id, each.result.pixels_sha256
            if each.delivery.target != target or who in staff:
                continue
            self.best[who] = max(self.best.get(who, each), each, key=order)
            drawn = self.with_picture.setdefault(picture, {})
            drawn[who] = max(drawn.get(who, each), each, key=order)
        self.finds: dict[str, LogEntry] = {}
        for drawn in self.with_picture.values():
            finder, found = next(iter(drawn.items()))
            self.finds[finder] = max(self.finds.get(finder, found), found, key=order)
        self.ranking = sorted(self.finds.values(), key=order, reverse=True)
        self.steps = [steps(each.result.score) for each in self.ranking]

    def before(self, least: int) -> int:
        """How many finds have so many steps or more."""
        return sum(each >= least for each in self.steps)

    def own(self, who: str) -> tuple[LogEntry, int, str | None, LogEntry | None]:
        """The best result, how many stand before it, its finder if another, and the best find if another."""
        best, find = self.best[who], self.finds.get(who)
        if find is not None and order(find)[0] >= order(best)[0]:
            return find, self.before(order(find)[0] + 1), None, None
        finder, found = next(iter(self.with_picture[best.result.pixels_sha256].items()))
        return best, self.before(min(order(best)[0], order(found)[0])), finder, find


def check_own(own: OwnRows | None, expected: tuple[LogEntry, int, str | None, LogEntry | None]) -> None:
    best, before, finder, find = expected
    assert own is not None
    shown = own.best or own.find
    assert shown is not None
    assert (achieved(shown.row.best), shown.before) == (achieved(best), before)
    assert (own.finder.participant_id if own.finder else None) == finder
    if own.best:
        assert (achieved(own.find.row.best) if own.find else None) == (achieved(find) if find else None)


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
            assert name in {"log", "repeats", "revision"}, f"an unknown key: {name}"
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
    # A third of them are pictures that many draw, each with one score.
    shared = [rng.uniform(0, 100) for _ in range(300)]
    results = [
        result(i, rng.randrange(3_000), shared[i % 300], ms, picture=i % 300)
        if rng.random() < 1 / 3
        else result(i, rng.randrange(3_000), rng.choice((rng.uniform(0, 100), 72.3 + rng.randrange(200) / 40_000)), ms)
        for i, ms in enumerate(moments)
    ]
    for start in range(0, len(results), 500):
        assert await store.append("test", results[start : start + 500]) == 500
    top = await store.top("test", "duck", 3_000, ())
    expected = Model(results, "duck")
    assert listed(top.rows) == list(map(achieved, expected.ranking))
    assert [row.found_after for row in top.rows] == [
        len(expected.with_picture[row.best.result.pixels_sha256]) - 1 for row in top.rows
    ]
    assert top.participants == len(expected.best) > len(expected.ranking)
    places = [expected.own(who) for who in expected.finds]
    assert len({before for _, before, _, _ in places}) < len(places), "no two share a rank: this tests too little"
    for who in rng.sample(sorted(expected.best), 200):
        check_own(await store.own("test", "duck", who, ()), expected.own(who))
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
        st.integers(0, 6),  # which picture; the score does not follow from it, as with a scorer that changes
    ),
    min_size=1,
    max_size=30,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    results_of_a_game,
    st.randoms(use_true_random=False),
    st.integers(1, 7),
    st.sampled_from([(), ("ADA",), ("Grace", "오리🦆")]),
)
def test_the_ranking_equals_the_log_replayed_in_whatever_order_and_however_often_results_come(
    redis_url: str,
    game: list[tuple[int, float, int, str, str, int]],
    rng: random.Random,
    batch: int,
    staff: tuple[str, ...],
) -> None:
    # One result per participant and millisecond: which of two counts would be up to their order.
    unique = {(who, ms): (who, score, ms, target, name, picture) for who, score, ms, target, name, picture in game}
    results = [
        result(i, who, score, ms, target=target, nickname=name, picture=picture)
        for i, (who, score, ms, target, name, picture) in enumerate(unique.values())
    ]
    newest = {each.delivery.participant_id: each for each in sorted(results, key=lambda each: each.delivered_ms)}
    keys = set(map(nickname_key, staff))
    unranked = frozenset(who for who, each in newest.items() if nickname_key(each.delivery.nickname) in keys)

    async def play() -> None:
        client = aioredis.Redis.from_url(redis_url)
        try:
            store = LeaderboardStore(client)
            personal_bests = []
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
                bests = {}
                for target in ("duck", "swan"):
                    model = Model(deliveries, target, unranked)
                    top = await store.top("test", target, 100, staff)
                    assert top.participants == len(model.best)
                    # Only the order of those who are equal in score and time is nobody's promise.
                    assert sorted(listed(top.rows)) == sorted(map(achieved, model.ranking))
                    assert [order(row.best) for row in top.rows] == sorted(map(order, model.ranking), reverse=True)
                    for row in top.rows:
                        assert row.found_after == len(model.with_picture[row.best.result.pixels_sha256]) - 1
                    two = await store.top("test", target, 2, staff)
                    assert two.rows == top.rows[:2]
                    below = [row.steps for row in top.rows if len(top.rows) > 2 and row.steps < two.rows[1].steps]
                    assert (two.worse.steps if two.worse else None) == max(below, default=None)
                    for who in unranked & {each.delivery.participant_id for each in results}:
                        assert await store.own("test", target, who, staff) in (None, STAFF)
                    for who in model.best:
                        own = await store.own("test", target, who, staff)
                        check_own(own, model.own(who))
                        for place in (own and own.best, own and own.find):
                            if place:
                                others = [each.steps for each in top.rows]
                                above = min((each for each in others if each > place.row.steps), default=None)
                                under = max((each for each in others if each < place.row.steps), default=None)
                                assert (place.better_row.steps if place.better_row else None) == above
                                assert (place.worse_row.steps if place.worse_row else None) == under
                    bests[target] = {who: order(best) for who, best in model.best.items()}
                personal_bests.append(bests)
            # Who found a picture is up to the order of the log; what somebody reached is not.
            assert personal_bests[0] == personal_bests[1]
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
