"""Contests come and go among the active ones, and what lies in Redis is of a format that this version reads."""

import asyncio
from collections.abc import Callable
from typing import Any, cast

import pytest
import redis.asyncio as aioredis
from tests.waiting import eventually

from cygnet.dedup.admission.admit import AdmissionController
from cygnet.dedup.changes import Changes
from cygnet.dedup.outbox.relay import OutboxRelay
from cygnet.dedup.snapshots import Snapshots
from cygnet.dedup.store import FORMAT, Store
from cygnet.dedup.values import Admission, Bucket
from cygnet.internal.v1 import document_pb2, results_pb2
from cygnet.platform.errors import Unavailable

from .environment import CONTEST, ResultLog, admit_request, raised, replica, result

MakeAdmission = Callable[..., Admission]
T0 = 1_800_000_000_000
GENEROUS = Bucket(every_ms=1, burst=1_000)


async def test_a_contest_is_active_from_its_first_submission_until_it_is_idle(store: Store) -> None:
    assert await store.contests() == []
    await store.activate("one", T0)
    await store.activate("two", T0 + 1)
    assert not await store.retire("two", T0)
    assert await store.retire("one", T0)
    assert not await store.retire("one", T0)
    assert await store.contests() == ["two"]
    await store.activate("one", T0 + 2)
    assert await store.contests() == ["one", "two"]


async def test_a_redis_that_lost_its_keys_is_made_whole_by_the_next_admission(
    store: Store, redis_client: aioredis.Redis
) -> None:
    now_ms = T0
    snapshots = Snapshots(store, clock=lambda: now_ms, away_ms=30_000)
    replicas = [
        AdmissionController(store, snapshots, submit_bucket=GENEROUS, clock=lambda: now_ms, count=lambda *decided: None)
        for _ in range(2)
    ]
    seeds = []
    for _ in range(2):
        for who, admissions in enumerate(replicas):
            # Each draws for themselves: the same prompt is two jobs, of one seed.
            request = admit_request("a duck", who)
            request.policy.dedup_scope = document_pb2.DEDUP_SCOPE_PARTICIPANT
            await admissions.admit([request])
        assert await store.contests() == [CONTEST]
        assert await redis_client.get("dedup:format") == b"%d" % FORMAT
        claims = [await store.claim(CONTEST, f"{number}", 10_000, now_ms) for number in range(2)]
        seeds.append({claimed.job.seed for claimed in claims if claimed is not None})
        await redis_client.flushall()
        now_ms += 1_000
    # The secret went with the rest: all replicas draw with the new one.
    assert [len(each) for each in seeds] == [1, 1]
    assert seeds[0] != seeds[1]


@pytest.mark.parametrize("found", ["1", str(FORMAT + 1)])
async def test_data_of_another_format_are_refused_in_words(
    store: Store, redis_client: aioredis.Redis, redis_url: str, found: str
) -> None:
    await store.check_format()
    await redis_client.set("dedup:format", found)
    with pytest.raises(Unavailable, match=f"format {found}, not {FORMAT}.*begin anew") as refused:
        await store.check_format()
    assert refused.value.reason == "OTHER_VERSION"
    with pytest.raises(Unavailable):
        async with replica(redis_url, 1):
            pass


async def test_data_from_before_formats_had_numbers_are_refused(store: Store, redis_client: aioredis.Redis) -> None:
    await redis_client.sadd("dedup:contests", "pycon-kr")
    with pytest.raises(Unavailable, match="format 1, not"):
        await store.check_format()


async def test_a_contest_that_is_first_touched_is_checked_again(
    redis_client: aioredis.Redis, redis_url: str, results: ResultLog
) -> None:
    async with results.listening() as port, replica(redis_url, port) as running:
        await redis_client.set("dedup:format", FORMAT + 1)
        async with raised(Unavailable) as errors:
            await running.admit(admit_request())
        assert errors[0].reason == "OTHER_VERSION"
        assert await redis_client.keys("*") == [b"dedup:format"]


class Log:
    """The leaderboard's log as the relay calls it; those in `away` do not reach it."""

    def __init__(self) -> None:
        self.came: list[tuple[str, str]] = []
        self.away: set[str] = set()

    async def RecordResults(self, request: results_pb2.RecordResultsRequest) -> results_pb2.RecordResultsResponse:
        if request.contest in self.away:
            raise Unavailable("away")
        self.came += [(request.contest, each.delivery_id) for each in request.results]
        return results_pb2.RecordResultsResponse()


async def score(store: Store, admitted: Admission) -> tuple[str, str]:
    """Has a submission drawn; returns what must reach the leaderboard."""
    contest = admitted.request.contest
    await store.activate(contest, T0)
    await store.admit([admitted], GENEROUS, T0)
    claimed = await store.claim(contest, admitted.submission_id, 10_000, T0)
    assert claimed is not None
    await store.complete(claimed.job, result().SerializeToString(), T0)
    return contest, admitted.submission_id


def relays() -> set[str]:
    return {name for task in asyncio.all_tasks() if (name := task.get_name()).startswith("the relay of ")}


async def test_one_contests_trouble_delays_no_other_and_an_idle_one_costs_nothing(
    store: Store, admission: MakeAdmission, redis_client: aioredis.Redis
) -> None:
    log, changes = Log(), Changes(store)
    log.away = {"troubled"}
    relay = OutboxRelay(store, cast(Any, log), changes)
    running = [asyncio.create_task(changes.run()), asyncio.create_task(relay.run())]
    try:
        stuck = await score(store, admission(contest="troubled"))
        arrived = await score(store, admission(contest="quiet"))
        await eventually(lambda: log.came == [arrived])
        await store.retire("quiet", T0)
        # Nobody has to find it among the active ones: a score announces itself.
        again = await score(store, admission("another", "b", contest="quiet"))
        await store.retire("quiet", T0)
        await eventually(lambda: log.came == [arrived, again])
        await eventually(lambda: relays() == {"the relay of troubled"})
        log.away = set()
        await eventually(lambda: log.came == [arrived, again, stuck])
        await eventually(lambda: relays() == set())
        assert await redis_client.keys("dedup:*:outbox_lock") == []
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
