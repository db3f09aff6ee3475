"""A ranking that stands still before the end: for players, on every replica, by the clock; not for organisers."""

import asyncio
from collections.abc import AsyncIterator

import grpc
import pytest
import redis.asyncio as aioredis

from cygnet.v1 import contest_pb2, leaderboard_pb2

from ..workloads import ADMIN_TOKEN
from .environment import OPENING_MS, Service, places, raised_by, serving_leaderboard

FREEZES, CLOSES = 10_000, 20_000
BEFORE = [(1, "player 1"), (2, "player 2")]
ALL = [(1, "player 2"), (2, "player 1"), (3, "player 3")]


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
        await service.record(service.result(1, 70, 1_000), service.result(2, 60, 2_000))
        yield service


async def goes_on(service: Service) -> None:
    """Records what happens after the freeze."""
    await service.record(service.result(2, 90, FREEZES), service.result(3, 50, FREEZES + 1))


async def organisers_board(service: Service, token: str = ADMIN_TOKEN) -> leaderboard_pb2.Leaderboard:
    request = leaderboard_pb2.GetLeaderboardRequest(contest="test", target="duck")
    metadata = (("authorization", f"Bearer {token}"),)
    return (await service.organisers.GetLeaderboard(request, metadata=metadata)).leaderboard


async def test_players_see_it_still_and_organisers_see_all(service: Service, clock: Clock) -> None:
    before = await service.board()
    assert places(before) == BEFORE
    assert not before.HasField("frozen_at")
    clock.at_ms = FREEZES
    await goes_on(service)
    still = await service.board()
    assert places(still) == BEFORE
    assert still.frozen_at.ToMilliseconds() == OPENING_MS + FREEZES
    assert (await service.standing(2)).score == 60
    assert await raised_by(service.standing(3)), "a standing that is not shown yet gives the ranking away"
    everything = await organisers_board(service)
    assert places(everything) == ALL
    assert not everything.HasField("frozen_at")
    clock.at_ms = CLOSES
    after = await service.board()
    assert places(after) == ALL
    assert before.revision < still.revision < after.revision


async def test_organisers_alone_see_all(service: Service) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await organisers_board(service, "b" * 32)
    assert refused.value.code() in (grpc.StatusCode.UNAUTHENTICATED, grpc.StatusCode.PERMISSION_DENIED)


async def test_a_replica_that_starts_during_the_freeze_shows_the_same(
    service: Service, clock: Clock, redis_url: str
) -> None:
    # Nobody looked at the moment of the freeze: what stands still follows from the log.
    clock.at_ms = FREEZES + 5
    await goes_on(service)
    async with serving_leaderboard(redis_url, clock=clock) as other:
        assert places(await other.board()) == BEFORE
        assert places(await service.board()) == BEFORE


async def test_staff_that_is_named_during_the_freeze_is_left_out(service: Service, clock: Clock) -> None:
    clock.at_ms = FREEZES
    await service.board()
    await service.apply(closes_ms=CLOSES, freeze_before_ms=CLOSES - FREEZES, staff=("player 1",))
    assert places(await service.board()) == [(1, "player 2")]


async def test_a_freeze_that_is_moved_shows_another_moment(service: Service, clock: Clock) -> None:
    clock.at_ms = FREEZES + 100
    await goes_on(service)
    assert places(await service.board()) == BEFORE
    await service.apply(closes_ms=CLOSES, freeze_before_ms=CLOSES - FREEZES - 1)
    assert places(await service.board()) == [(1, "player 2"), (2, "player 1")]
    await service.apply(closes_ms=CLOSES, freeze_before_ms=0)
    assert places(await service.board()) == ALL


async def test_watchers_see_it_stop_and_move_again(service: Service, clock: Clock) -> None:
    watch = service.watch()
    async with asyncio.timeout(30):
        assert places((await watch.read()).leaderboard) == BEFORE
        clock.at_ms = FREEZES
        stopped = (await watch.read()).leaderboard
        assert stopped.HasField("frozen_at")
        assert places(stopped) == BEFORE
        await goes_on(service)
        clock.at_ms = CLOSES
        moved = (await watch.read()).leaderboard
        assert places(moved) == ALL
        assert not moved.HasField("frozen_at")
    watch.cancel()


async def test_watchers_see_in_which_phase_the_contest_is(service: Service, clock: Clock) -> None:
    clock.at_ms = -1
    watch = service.watch()

    async def state() -> tuple[str, int]:
        board = (await watch.read()).leaderboard
        until_ms = board.next_change.ToMilliseconds() - OPENING_MS if board.HasField("next_change") else 0
        return contest_pb2.ContestPhase.Name(board.phase).removeprefix("CONTEST_PHASE_"), until_ms

    async with asyncio.timeout(30):
        assert await state() == ("CLOSED", 0)
        clock.at_ms = 5_000
        assert await state() == ("OPEN", FREEZES)
        await service.apply(closes_ms=CLOSES, freeze_before_ms=CLOSES - FREEZES, paused=True)
        assert await state() == ("PAUSED", 0)
        await service.apply(closes_ms=CLOSES, freeze_before_ms=0)
        assert await state() == ("OPEN", CLOSES)
        clock.at_ms = CLOSES
        assert await state() == ("FINISHED", 0)
    watch.cancel()
