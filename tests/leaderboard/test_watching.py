"""Watching a leaderboard on live servers, on a real Redis: at once, at most four times a second, and to the end."""

import asyncio
import random
import time

import grpc
import redis.asyncio as aioredis
from prometheus_client import REGISTRY

from .environment import Service, next_board, places, serving_leaderboard


async def test_a_watcher_sees_the_board_at_once_and_every_change(service: Service) -> None:
    await service.record(service.result(1, 50.0))
    watch = service.watch()
    first = await next_board(watch)
    assert places(first) == [(1, "player 1")]
    await service.record(service.result(2, 60.0))
    second = await next_board(watch)
    assert places(second) == [(1, "player 2"), (2, "player 1")]
    assert second.revision > first.revision
    await service.record(service.result(2, 10.0, 1_000, nickname="Grace", target="swan"))
    assert places(await next_board(watch)) == [(1, "Grace"), (2, "player 1")]
    await service.apply(staff=("grace",))
    assert places(await next_board(watch)) == [(1, "player 1")]


async def test_a_watcher_that_comes_back_hears_only_what_is_new(redis_url: str, redis_client: aioredis.Redis) -> None:
    async with serving_leaderboard(redis_url, heartbeat_s=0.05) as service:
        await service.apply()
        await service.record(service.result(1, 50.0))
        watch = service.watch(after=(await service.board()).revision)
        async with asyncio.timeout(10):
            assert (await watch.read()).HasField("heartbeat")
        # A result elsewhere is no news here, a result here is.
        await service.record(service.result(1, 50.0, target="swan"))
        await service.record(service.result(2, 60.0))
        assert places(await next_board(watch)) == [(1, "player 2"), (2, "player 1")]


async def test_a_watcher_with_a_revision_from_before_a_loss_is_shown_the_board(service: Service) -> None:
    await service.record(service.result(1, 50.0))
    assert places(await next_board(service.watch(after=2**60))) == [(1, "player 1")]


async def test_silence_is_filled_with_heartbeats_and_stopping_ends_with_a_goodbye(
    redis_url: str, redis_client: aioredis.Redis
) -> None:
    async with serving_leaderboard(redis_url, heartbeat_s=0.05) as service:
        await service.apply()
        watch = service.watch()
        await next_board(watch)
        async with asyncio.timeout(10):
            assert (await watch.read()).HasField("heartbeat")
            service.lifetime.stopping.set()
            kinds = []
            while (event := await watch.read()) is not grpc.aio.EOF:
                kinds.append(event.WhichOneof("event"))
        assert kinds[-1] == "goodbye"
        assert "leaderboard" not in kinds


def refreshes() -> float:
    return REGISTRY.get_sample_value("cygnet_leaderboard_refreshes_total", {"contest": "test"}) or 0.0


async def test_a_thousand_watchers_cost_one_read_a_change(service: Service) -> None:
    before = refreshes()
    watches = [service.watch(limit=5 + i % 3) for i in range(1000)]
    await asyncio.gather(*(next_board(watch) for watch in watches))
    await service.record(service.result(1, 50.0))
    boards = await asyncio.gather(*(next_board(watch) for watch in watches))
    assert all(places(board) == [(1, "player 1")] for board in boards)
    assert refreshes() - before == 1


async def test_at_most_four_pushes_a_second_under_five_hundred_results_a_second(service: Service) -> None:
    watch = service.watch(limit=100)
    await next_board(watch)
    pushed: list[float] = []
    seconds, rate = 3, 500

    async def look() -> None:
        while True:
            board = await next_board(watch)
            pushed.append(time.monotonic())
            if any(standing.nickname == "the last" for standing in board.standings):
                return

    looking = asyncio.create_task(look())
    began = time.monotonic()
    for i in range(seconds * rate // 10):
        await service.record(*(service.result(10 * i + k + 1, random.uniform(0, 90), i) for k in range(10)))
        await asyncio.sleep(max(0.0, began + (i + 1) * 10 / rate - time.monotonic()))
    recorded_in = time.monotonic() - began
    await service.record(service.result(10**6, 99.0, nickname="the last"))
    await looking
    assert recorded_in < seconds * 1.5, "the load was not made"
    assert len(pushed) >= seconds
    # Five in a row span four pauses of 250 ms; a push may be late by what the busy loop makes it wait.
    assert len(pushed) <= 4 * (pushed[-1] - pushed[0] + 0.3) + 1
    assert (await service.board()).participants == seconds * rate + 1


async def test_a_second_replica_shows_the_same(service: Service, redis_url: str) -> None:
    async with serving_leaderboard(redis_url) as replica:
        watch = replica.watch()
        await next_board(watch)
        await service.record(service.result(1, 50.0))
        assert places(await next_board(watch)) == [(1, "player 1")]
        await service.apply(staff=("player 1",))
        await next_board(watch, lambda board: board.participants == 0)


async def test_a_lost_subscription_loses_no_change(service: Service, redis_client: aioredis.Redis) -> None:
    watch = service.watch()
    await next_board(watch)
    assert await redis_client.client_kill_filter(_type="pubsub") >= 1
    await service.record(service.result(1, 50.0))
    assert places(await next_board(watch)) == [(1, "player 1")]
