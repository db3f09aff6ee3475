"""The leaderboard's unary calls on live servers, on a real Redis."""

import asyncio
import random

import pytest
import redis.asyncio as aioredis
from google.protobuf.timestamp_pb2 import Timestamp

from cygnet.leaderboard.rebuild import rebuild
from cygnet.leaderboard.store import LeaderboardStore
from cygnet.platform.errors import InvalidRequest, NotFound
from cygnet.v1 import leaderboard_pb2, submission_pb2

from .environment import OPENING_MS, Service, base32, places, raised_by


async def test_the_best_result_counts_and_the_earlier_wins_a_tie(service: Service) -> None:
    await service.record(
        service.result(1, 50.0, 0),
        service.result(1, 70.0, 10),
        service.result(1, 60.0, 20),
        service.result(2, 72.3, 40),
        service.result(3, 72.3, 30),
        service.result(4, 12.5, 50),
    )
    board = await service.board()
    assert places(board) == [(1, "player 3"), (1, "player 2"), (3, "player 1"), (4, "player 4")]
    assert board.participants == 4
    assert [standing.score for standing in board.standings] == [72.3, 72.3, 70.0, 12.5]
    assert board.standings[2].picture_sha256 == f"{2:064x}"
    assert board.standings[2].achieved_at.ToMilliseconds() == OPENING_MS + 10
    assert (await service.standing(1)).rank == 3
    assert (await service.standing(2)) == board.standings[1]


async def test_a_result_from_before_the_first_one_still_wins_its_tie(service: Service) -> None:
    await service.record(service.result(1, 80.0, 5_000))
    await service.record(service.result(2, 80.0, 4_000), service.result(3, 80.0, -3_600_000))
    assert places(await service.board()) == [(1, "player 3"), (1, "player 2"), (1, "player 1")]


async def test_a_delivery_counts_once(service: Service) -> None:
    result = service.result(1, 50.0)
    assert await service.record(result, result) == 1
    before = await service.board()
    assert await service.record(result) == 0
    assert await service.board() == before


async def test_scores_keep_their_last_bit(service: Service) -> None:
    score = 72.29999999999998
    await service.record(service.result(1, score))
    assert (await service.standing(1)).score == score


async def test_targets_are_ranked_apart(service: Service) -> None:
    await service.record(service.result(1, 50.0), service.result(1, 60.0, target="swan"), service.result(2, 55.0))
    assert places(await service.board("swan")) == [(1, "player 1")]
    assert places(await service.board()) == [(1, "player 2"), (2, "player 1")]


async def test_staff_plays_and_is_neither_ranked_nor_counted_from_one_moment_to_the_next(service: Service) -> None:
    await service.record(
        service.result(1, 99.0, nickname="Cloudshin"), service.result(2, 80.0), service.result(3, 70.0)
    )
    assert (await service.standing(2)).rank == 2
    await service.apply(staff=("cloudshin", "achimnol"))
    board = await service.board()
    assert places(board) == [(1, "player 2"), (2, "player 3")]
    assert board.participants == 2
    assert (await service.standing(3)).rank == 2
    error = await raised_by(service.standing(1))
    assert isinstance(error, NotFound) and error.reason == "STAFF_NOT_RANKED"
    await service.apply(staff=())
    assert places(await service.board())[0] == (1, "Cloudshin")


async def test_a_limit_is_filled_past_staff(service: Service) -> None:
    await service.apply(staff=("staff",))
    await service.record(*(service.result(i, 100.0 - i, nickname="Staff" if i % 2 else None) for i in range(1, 41)))
    board = await service.board(limit=20)
    assert places(board) == [(i, f"player {2 * i}") for i in range(1, 21)]
    assert board.participants == 20


async def test_more_decimals_where_neighbours_would_look_the_same(service: Service) -> None:
    await service.record(
        service.result(1, 80.0), service.result(2, 72.3012), service.result(3, 72.3041), service.result(4, 72.3041)
    )
    board = await service.board()
    assert [(s.rank, s.decimals) for s in board.standings] == [(1, 2), (2, 3), (2, 3), (4, 3)]
    assert [(await service.standing(who)).decimals for who in (1, 2, 3, 4)] == [2, 3, 3, 3]
    # The next score counts although it is not on the list.
    assert [s.decimals for s in (await service.board(limit=2)).standings] == [2, 3]


async def test_a_nickname_is_text_and_comes_back_unchanged(service: Service) -> None:
    hostile = "<script>alert('1')</script> ]] %s \\ \"} 오리🦆 é"
    await service.record(service.result(1, 50.0, nickname=hostile))
    assert (await service.board()).standings[0].nickname == hostile


async def test_the_newest_nickname_counts_in_whatever_order_they_come(service: Service) -> None:
    await service.record(service.result(1, 50.0, 100, nickname="Grace"))
    await service.record(service.result(1, 40.0, 0, nickname="Ada"))
    assert (await service.board()).standings[0].nickname == "Grace"
    await service.apply(staff=("ada",))
    assert (await service.board()).participants == 1


async def test_what_does_not_exist_and_what_is_out_of_bounds(service: Service) -> None:
    for contest, target, reason in (("none", "duck", "CONTEST_NOT_FOUND"), ("test", "goose", "TARGET_NOT_FOUND")):
        board = leaderboard_pb2.GetLeaderboardRequest(contest=contest, target=target)
        standing = leaderboard_pb2.GetStandingRequest(contest=contest, target=target, participant_id=base32(1))
        for call in (service.public.GetLeaderboard(board), service.public.GetStanding(standing)):
            error = await raised_by(call)
            assert isinstance(error, NotFound) and error.reason == reason
        watch = service.public.WatchLeaderboard(leaderboard_pb2.WatchLeaderboardRequest(contest=contest, target=target))
        error = await raised_by(watch.read())
        assert isinstance(error, NotFound) and error.reason == reason
    error = await raised_by(service.standing(1))
    assert isinstance(error, NotFound) and error.reason == "NO_SCORE_YET"
    assert isinstance(await raised_by(service.board(limit=101)), InvalidRequest)
    assert isinstance(await raised_by(service.watch(limit=101).read()), InvalidRequest)
    bad_participant = leaderboard_pb2.GetStandingRequest(contest="test", target="duck", participant_id="x")
    assert isinstance(await raised_by(service.public.GetStanding(bad_participant)), InvalidRequest)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("delivery_id", ""),
        ("participant_id", "A" * 26),
        ("nickname", ""),
        ("nickname", "two\nlines"),
        ("target", "../duck"),
        ("result.picture_sha256", "F" * 64),
        ("result.pixels_sha256", "0" * 63),
        ("result.score", 100.1),
        ("result.score", float("nan")),
        ("result.cosine", -1.1),
        ("delivered_at", Timestamp()),
        ("delivered_at", Timestamp(seconds=2**40)),
    ],
)
async def test_a_result_out_of_its_bounds_is_refused_and_nothing_of_its_call_is_kept(
    service: Service, name: str, value: object
) -> None:
    wrong = service.result(2, 50.0)
    if isinstance(value, Timestamp):
        wrong.delivered_at.CopyFrom(value)
    elif name.startswith("result."):
        result = submission_pb2.Result.FromString(wrong.result)
        setattr(result, name.removeprefix("result."), value)
        wrong.result = result.SerializeToString()
    else:
        setattr(wrong, name, value)
    error = await raised_by(service.record(service.result(1, 50.0), wrong))
    assert isinstance(error, InvalidRequest)
    assert [violation.field for violation in error.violations] == [f"results.1.{name}"]
    assert (await service.board()).participants == 0


async def test_bytes_that_are_no_result_are_refused_by_name(service: Service) -> None:
    wrong = service.result(2, 50.0)
    wrong.result = b"\xff"
    error = await raised_by(service.record(service.result(1, 50.0), wrong))
    assert isinstance(error, InvalidRequest)
    assert [violation.field for violation in error.violations] == ["results.1.result"]
    assert (await service.board()).participants == 0


async def test_a_call_of_the_largest_size_passes_and_one_more_does_not(service: Service) -> None:
    most = [service.result(i, i / 5, nickname="🦆" * 24) for i in range(1, 501)]
    assert await service.record(*most) == 500
    assert isinstance(await raised_by(service.record(*most, service.result(501, 1.0))), InvalidRequest)
    assert isinstance(await raised_by(service.record()), InvalidRequest)


async def test_a_rebuild_under_way_loses_no_result_and_changes_nothing(
    service: Service, redis_client: aioredis.Redis
) -> None:
    store = LeaderboardStore(redis_client)
    stop = asyncio.Event()
    recorded = 0

    async def deliver() -> None:
        nonlocal recorded
        while not stop.is_set():
            recorded += await service.record(
                *(service.result(random.randint(1, 50), random.random() * 100, recorded + i) for i in range(5))
            )

    delivering = asyncio.create_task(deliver())
    async with asyncio.timeout(20):
        while recorded < 300:
            await asyncio.sleep(0)
        ranked = await rebuild(store, "test")
    stop.set()
    await delivering
    assert ranked >= 300
    served = await service.board(limit=100)
    assert await rebuild(store, "test") == recorded
    rebuilt = await service.board(limit=100)
    assert rebuilt.standings == served.standings
    assert rebuilt.participants == served.participants
    assert [key async for key in redis_client.scan_iter("*rebuil*")] == []
