"""One picture has one finder and one place, on live servers: `docs/decisions/0017-one-picture-one-finder.md`."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import redis.asyncio as aioredis

from cygnet.leaderboard.rebuild import rebuild
from cygnet.leaderboard.store import LeaderboardStore
from cygnet.platform.errors import NotFound
from cygnet.v1 import leaderboard_pb2, submission_pb2

from .environment import OPENING_MS, Service, places, raised_by, serving_leaderboard

FREEZES, CLOSES = 10_000, 20_000


class Clock:
    """Stands where it is put, in ms after the opening."""

    at_ms = 5_000

    def __call__(self) -> int:
        return OPENING_MS + self.at_ms


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def service(redis_url: str, redis_client: aioredis.Redis, clock: Clock) -> AsyncIterator[Service]:
    async with serving_leaderboard(redis_url, clock=clock) as service:
        await service.apply(closes_ms=CLOSES, freeze_before_ms=CLOSES - FREEZES)
        yield service


def found_after(board: leaderboard_pb2.Leaderboard) -> list[int]:
    return [standing.found_after for standing in board.standings]


async def test_one_shared_prompt_is_one_place_and_not_ten_gold_medals(service: Service) -> None:
    await service.record(*(service.result(who, 90, who, picture="the copied one") for who in range(1, 11)))
    await service.record(service.result(11, 80, 20), service.result(12, 80, 21), service.result(13, 70, 22))
    board = await service.board()
    assert places(board) == [(1, "player 1"), (2, "player 11"), (2, "player 12"), (4, "player 13")]
    assert found_after(board) == [9, 0, 0, 0]
    assert board.participants == 13
    assert not any(standing.HasField("finder") for standing in board.standings)
    mine = await service.stands(7)
    assert (mine.standing.rank, mine.standing.score, mine.standing.found_after) == (2, 90, 9)
    assert mine.standing.finder.nickname == "player 1"
    assert mine.standing.finder.participant_id == board.standings[0].participant_id
    assert not mine.HasField("find")
    assert (await service.stands(1)).standing == board.standings[0]


async def test_a_copy_costs_nobody_the_place_of_their_own_find(service: Service) -> None:
    await service.record(service.result(1, 90, 1, picture="best"), service.result(2, 85, 2), service.result(3, 60, 3))
    await service.record(service.result(2, 90, 4, picture="best"), service.result(3, 85, 5, picture="best"))
    board = await service.board()
    assert places(board) == [(1, "player 1"), (2, "player 2"), (3, "player 3")]
    assert [standing.score for standing in board.standings] == [90, 85, 60]
    second = await service.stands(2)
    assert (second.standing.rank, second.standing.score, second.standing.finder.nickname) == (2, 90, "player 1")
    assert second.find == board.standings[1]
    # An older scorer gave the same picture less: still behind its finder, and behind all finds with as much.
    third = await service.stands(3)
    assert (third.standing.rank, third.standing.score, third.find.rank) == (3, 85, 3)


async def test_the_same_file_is_the_same_picture_where_pixels_were_not_hashed(service: Service) -> None:
    for who in (1, 2):
        delivery = service.result(who, 50, who)
        old = submission_pb2.Result(picture_sha256="a" * 64, score=50, cosine=0.5)
        delivery.result = old.SerializeToString()
        await service.record(delivery)
    assert places(await service.board()) == [(1, "player 1")]


async def test_a_picture_that_staff_had_first_belongs_to_the_next_one(service: Service) -> None:
    staff = {"closes_ms": CLOSES, "freeze_before_ms": CLOSES - FREEZES, "staff": ("organiser", "helper")}
    await service.record(
        service.result(1, 90, 1, nickname="organiser", picture="shown in a demo"),
        service.result(2, 90, 2, nickname="helper", picture="shown in a demo"),
        service.result(3, 50, 3),
        service.result(4, 70, 4),
        service.result(3, 90, 5, picture="shown in a demo"),
        service.result(4, 90, 6, picture="shown in a demo"),
    )
    assert places(await service.board()) == [(1, "organiser"), (2, "player 4"), (3, "player 3")]
    await service.apply(**staff)  # type: ignore[arg-type]
    board = await service.board()
    assert places(board) == [(1, "player 3"), (2, "player 4")]
    assert found_after(board) == [1, 0]
    assert board.participants == 2
    assert (await service.stands(3)).standing == board.standings[0]
    assert (await service.stands(4)).standing.finder.nickname == "player 3"
    error = await raised_by(service.standing(1))
    assert isinstance(error, NotFound) and error.reason == "STAFF_NOT_RANKED"
    # Somebody who takes the name of one is one, from that moment on.
    await service.record(service.result(3, 10, 7, nickname="Helper"))
    board = await service.board()
    assert places(board) == [(1, "player 4")]
    assert (board.standings[0].score, found_after(board)) == (90, [0])


async def test_the_finder_is_called_as_now(service: Service) -> None:
    await service.record(service.result(1, 90, 1, picture="x"), service.result(2, 90, 2, picture="x"))
    await service.record(service.result(1, 10, 3, nickname="Grace"))
    assert (await service.standing(2)).finder.nickname == "Grace"


async def test_a_delivery_that_comes_twice_is_no_second_finder(service: Service) -> None:
    first, second = service.result(1, 90, 1, picture="x"), service.result(2, 90, 2, picture="x")
    await service.record(first, second)
    again = service.result(2, 90, 3, picture="x")
    assert await service.record(first, second, again) == 1
    assert found_after(await service.board()) == [1]


async def test_targets_do_not_share_finders(service: Service) -> None:
    await service.record(service.result(1, 90, 1, picture="x"), service.result(2, 80, 2, picture="x", target="swan"))
    assert places(await service.board("swan")) == [(1, "player 2")]


async def test_nothing_of_the_time_after_the_freeze_is_shown(service: Service, clock: Clock, redis_url: str) -> None:
    await service.record(service.result(1, 70, 1_000, picture="x"), service.result(2, 60, 2_000))
    watch = service.watch()
    async with asyncio.timeout(30):
        await watch.read()
        clock.at_ms = FREEZES
        stopped = (await watch.read()).leaderboard
    own = await service.stands(2)
    await service.record(
        service.result(2, 70, FREEZES, picture="x"),
        service.result(3, 95, FREEZES + 1, picture="y"),
        service.result(2, 95, FREEZES + 2, picture="y"),
        *(service.result(who, 70, FREEZES + who, picture="x") for who in range(4, 20)),
    )
    async with serving_leaderboard(redis_url, clock=clock) as other:
        for replica in (service, other):
            # Byte for byte, its revision included: that nobody, or everybody, found something is not to be seen.
            assert await replica.board() == stopped
            assert await replica.stands(2) == own
            error = await raised_by(replica.stands(3))
            assert isinstance(error, NotFound) and error.reason == "NO_SCORE_YET"
    clock.at_ms = CLOSES
    async with asyncio.timeout(30):
        revealed = (await watch.read()).leaderboard
    watch.cancel()
    assert revealed.revision > stopped.revision
    assert places(revealed) == [(1, "player 3"), (2, "player 1"), (3, "player 2")]
    assert found_after(revealed) == [1, 17, 0]
    assert (await service.stands(2)).standing.finder.nickname == "player 3"


async def test_who_found_it_survives_a_lost_ranking(service: Service, redis_client: aioredis.Redis) -> None:
    await service.record(*(service.result(who, 90 - who % 2, who, picture=str(who % 3)) for who in range(1, 9)))
    board, own = await service.board(), await service.stands(8)
    lost = [key async for key in redis_client.scan_iter("board:{test}:*:duck")]
    assert len(lost) == 7
    await redis_client.delete(*lost)
    assert (await service.board()).standings == []
    assert await rebuild(LeaderboardStore(redis_client), "test") == 8
    again = await service.board()
    assert again.standings == board.standings
    assert await service.stands(8) == own
