"""Refusals, one by one, with the exact time after which it is worth trying again."""

from collections.abc import Callable

import pytest
import redis.asyncio as aioredis

from cygnet.dedup.queue import eta
from cygnet.dedup.store import Store
from cygnet.dedup.values import Admission, Bucket, Completion

from .environment import decide, result

MakeAdmission = Callable[..., Admission]
T0 = 1_800_000_000_000
GENEROUS = Bucket(every_ms=500, burst=1_000)
RESULT = result().SerializeToString()


async def decided(store: Store, wanted: Admission, at_ms: int, submit: Bucket = GENEROUS) -> tuple[str, int]:
    decision = await decide(store, wanted, submit, T0 + at_ms)
    return decision.outcome, decision.wait_ms


async def dump(client: aioredis.Redis) -> dict[object, object]:
    """Returns everything that Redis holds."""
    return {key: await client.dump(key) for key in await client.keys("*")}


async def drawn(store: Store, contest: str = "limits") -> None:
    """Draws everything that waits."""
    while (claimed := await store.claim(contest, f"{id(object())}", 10_000, T0)) is not None:
        assert await store.complete(claimed.job, RESULT, T0) == Completion(0)


@pytest.mark.parametrize(
    ("sent_at", "outcome"),
    [
        ([0, 0], ("SUBMIT_RATE", 500)),
        ([0, 499], ("SUBMIT_RATE", 1)),
        ([0, 500], ("accepted", 0)),
        ([0, 100, 200], ("SUBMIT_RATE", 300)),
    ],
)
async def test_cheap_bucket_of_one(
    store: Store, admission: MakeAdmission, sent_at: list[int], outcome: tuple[str, int]
) -> None:
    answers = [
        await decided(store, admission(f"prompt {at} {number}", pending=100, burst=100), at, Bucket(500, 1))
        for number, at in enumerate(sent_at)
    ]
    assert answers[-1] == outcome


async def test_a_flood_does_not_push_its_own_recovery_away(store: Store, admission: MakeAdmission) -> None:
    bucket = Bucket(500, 10)
    for number in range(10):
        assert (await decided(store, admission("a duck"), 0, bucket))[0] == ("coalesced" if number else "accepted")
    for at_ms in range(0, 500, 5):
        assert await decided(store, admission("a duck"), at_ms, bucket) == ("SUBMIT_RATE", 500 - at_ms)
    assert await decided(store, admission("a duck"), 500, bucket) == ("coalesced", 0)


async def test_a_pause_fills_a_bucket_no_fuller_than_full(store: Store, admission: MakeAdmission) -> None:
    await decided(store, admission(), 0, Bucket(500, 3))
    answers = [(await decided(store, admission(), 3_600_000, Bucket(500, 3)))[0] for _ in range(5)]
    assert answers == ["coalesced"] * 3 + ["SUBMIT_RATE"] * 2


async def test_new_work_has_its_own_rate(store: Store, admission: MakeAdmission) -> None:
    for number in range(3):
        assert await decided(store, admission(f"prompt {number}", pending=100), 0) == ("accepted", 0)
    assert await decided(store, admission("one more", pending=100), 0) == ("NEW_WORK_RATE", 10_000)
    assert await decided(store, admission("one more", pending=100), 9_999) == ("NEW_WORK_RATE", 1)
    # What needs no drawing is not refused.
    assert await decided(store, admission("prompt 1"), 0) == ("coalesced", 0)
    # Another participant has another bucket.
    assert await decided(store, admission("theirs", "b"), 0) == ("accepted", 0)
    assert await decided(store, admission("one more", pending=100), 10_000) == ("accepted", 0)


async def test_a_limit_changed_during_the_event_counts_at_once(store: Store, admission: MakeAdmission) -> None:
    for number in range(3):
        await decided(store, admission(f"prompt {number}", pending=100, every_ms=60_000), 0)
    assert await decided(store, admission("a", pending=100, every_ms=60_000), 0) == ("NEW_WORK_RATE", 60_000)
    # Three minutes of debt under the old limit are at most one empty bucket under the new one.
    assert await decided(store, admission("b", pending=100, every_ms=1_000), 0) == ("NEW_WORK_RATE", 1_000)
    # And the wait that was told is true, however often somebody tries meanwhile.
    assert await decided(store, admission("c", pending=100, every_ms=1_000), 999) == ("NEW_WORK_RATE", 1)
    assert await decided(store, admission("d", pending=100, every_ms=1_000), 1_000) == ("accepted", 0)


async def test_a_clock_set_back_keeps_nobody_waiting_longer_than_it_says(
    store: Store, admission: MakeAdmission
) -> None:
    hour = 3_600_000
    for number in range(3):
        await decided(store, admission(f"prompt {number}", pending=100), hour, Bucket(500, 3))
    assert await decided(store, admission("a", pending=100), 0, Bucket(500, 3)) == ("SUBMIT_RATE", 500)
    assert await decided(store, admission("a", pending=100), 500, Bucket(500, 3)) == ("NEW_WORK_RATE", 10_000)
    assert await decided(store, admission("a", pending=100), 10_500, Bucket(500, 3)) == ("accepted", 0)


async def test_pending_is_what_one_asked_for_and_is_not_drawn(store: Store, admission: MakeAdmission) -> None:
    assert (await decided(store, admission("theirs", "b"), 0))[0] == "accepted"
    # Sharing somebody's drawing takes no place.
    assert (await decided(store, admission("theirs"), 0))[0] == "coalesced"
    assert (await decided(store, admission("one"), 0))[0] == "accepted"
    assert (await decided(store, admission("two"), 0))[0] == "accepted"
    assert await decided(store, admission("three"), 0) == ("PENDING_LIMIT", 0)
    assert (await decided(store, admission("one"), 0))[0] == "coalesced"
    await drawn(store)
    assert (await decided(store, admission("three"), 0))[0] == "accepted"


async def test_the_queue_is_bounded_for_new_work_alone(store: Store, admission: MakeAdmission) -> None:
    for who in "bcd":
        assert (await decided(store, admission(f"of {who}", who), 0))[0] == "accepted"
    refused = await decide(store, admission("mine", max_queue=3), GENEROUS, T0)
    assert (refused.outcome, refused.wait_ms) == ("QUEUE_FULL", eta.ASSUMED_DRAWING_MS)
    assert (await decided(store, admission("of b", max_queue=3), 0))[0] == "coalesced"
    # What is being drawn waits no more.
    assert await store.claim("limits", "token", 10_000, T0) is not None
    assert (await decided(store, admission("mine", max_queue=3), 0))[0] == "accepted"


async def test_whoever_finds_the_queue_full_keeps_a_place_in_line(store: Store, admission: MakeAdmission) -> None:
    assert (await decided(store, admission("first", "x"), 0))[0] == "accepted"
    assert (await decided(store, admission("second", "y"), 0))[0] == "accepted"
    for who, places in (("b", 2), ("c", 3), ("b", 2)):
        # A wait does not grow while others come.
        wait_ms = places * eta.ASSUMED_DRAWING_MS
        assert await decided(store, admission(f"for {who}", who, max_queue=1), 0) == ("QUEUE_FULL", wait_ms)
    await drawn(store)
    # Who came later is behind, though the others come back later still.
    late = admission("late", "d", max_queue=3)
    assert (await decided(store, late, 0))[0] == "accepted"
    in_line: list[str] = []
    for who in "cb":
        wanted = admission(f"of {who}", who, max_queue=1)
        assert (await decided(store, wanted, 0)) == ("accepted", 0)
        in_line.append(wanted.submission_id)
    found, *_ = await store.submissions("limits", [late.submission_id, *in_line])
    assert [owned.submission.queue.position for owned in found] == [2, 1, 0]
    # A place is good for one drawing.
    assert (await decided(store, admission("and one more", "c", max_queue=3), 0))[0] == "QUEUE_FULL"


async def test_reasons_come_in_their_order(store: Store, admission: MakeAdmission) -> None:
    first = admission("first", request_id="the-same-request", burst=1, pending=1)
    assert (await decided(store, first, 0, Bucket(500, 2)))[0] == "accepted"
    # All four reasons hold for the next one.
    worst = {"burst": 1, "pending": 1, "max_queue": 1}
    assert (await decided(store, admission("x", **worst), 0, Bucket(500, 2)))[0] == "PENDING_LIMIT"
    assert (await decided(store, admission("x", **worst), 0, Bucket(500, 2)))[0] == "SUBMIT_RATE"
    assert (await decided(store, admission("x", burst=1, max_queue=1), 0))[0] == "NEW_WORK_RATE"
    assert (await decided(store, admission("x", max_queue=1), 0))[0] == "QUEUE_FULL"
    # A known request is answered before all of them, and costs nothing.
    assert (await decided(store, first, 0, Bucket(500, 2)))[0] == "known"


@pytest.mark.parametrize("state", ["queued", "drawing", "done"])
async def test_a_retry_changes_nothing(
    store: Store, admission: MakeAdmission, redis_client: aioredis.Redis, state: str
) -> None:
    wanted = admission("mine", request_id="the-same-request")
    await decided(store, wanted, 0)
    if state == "done":
        await drawn(store)
    elif state == "drawing":
        await store.claim("limits", "token", 10_000, T0)
    before = await dump(redis_client)
    assert await decided(store, wanted, 1_000) == ("known", 0)
    # The same request is the same, though the limits and the model changed in between.
    assert await decided(store, admission("mine", request_id="the-same-request", every_ms=200), 1_000) == ("known", 0)
    assert await decided(store, admission("another", request_id="the-same-request"), 1_000) == ("REQUEST_ID_REUSED", 0)
    assert await dump(redis_client) == before


@pytest.mark.parametrize("refused", ["SUBMIT_RATE", "PENDING_LIMIT", "NEW_WORK_RATE", "QUEUE_FULL"])
async def test_a_refusal_changes_nothing_but_the_cheap_bucket(
    store: Store, admission: MakeAdmission, redis_client: aioredis.Redis, refused: str
) -> None:
    submit = Bucket(500, 2)
    await decided(store, admission("first"), 0, submit)
    limits = {"PENDING_LIMIT": {"pending": 1}, "NEW_WORK_RATE": {"burst": 1}, "QUEUE_FULL": {"max_queue": 1}}
    if refused == "SUBMIT_RATE":
        await decided(store, admission("first"), 0, submit)
    before = await dump(redis_client)
    assert (await decided(store, admission("second", **limits.get(refused, {})), 0, submit))[0] == refused
    changed = {key for key, value in (await dump(redis_client)).items() if before.get(key) != value}
    may_change = {"submit_bucket"} if refused != "SUBMIT_RATE" else set()
    if refused == "QUEUE_FULL":
        # The place in line.
        may_change |= {"clock", "tickets", "ticket_ends"}
    assert changed == {f"dedup:{{limits}}:{name}".encode() for name in may_change}


async def test_contests_do_not_share_limits(store: Store, admission: MakeAdmission) -> None:
    assert (await decided(store, admission("x", burst=1, contest="one"), 0))[0] == "accepted"
    assert (await decided(store, admission("y", burst=1, contest="one"), 0))[0] == "NEW_WORK_RATE"
    assert (await decided(store, admission("y", burst=1, contest="two"), 0))[0] == "accepted"
