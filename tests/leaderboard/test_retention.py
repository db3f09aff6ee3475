"""The results of an expired contest go for good: ranking, log and nicknames, and nobody else's."""

from pathlib import Path

import redis.asyncio as aioredis

from cygnet.leaderboard.store import LeaderboardStore

from .environment import Service, places, serving_leaderboard

OF_ANOTHER = "board:{test-2}:names"


async def play(service: Service) -> None:
    await service.apply()
    await service.record(service.result(1, 70), service.result(2, 60), service.result(3, 50, picture="the same"))
    await service.record(service.result(1, 50, picture="the same", target="swan"))


async def test_nothing_is_left_but_the_document(redis_url: str, redis_client: aioredis.Redis, tmp_path: Path) -> None:
    async with serving_leaderboard(redis_url) as service:
        await play(service)
        await redis_client.hset(OF_ANOTHER, "p", "kept")
        assert len(places(await service.board())) == 3
        store = LeaderboardStore(redis_client)
        assert await store.forget("test") > 10
        assert sorted(await redis_client.keys("board:{test}:*")) == [b"board:{test}:contest", b"board:{test}:revision"]
        assert await redis_client.exists(OF_ANOTHER)
        assert places(await service.board()) == []
        assert await store.forget("test") == 0
        # A contest that is opened again begins anew.
        await service.record(service.result(4, 40))
        assert places(await service.board()) == [(1, "player 4")]


async def test_who_watches_sees_the_ranking_go(redis_url: str, redis_client: aioredis.Redis) -> None:
    async with serving_leaderboard(redis_url, heartbeat_s=0.05) as service:
        await play(service)
        watch = service.watch()
        before = (await watch.read()).leaderboard
        await LeaderboardStore(redis_client).forget("test")
        while True:
            message = await watch.read()
            if message.HasField("leaderboard") and not message.leaderboard.standings:
                break
        assert message.leaderboard.revision > before.revision
        watch.cancel()
