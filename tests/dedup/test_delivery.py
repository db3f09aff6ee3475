"""DedupService on live servers: what others learn, and that the leaderboard gets every score once."""

import asyncio
import os
import signal
import sys
from typing import TYPE_CHECKING, cast

import grpc
import redis.asyncio as aioredis
from prometheus_client import REGISTRY

from cygnet.internal.v1 import dedup_pb2, dedup_pb2_grpc
from cygnet.v1 import submission_pb2

from ..ports import free_port
from ..redis_urls import as_user
from ..waiting import eventually
from ..workloads import KEYS, inside_channel
from .environment import CONTEST, Replica, ResultLog, admit, admit_request, drawn, replica

if TYPE_CHECKING:
    from cygnet.internal.v1.dedup_pb2_grpc import DedupServiceAsyncStub


async def test_changes_reach_every_replica_and_streams_end_when_it_stops(two: tuple[Replica, Replica]) -> None:
    one, other = two
    stream = one.dedup.WatchChanges(dedup_pb2.WatchChangesRequest())
    changes = aiter(stream)
    async with asyncio.timeout(60):
        assert (await anext(changes)).missed
        mine = await other.admit(admit_request())
        while mine.submission_id not in (change := await anext(changes)).submission_ids:
            assert change.missed or change == dedup_pb2.WatchChangesResponse()
        assert (change.contest, change.queue_moved) == (CONTEST, True)
        one.stopping.set()
        async for change in changes:
            assert change.missed
        assert await stream.code() is grpc.StatusCode.OK


async def test_scores_wait_for_the_leaderboard_and_arrive_once(
    redis_client: aioredis.Redis, redis_url: str, results: ResultLog
) -> None:
    async with results.listening() as port:
        pass
    # The leaderboard is away, dedup restarts in between, and the first answer of the log is lost.
    async with replica(redis_url, port, lease_ms=600_000) as before:
        submissions = [await before.admit(admit_request("a duck", who=who)) for who in range(5)]
        await before.dedup.Complete(drawn(await before.claim()))
    assert await redis_client.xlen(f"dedup:{{{CONTEST}}}:outbox") == 5
    results.answers_are_lost = 1
    async with replica(redis_url, port), replica(redis_url, port) as after, results.listening(port):
        submissions.append(await after.admit(admit_request("a duck", who=5)))
        await results.has(6)

        async def outbox_is_empty() -> bool:
            return not await redis_client.xlen(f"dedup:{{{CONTEST}}}:outbox")

        await eventually(outbox_is_empty, 30)
    assert results.log.keys() == {each.submission_id for each in submissions}
    assert max(results.came.values()) == 2


async def test_whoever_had_a_shared_drawing_queued_comes_first(
    two: tuple[Replica, Replica], redis_client: aioredis.Redis, results: ResultLog
) -> None:
    one, _ = two
    requests = [admit_request("a duck", who=who) for who in range(64)]
    for request in requests:
        # So long that Redis keeps no order among those who wait.
        request.nickname = "오리" * 12
    submissions = [await one.admit(request) for request in requests]
    await one.dedup.Complete(drawn(await one.claim()))
    await results.has(64)
    assert next(iter(results.log)) == submissions[0].submission_id


async def test_a_score_that_is_refused_does_not_hold_up_the_others(
    two: tuple[Replica, Replica], results: ResultLog, redis_client: aioredis.Redis
) -> None:
    one, _ = two
    submissions = [await one.admit(admit_request("a duck", who=who)) for who in range(4)]
    results.refuses = {submissions[1].submission_id}
    await one.dedup.Complete(drawn(await one.claim()))
    await results.has(3)
    aside = await eventually(lambda: redis_client.xrange(f"dedup:{{{CONTEST}}}:outbox_refused"), 30)
    entries = cast(list[tuple[bytes, dict[bytes, bytes]]], aside)
    assert [entry[b"submission_id"].decode() for _, entry in entries] == [submissions[1].submission_id]
    assert submissions[1].submission_id not in results.log


async def test_what_is_measured(two: tuple[Replica, Replica]) -> None:
    def sample(name: str, **labels: str) -> float | None:
        return REGISTRY.get_sample_value(name, {"contest": "measured", **labels})

    request = admit_request()
    request.contest = "measured"
    await two[0].admit(request)
    await two[0].admit(request)
    assert sample("cygnet_dedup_admissions_total", outcome="accepted") == 1
    assert sample("cygnet_dedup_admissions_total", outcome="known") == 1
    # Series exist before anything is counted.
    assert sample("cygnet_dedup_admissions_total", outcome="QUEUE_FULL") == 0
    assert sample("cygnet_dedup_leases_expired_total") == 0
    await eventually(lambda: sample("cygnet_dedup_queue_length") == 1, 30)
    job = await two[0].claim(contest="measured")
    await two[0].dedup.Complete(drawn(job))
    assert sample("cygnet_dedup_queue_wait_seconds_count") == 1
    assert sample("cygnet_dedup_jobs_ended_total", outcome="done") == 1
    await eventually(lambda: sample("cygnet_dedup_queue_length") == 0, 30)


async def test_the_process_starts_serves_and_stops(redis_client: aioredis.Redis, redis_url: str) -> None:
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "cygnet.dedup",
        env={
            **os.environ,
            "CYGNET_DEDUP_LISTEN": f"127.0.0.1:{port}",
            "CYGNET_DEDUP_REDIS_URL": as_user(redis_url, "dedup"),
            "CYGNET_DEDUP_LEADERBOARD_ADDRESS": "127.0.0.1:1",
            "CYGNET_DEDUP_INSTALLATION_KEYS": KEYS,
        },
    )  # fmt: skip
    try:
        async with inside_channel(f"127.0.0.1:{port}") as channel, asyncio.timeout(60):
            dedup: DedupServiceAsyncStub = dedup_pb2_grpc.DedupServiceStub(channel)
            admitted = await admit(dedup, admit_request())
            assert admitted.state == submission_pb2.SUBMISSION_STATE_QUEUED
            process.send_signal(signal.SIGTERM)
            assert await process.wait() == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
