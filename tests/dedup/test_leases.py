"""Leases and their ends, where the order of things matters and chance may not find it."""

import asyncio
from collections.abc import Callable

import pytest
import redis.asyncio as aioredis

from cygnet.dedup.store import Store
from cygnet.dedup.values import Bucket, Completion, Failure, Job, Lease, Lengths, Order, Record, Result, State

pytestmark = pytest.mark.redis

MakeOrder = Callable[..., Order]
T0 = 1_800_000_000_000
LEASE_MS = 10_000
GENEROUS = Bucket(every_ms=500, burst=1_000)
RESULT = Result("a" * 64, 61.234567890123456, 0.61, 2**62 + 1, "g", "s", "c", T0)
LOST = Failure("WORKER_LOST", "gone")


async def claimed(store: Store, at_ms: int = 0, token: str = "") -> Job:
    job = await store.claim("limits", token or f"token at {at_ms}", LEASE_MS, T0 + at_ms)
    assert job is not None
    return job


async def expired(store: Store, job: Job, at_ms: int, most_lost: int = 3) -> str:
    return await store.expire("limits", job.lease.fingerprint, LOST, most_lost, T0 + at_ms)


async def in_force(store: Store, lease: Lease, result: Result) -> Result:
    completion = await store.complete(lease, result)
    assert completion is not None
    return completion.in_force


async def read(store: Store, *orders: Order) -> list[Record]:
    records, _ = await store.records("limits", [each.submission_id for each in orders])
    return records


async def test_a_lease_runs_out_at_its_deadline_and_not_before(store: Store, order: MakeOrder) -> None:
    await store.admit(order(), GENEROUS, T0)
    job = await claimed(store)
    assert await store.expired_leases("limits", T0 + LEASE_MS - 1) == []
    assert await expired(store, job, LEASE_MS - 1) == "lost"
    assert await store.heartbeat(job.lease, LEASE_MS, T0 + 5_000)
    assert await expired(store, job, LEASE_MS) == "lost"
    assert await store.expired_leases("limits", T0 + 15_000) == [job.lease.fingerprint]
    assert await expired(store, job, 15_000) == "queued"
    assert await expired(store, job, 15_000) == "lost"
    assert not await store.heartbeat(job.lease, LEASE_MS, T0 + 15_000)


async def test_the_third_silent_worker_fails_the_job_and_costs_nothing(store: Store, order: MakeOrder) -> None:
    mine, theirs = order(burst=1, every_ms=3_600_000), order(who="b")
    await store.admit(mine, GENEROUS, T0)
    await store.admit(theirs, GENEROUS, T0)
    for round_, became in enumerate(["queued", "queued", "failed"]):
        job = await claimed(store, round_ * LEASE_MS)
        assert job.attempt == round_ + 1
        assert await expired(store, job, (round_ + 1) * LEASE_MS) == became
    assert {(each.state, each.failure) for each in await read(store, mine, theirs)} == {(State.FAILED, LOST)}
    # The token came back, and losses of an earlier run do not count.
    again = order(burst=1, every_ms=3_600_000)
    assert (await store.admit(again, GENEROUS, T0 + 3 * LEASE_MS)).outcome == "accepted"
    job = await claimed(store, 3 * LEASE_MS)
    assert job.attempt == 1
    assert await expired(store, job, 4 * LEASE_MS) == "queued"
    # Who was told of the failure stays told; who asked again waits.
    assert [each.state for each in await read(store, mine, theirs, again)] == [
        State.FAILED, State.FAILED, State.QUEUED,
    ]  # fmt: skip
    job = await claimed(store, 4 * LEASE_MS)
    assert await in_force(store, job.lease, RESULT) == RESULT
    assert [each.state for each in await read(store, mine, theirs, again)] == [
        State.FAILED, State.FAILED, State.DONE,
    ]  # fmt: skip
    assert [each.submission_id for each in await store.outbox("limits", 10)] == [again.submission_id]


async def test_a_job_given_back_goes_first_and_time_does_not_fall(store: Store, order: MakeOrder) -> None:
    heavy = [order(f"heavy {number}", pending=100, burst=100) for number in range(4)]
    for each in heavy:
        await store.admit(each, GENEROUS, T0)
    first, second, third = [await claimed(store, token=f"t{number}") for number in range(3)]
    assert await store.release(first.lease, None, T0)
    assert (await read(store, heavy[0]))[0].position == 0
    again = await claimed(store, token="again")
    assert again.lease == Lease("limits", first.lease.fingerprint, 2)
    # The newcomer starts where service is, not where the old job was: after nobody but before the fourth.
    newcomer = order("light", "b")
    await store.admit(newcomer, GENEROUS, T0)
    assert [each.position for each in await read(store, newcomer, heavy[3])] == [0, 1]
    light = order("light too", "b")
    await store.admit(light, GENEROUS, T0)
    # Their second drawing takes its turn.
    assert [each.position for each in await read(store, newcomer, heavy[3], light)] == [0, 1, 2]
    assert {second.lease.fence, third.lease.fence} == {1}


async def test_sharing_a_heavy_users_drawing_is_not_waiting_behind_them(store: Store, order: MakeOrder) -> None:
    heavy = [order(f"heavy {number}", pending=100, burst=100) for number in range(10)]
    for each in heavy:
        await store.admit(each, GENEROUS, T0)
    shared = order("heavy 9", "b")
    assert (await store.admit(shared, GENEROUS, T0)).outcome == "coalesced"
    assert [each.position for each in await read(store, shared, heavy[9], heavy[1])] == [1, 1, 2]
    # It was paid for: their own next drawing comes one turn later.
    own = order("own", "b")
    await store.admit(own, GENEROUS, T0)
    assert (await read(store, own))[0].position == 3


async def test_the_same_claim_twice_is_one_claim(store: Store, order: MakeOrder, redis_client: aioredis.Redis) -> None:
    await store.admit(order("one"), GENEROUS, T0)
    await store.admit(order("two"), GENEROUS, T0)
    job = await claimed(store, token="the claim")
    # As when the connection breaks after the script ran and the client sends the command again.
    script = store._claim
    fingerprint = job.lease.fingerprint
    names = ["queue", "since", "leases", "clock", f"job:{fingerprint}", f"waiters:{fingerprint}"]
    repeated = await script(
        keys=[f"dedup:{{limits}}:{name}" for name in (*names, "lanes", "asked", "models")],
        args=[T0, "limits", fingerprint, LEASE_MS, "the claim", "", 0],
    )
    assert repeated[:3] == [b"claimed", b"1", b"1"]
    assert await redis_client.zcard("dedup:{limits}:queue") == 1


async def test_many_claim_at_once_and_nobody_gets_the_same(store: Store, order: MakeOrder) -> None:
    for number in range(20):
        await store.admit(order(f"prompt {number}", pending=100, burst=100), GENEROUS, T0)
    claims = await asyncio.gather(*(store.claim("limits", f"{number}", LEASE_MS, T0) for number in range(30)))
    jobs = [job for job in claims if job is not None]
    assert len({job.lease.fingerprint for job in jobs}) == len(jobs) == 20


async def test_the_late_picture_of_a_lost_lease_counts_while_nobody_else_draws(store: Store, order: MakeOrder) -> None:
    mine = order()
    await store.admit(mine, GENEROUS, T0)
    slow = await claimed(store)
    assert await expired(store, slow, LEASE_MS) == "queued"
    assert await in_force(store, slow.lease, RESULT) == RESULT
    assert await store.claim("limits", "other", LEASE_MS, T0) is None
    assert (await read(store, mine))[0].result == RESULT
    # How long it took, silence included, is no measure of the pace.
    assert (await store.pace("limits")).durations_ms == ()


async def test_how_long_a_picture_took_is_told_once_and_from_admission_on(store: Store, order: MakeOrder) -> None:
    await store.admit(order(), GENEROUS, T0)
    lost = await claimed(store, 1_000)
    assert await expired(store, lost, 1_000 + LEASE_MS) == "queued"
    job = await claimed(store, 12_000)
    result = Result(**{**vars(RESULT), "completed_ms": T0 + 15_000})
    assert await store.complete(job.lease, result) == Completion(result, 15_000)
    assert await store.complete(job.lease, result) == Completion(result, None)


async def test_nobody_changes_a_completed_drawing(store: Store, order: MakeOrder) -> None:
    mine = order()
    await store.admit(mine, GENEROUS, T0)
    slow = await claimed(store, token="slow")
    await expired(store, slow, LEASE_MS)
    fast = await claimed(store, LEASE_MS, token="fast")
    other = Result("b" * 64, 99.0, 0.99, 1, "g", "s", "c", T0)
    assert await store.complete(slow.lease, other) is None
    assert not await store.heartbeat(slow.lease, LEASE_MS, T0)
    assert not await store.release(slow.lease, LOST, T0)
    assert await in_force(store, fast.lease, RESULT) == RESULT
    assert await in_force(store, fast.lease, other) == RESULT
    assert await store.complete(slow.lease, other) is None
    assert not await store.release(fast.lease, None, T0)
    assert len(await store.outbox("limits", 10)) == 1
    assert (await read(store, mine))[0].result == RESULT


async def test_scores_and_seeds_keep_every_bit(store: Store, order: MakeOrder) -> None:
    mine = order()
    await store.admit(mine, GENEROUS, T0)
    await store.complete((await claimed(store)).lease, RESULT)
    repeated = order(who="b")
    await store.admit(repeated, GENEROUS, T0 + 5)
    first, second = await store.outbox("limits", 10)
    assert first.result == second.result == RESULT
    assert (second.submission_id, second.participant_id, second.nickname, second.delivered_ms) == (
        repeated.submission_id, "b" * 26, "Ada", T0 + 5,
    )  # fmt: skip


async def test_who_has_a_score_is_sent_to_the_leaderboard_again_only_under_a_new_name(
    store: Store, order: MakeOrder
) -> None:
    await store.admit(order(), GENEROUS, T0)
    await store.admit(order(), GENEROUS, T0)
    await store.complete((await claimed(store)).lease, RESULT)
    renamed = order(nickname="Grace")
    back, other = order(), order(who="b")
    for each in (order(), renamed, order(nickname="Grace"), back, other, order(who="b")):
        assert (await store.admit(each, GENEROUS, T0 + 1)).outcome == "repeated"
    sent = [(each.participant_id[0], each.nickname) for each in await store.outbox("limits", 10)]
    assert sent == [("a", "Ada"), ("a", "Grace"), ("a", "Ada"), ("b", "Ada")]


async def test_pace_is_what_drawings_took_and_how_many_at_once(store: Store, order: MakeOrder) -> None:
    for number in range(3):
        await store.admit(order(f"prompt {number}", pending=100), GENEROUS, T0)
    one, two = await claimed(store, 0, "one"), await claimed(store, 100, "two")
    for job, at_ms in ((one, 900), (two, 1_300)):
        await store.complete(job.lease, Result(**{**vars(RESULT), "completed_ms": T0 + at_ms}))
    pace = await store.pace("limits")
    assert pace.durations_ms == (1_200, 900)
    assert pace.drawers == 2
    assert await store.lengths("limits") == Lengths(waiting=1, outbox=2, oldest_ms=T0, submissions=3, participants=1)


async def test_a_contest_has_one_secret(store: Store) -> None:
    secret, again, other = await store.secret("one"), await store.secret("one"), await store.secret("two")
    assert secret == again != other
    assert len(secret) == 32
    assert await store.contests() == ["one", "two"]
