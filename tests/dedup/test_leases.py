"""Leases and their ends, where the order of things matters and chance may not find it."""

import asyncio
from collections.abc import Callable

import pytest
import redis.asyncio as aioredis

from cygnet.dedup.store import Store
from cygnet.dedup.values import Admission, Bucket, Completion, Lease, Lengths
from cygnet.internal.v1 import dedup_pb2
from cygnet.v1.submission_pb2 import (
    SUBMISSION_STATE_DONE,
    SUBMISSION_STATE_FAILED,
    SUBMISSION_STATE_QUEUED,
    Failure,
    Submission,
)

from .environment import decide, result

MakeAdmission = Callable[..., Admission]
T0 = 1_800_000_000_000
LEASE_MS = 10_000
GENEROUS = Bucket(every_ms=500, burst=1_000)
RESULT = result()
OTHER = result(picture_sha256="b" * 64, score=99.0)
LOST = Failure(reason="WORKER_LOST", message="gone")


async def claimed(store: Store, at_ms: int = 0, token: str = "") -> dedup_pb2.Job:
    found = await store.claim("limits", token or f"token at {at_ms}", LEASE_MS, T0 + at_ms)
    assert found is not None
    return found.job


async def expired(store: Store, job: dedup_pb2.Job, at_ms: int, most_lost: int = 3) -> str:
    return await store.expire("limits", job.fingerprint, LOST, most_lost, T0 + at_ms)


async def complete(store: Store, lease: Lease, at_ms: int = 0, drawn: bytes = b"") -> Completion | None:
    return await store.complete(lease, drawn or RESULT.SerializeToString(), T0 + at_ms)


async def read(store: Store, *admissions: Admission) -> list[Submission]:
    found, *_ = await store.submissions("limits", [each.submission_id for each in admissions])
    return [owned.submission for owned in found]


async def places(store: Store, *admissions: Admission) -> list[int]:
    return [each.queue.position for each in await read(store, *admissions)]


async def test_a_lease_runs_out_at_its_deadline_and_not_before(store: Store, admission: MakeAdmission) -> None:
    await decide(store, admission(), GENEROUS, T0)
    job = await claimed(store)
    assert await store.expired_leases("limits", T0 + LEASE_MS - 1) == []
    assert await expired(store, job, LEASE_MS - 1) == "lost"
    assert await store.heartbeat(job, LEASE_MS, T0 + 5_000)
    assert await expired(store, job, LEASE_MS) == "lost"
    assert await store.expired_leases("limits", T0 + 15_000) == [job.fingerprint]
    assert await expired(store, job, 15_000) == "queued"
    assert await expired(store, job, 15_000) == "lost"
    assert not await store.heartbeat(job, LEASE_MS, T0 + 15_000)


async def test_the_third_silent_worker_fails_the_job_and_costs_nothing(store: Store, admission: MakeAdmission) -> None:
    mine, theirs = admission(burst=1, every_ms=3_600_000), admission(who="b")
    await decide(store, mine, GENEROUS, T0)
    await decide(store, theirs, GENEROUS, T0)
    for round_, became in enumerate(["queued", "queued", "failed"]):
        job = await claimed(store, round_ * LEASE_MS)
        assert job.attempt == round_ + 1
        assert await expired(store, job, (round_ + 1) * LEASE_MS) == became
    assert [(each.state, each.failure) for each in await read(store, mine, theirs)] == [
        (SUBMISSION_STATE_FAILED, LOST)
    ] * 2
    # The token came back, and losses of an earlier run do not count.
    again = admission(burst=1, every_ms=3_600_000)
    assert (await decide(store, again, GENEROUS, T0 + 3 * LEASE_MS)).outcome == "accepted"
    job = await claimed(store, 3 * LEASE_MS)
    assert job.attempt == 1
    assert await expired(store, job, 4 * LEASE_MS) == "queued"
    # Whose run failed sees it for ever; who asked again waits.
    assert [each.state for each in await read(store, mine, theirs, again)] == [
        SUBMISSION_STATE_FAILED, SUBMISSION_STATE_FAILED, SUBMISSION_STATE_QUEUED,
    ]  # fmt: skip
    job = await claimed(store, 4 * LEASE_MS)
    assert await complete(store, job, 4 * LEASE_MS) == Completion(LEASE_MS)
    assert [each.state for each in await read(store, mine, theirs, again)] == [
        SUBMISSION_STATE_FAILED, SUBMISSION_STATE_FAILED, SUBMISSION_STATE_DONE,
    ]  # fmt: skip
    assert [each.delivery_id for each in (await store.outbox("limits", 10)).values()] == [again.submission_id]


async def test_a_job_given_back_goes_first_and_time_does_not_fall(store: Store, admission: MakeAdmission) -> None:
    heavy = [admission(f"heavy {number}", pending=100, burst=100) for number in range(4)]
    for each in heavy:
        await decide(store, each, GENEROUS, T0)
    first, second, third = [await claimed(store, token=f"t{number}") for number in range(3)]
    assert await store.release(first, None, T0)
    assert await places(store, heavy[0]) == [0]
    again = await claimed(store, token="again")
    assert (again.contest, again.fingerprint, again.fence) == ("limits", first.fingerprint, 2)
    # The newcomer starts where service is, not where the old job was: after nobody but before the fourth.
    newcomer = admission("light", "b")
    await decide(store, newcomer, GENEROUS, T0)
    assert await places(store, newcomer, heavy[3]) == [0, 1]
    light = admission("light too", "b")
    await decide(store, light, GENEROUS, T0)
    # Their second drawing takes its turn.
    assert await places(store, newcomer, heavy[3], light) == [0, 1, 2]
    assert {second.fence, third.fence} == {1}


async def test_sharing_a_heavy_users_drawing_is_not_waiting_behind_them(store: Store, admission: MakeAdmission) -> None:
    heavy = [admission(f"heavy {number}", pending=100, burst=100) for number in range(10)]
    for each in heavy:
        await decide(store, each, GENEROUS, T0)
    shared = admission("heavy 9", "b")
    assert (await decide(store, shared, GENEROUS, T0)).outcome == "coalesced"
    assert await places(store, shared, heavy[9], heavy[1]) == [1, 1, 2]
    # It was paid for: their own next drawing comes one turn later.
    own = admission("own", "b")
    await decide(store, own, GENEROUS, T0)
    assert await places(store, own) == [3]


async def test_the_same_claim_twice_is_one_claim(
    store: Store, admission: MakeAdmission, redis_client: aioredis.Redis
) -> None:
    await decide(store, admission("one"), GENEROUS, T0)
    await decide(store, admission("two"), GENEROUS, T0)
    job = await claimed(store, token="the claim")
    # As when the connection breaks after the script ran and the client sends the command again.
    of = {"job": f"job:{job.fingerprint}", "waiters": f"waiters:{job.fingerprint}"}
    repeated = await store._claim(
        lambda name: f"dedup:{{limits}}:{of.get(name, name)}",
        now=T0,
        contest="limits",
        guess=job.fingerprint,
        lease_ms=LEASE_MS,
        token="the claim",
        lane="",
        away_ms=0,
        least_costs="36 72 96 288",
        most_turns=64,
        opening_ms=3_000,
    )
    assert repeated[:3] == [b"claimed", b"1", b"1"]
    assert await redis_client.zcard("dedup:{limits}:queue") == 1


async def test_many_claim_at_once_and_nobody_gets_the_same(store: Store, admission: MakeAdmission) -> None:
    for number in range(20):
        await decide(store, admission(f"prompt {number}", pending=100, burst=100), GENEROUS, T0)
    claims = await asyncio.gather(*(store.claim("limits", f"{number}", LEASE_MS, T0) for number in range(30)))
    jobs = [each.job for each in claims if each is not None]
    assert len({job.fingerprint for job in jobs}) == len(jobs) == 20


async def test_the_late_picture_of_a_lost_lease_counts_while_nobody_else_draws(
    store: Store, admission: MakeAdmission
) -> None:
    mine = admission()
    await decide(store, mine, GENEROUS, T0)
    slow = await claimed(store)
    assert await expired(store, slow, LEASE_MS) == "queued"
    assert await complete(store, slow) == Completion(0)
    assert await store.claim("limits", "other", LEASE_MS, T0) is None
    assert (await read(store, mine))[0].result == RESULT
    # How long it took, silence included, is no measure of the pace.
    _, pace = await store.activate("limits", T0)
    assert pace.durations_ms == ()


async def test_how_long_a_picture_took_is_counted_once_and_from_admission_on(
    store: Store, admission: MakeAdmission
) -> None:
    await decide(store, admission(), GENEROUS, T0)
    lost = await claimed(store, 1_000)
    assert await expired(store, lost, 1_000 + LEASE_MS) == "queued"
    job = await claimed(store, 12_000)
    assert await complete(store, job, 15_000) == Completion(15_000)
    assert await complete(store, job, 15_000) == Completion(None)


async def test_nobody_changes_a_completed_drawing(store: Store, admission: MakeAdmission) -> None:
    mine = admission()
    await decide(store, mine, GENEROUS, T0)
    slow = await claimed(store, token="slow")
    await expired(store, slow, LEASE_MS)
    fast = await claimed(store, LEASE_MS, token="fast")
    assert await complete(store, slow, drawn=OTHER.SerializeToString()) is None
    assert not await store.heartbeat(slow, LEASE_MS, T0)
    assert not await store.release(slow, LOST, T0)
    assert await complete(store, fast) == Completion(0)
    assert await complete(store, fast, drawn=OTHER.SerializeToString()) == Completion(None)
    assert await complete(store, slow, drawn=OTHER.SerializeToString()) is None
    assert not await store.release(fast, None, T0)
    assert len(await store.outbox("limits", 10)) == 1
    assert (await read(store, mine))[0].result == RESULT


async def test_results_keep_every_bit(store: Store, admission: MakeAdmission) -> None:
    mine = admission()
    await decide(store, mine, GENEROUS, T0)
    await complete(store, await claimed(store))
    repeated = admission(who="b")
    await decide(store, repeated, GENEROUS, T0 + 5)
    first, second = (await store.outbox("limits", 10)).values()
    assert first.result == second.result == RESULT.SerializeToString()
    assert (second.delivery_id, second.participant_id, second.nickname, second.delivered_at.ToMilliseconds()) == (
        repeated.submission_id, "b" * 26, "Ada", T0 + 5,
    )  # fmt: skip


async def test_who_has_a_score_is_sent_to_the_leaderboard_again_only_under_a_new_name(
    store: Store, admission: MakeAdmission
) -> None:
    await decide(store, admission(), GENEROUS, T0)
    await decide(store, admission(), GENEROUS, T0)
    await complete(store, await claimed(store))
    renamed = admission(nickname="Grace")
    back, other = admission(), admission(who="b")
    for each in (admission(), renamed, admission(nickname="Grace"), back, other, admission(who="b")):
        assert (await decide(store, each, GENEROUS, T0 + 1)).outcome == "repeated"
    sent = [(each.participant_id[0], each.nickname) for each in (await store.outbox("limits", 10)).values()]
    assert sent == [("a", "Ada"), ("a", "Grace"), ("a", "Ada"), ("b", "Ada")]


@pytest.mark.parametrize("jump_ms", [-3_600_000, 3_600_000])
@pytest.mark.parametrize("beats_after", [False, True])
async def test_a_clock_that_is_set_during_a_drawing_makes_it_neither_long_nor_short(
    store: Store, admission: MakeAdmission, jump_ms: int, beats_after: bool
) -> None:
    await decide(store, admission(), GENEROUS, T0)
    job = await claimed(store)
    assert await store.heartbeat(job, LEASE_MS, T0 + 3_000)
    if beats_after:
        assert await store.heartbeat(job, LEASE_MS, T0 + jump_ms + 6_000)
    await complete(store, job, jump_ms + 8_000)
    _, pace = await store.activate("limits", T0)
    # What went by between the two heartbeats cannot be known: it is left out.
    assert pace.durations_ms == ((5_000,) if beats_after else ())


async def test_pace_is_what_drawings_took_and_how_many_at_once(store: Store, admission: MakeAdmission) -> None:
    for number in range(3):
        await decide(store, admission(f"prompt {number}", pending=100), GENEROUS, T0)
    one, two = await claimed(store, 0, "one"), await claimed(store, 100, "two")
    for job, at_ms in ((one, 900), (two, 1_300)):
        await complete(store, job, at_ms)
    _, pace = await store.activate("limits", T0)
    assert pace.durations_ms == (1_200, 900)
    assert pace.drawers == 2
    assert await store.lengths("limits") == Lengths(
        waiting=1, drawing=0, outbox=2, oldest_ms=T0, submissions=3, participants=1, by_class=(0, 0, 0, 1)
    )


async def test_a_contest_has_one_secret(store: Store) -> None:
    (secret, _), (again, _), (other, _) = [await store.activate(name, T0) for name in ("one", "one", "two")]
    assert secret == again != other
    assert len(secret) == 32
    assert await store.contests() == ["one", "two"]


async def test_what_changes_nothing_for_others_wakes_nobody(
    store: Store, redis_client: aioredis.Redis, admission: MakeAdmission
) -> None:
    pubsub = redis_client.pubsub()
    await pubsub.subscribe("dedup:changes")

    async def announced() -> int:
        """How many changes were announced since the last look."""
        await redis_client.publish("dedup:changes", b"end")
        count = -1
        while True:
            message = await pubsub.get_message(ignore_subscribe_messages=True, timeout=5)
            if message is not None:
                count += 1
                if message["data"] == b"end":
                    return count

    assert (await decide(store, admission("a duck", "a"), GENEROUS, T0)).outcome == "accepted"
    assert await announced() == 1
    # Their own turn would come later than the one that waits already.
    assert (await decide(store, admission("a duck", "b"), GENEROUS, T0)).outcome == "coalesced"
    assert await announced() == 0
    claimed = await store.claim("limits", "token", LEASE_MS, T0)
    assert claimed is not None
    await store.complete(claimed.job, result().SerializeToString(), T0)
    assert await announced() == 2
    assert (await decide(store, admission("a duck", "c"), GENEROUS, T0)).outcome == "repeated"
    assert await announced() == 1, "their score goes to the leaderboard"
    for _ in range(3):
        assert (await decide(store, admission("a duck", "c"), GENEROUS, T0)).outcome == "repeated"
    assert await announced() == 0
    await pubsub.aclose()  # type: ignore[no-untyped-call]
