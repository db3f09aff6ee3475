"""The lot, on a real Redis: who gets a place when more people scan than a turn admits."""

import pytest
import redis.asyncio as aioredis

from cygnet.submission.clients.metadata import Client
from cygnet.submission.presence import store as store_module
from cygnet.submission.presence.codes import TURN_MS
from cygnet.submission.presence.store import MOST_SCREENS, PresenceStore
from cygnet.submission.presence.tickets import LIFETIME_MS

NOW = 60_000_000 * TURN_MS
HALL = "203.0.112.0/24"


@pytest.fixture
def store(redis_client: aioredis.Redis) -> PresenceStore:
    return PresenceStore(redis_client)


async def pair(store: PresenceStore, network: str = HALL) -> None:
    assert await store.pair("c", await store.make_code("c", "pairing"), "t" * 43, network, NOW) == 1


async def scan(store: PresenceStore, names: list[str], network: str, *, places: int, now: int = NOW) -> list[bool]:
    return [await store.stand("c", name, Client(name, network), places, now) for name in names]


async def admitted(store: PresenceStore, names: list[str], *, places: int, now: int = NOW) -> list[str]:
    """Shows the tickets; returns whose got a place."""
    return [name for name in names if (await store.redeem("c", name, f"p-{name}", places, now))[1] == f"p-{name}"]


def people(name: str, number: int) -> list[str]:
    return [f"{name}{i}" for i in range(number)]


async def test_in_a_calm_turn_everybody_comes_in_at_once(store: PresenceStore) -> None:
    names = people("a", 10)
    assert all(await scan(store, names, "198.51.99.0/24", places=10))
    assert await admitted(store, names, places=10) == names


async def test_whoever_finds_the_places_taken_waits_for_the_lot_of_the_next_turn(store: PresenceStore) -> None:
    names = people("a", 10)
    await scan(store, names, "", places=4)
    assert await admitted(store, names, places=4) == names[:4]
    assert await store.redeem("c", "a9", "p-a9", 4, NOW) == (True, None)
    for turn, expected in ((1, 8), (2, 10)):
        assert len(await admitted(store, names, places=4, now=NOW + turn * TURN_MS)) == expected


async def test_the_lot_does_not_ask_who_came_first(store: PresenceStore) -> None:
    await scan(store, ["first"], "", places=1)
    names, winners = people("a", 8), set()
    for round in range(40):
        now = NOW + round * 100 * TURN_MS
        await scan(store, ["first"], "", places=1, now=now)
        await scan(store, names, "", places=1, now=now)
        winners.update(await admitted(store, names, places=1, now=now + TURN_MS))
        await store._redis.flushdb()
        await scan(store, ["first"], "", places=1, now=now)
    assert len(winners) >= 6


async def test_the_hall_has_half_of_the_places_however_many_stand_outside(store: PresenceStore) -> None:
    await pair(store)
    await scan(store, ["first"], "", places=1)
    outside, hall = people("o", 400), people("h", 30)
    for i, name in enumerate(outside):
        await store.stand("c", name, Client(name, f"198.51.{i % 200}.0/24"), 1, NOW)
    await scan(store, hall, HALL, places=1)
    later = NOW + TURN_MS
    assert len(await admitted(store, hall, places=20, now=later)) == 10
    assert len(await admitted(store, outside, places=20, now=later)) == 10
    # With A of them and P places a turn, the hall is in after ceil(2 A / P) turns at most.
    for turn, expected in ((2, 20), (3, 30)):
        assert len(await admitted(store, hall, places=20, now=NOW + turn * TURN_MS)) == expected


async def test_a_network_and_a_client_outside_get_no_more_than_their_part(store: PresenceStore) -> None:
    await pair(store)
    await scan(store, ["first"], "", places=1)
    crowd, one, hall, other = people("o", 300), people("s", 50), people("h", 60), people("x", 200)
    await scan(store, crowd, "198.51.99.0/24", places=1)
    for name in one:
        await store.stand("c", name, Client("same-phone", "198.51.98.0/24"), 1, NOW)
    for i, name in enumerate(other):
        await store.stand("c", name, Client(name, f"198.18.{i}.0/24"), 1, NOW)
    await scan(store, hall, HALL, places=1)
    later = NOW + TURN_MS
    assert len(await admitted(store, hall, places=100, now=later)) == 50
    assert len(await admitted(store, crowd, places=100, now=later)) <= 10
    assert len(await admitted(store, one, places=100, now=later)) <= 2


async def test_places_that_nobody_else_wants_are_not_kept_from_one_network(store: PresenceStore) -> None:
    await scan(store, ["first"], "", places=1)
    names = people("a", 60)
    await scan(store, names, "198.51.99.0/24", places=1)
    assert len(await admitted(store, names, places=50, now=NOW + TURN_MS)) == 50


async def test_a_ticket_makes_one_participant_present_however_often_it_is_shown(store: PresenceStore) -> None:
    await scan(store, ["a"], "", places=1)
    assert await store.redeem("c", "a", "ada", 1, NOW) == (False, "ada")
    assert await store.redeem("c", "a", "somebody else", 1, NOW) == (False, "ada")


async def test_who_waits_too_long_has_to_scan_again(store: PresenceStore) -> None:
    await scan(store, ["first", "late"], "", places=1)
    over = NOW + LIFETIME_MS + TURN_MS
    assert await store.redeem("c", "late", "p", 1, over) == (False, None)
    await scan(store, ["late"], "", places=1, now=over)
    assert await store.redeem("c", "late", "p", 1, over) == (False, "p")


@pytest.mark.parametrize("jump_ms", [3_600_000, -3_600_000])
async def test_a_clock_that_jumps_stops_no_lot(store: PresenceStore, jump_ms: int) -> None:
    await scan(store, ["first"], "", places=1)
    now = NOW + jump_ms
    await scan(store, ["a", "b"], "", places=1, now=now)
    assert len(await admitted(store, ["a", "b"], places=1, now=now + TURN_MS)) == 2


async def test_a_replica_with_a_late_clock_draws_no_turn_twice(store: PresenceStore) -> None:
    names = people("a", 9)
    await scan(store, names, "", places=2)
    for now in (NOW + TURN_MS, NOW + TURN_MS - 1, NOW + TURN_MS):
        assert len(await admitted(store, names, places=2, now=now)) == 4


async def test_a_flood_has_a_bound_and_newcomers_have_a_chance(
    store: PresenceStore, redis_client: aioredis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_module, "MOST_WAITING", 20)
    await pair(store)
    await scan(store, ["first"], "", places=1)
    stood = await scan(store, people("o", 200), "198.51.99.0/24", places=1)
    assert 20 < sum(stood) < 200
    assert any(stood[20:])
    assert await redis_client.hlen("sub:{c}:presence:outside") == 20
    # Whoever floods from outside takes no place in line from the hall.
    assert all(await scan(store, people("h", 20), HALL, places=1))


async def test_a_pass_is_for_one_device(store: PresenceStore) -> None:
    code = await store.make_code("c", "pass")
    assert await store.use_pass("c", code, "mine", NOW)
    assert await store.use_pass("c", code, "mine", NOW)
    assert not await store.use_pass("c", code, "yours", NOW)
    assert not await store.use_pass("c", "a" * 12, "mine", NOW)
    assert await store.redeem("c", "mine", "ada", 1, NOW) == (False, "ada")


async def test_a_pairing_code_pairs_one_screen_and_unpairing_ends_all(store: PresenceStore) -> None:
    code = await store.make_code("c", "pairing")
    assert await store.pair("c", code, "one", HALL, NOW) == 1
    assert await store.pair("c", code, "one", HALL, NOW) == 1
    assert await store.pair("c", code, "two", HALL, NOW) == 0
    assert await store.seen("c", "one", HALL, NOW)
    assert not await store.seen("another", "one", HALL, NOW)
    assert await store.unpair_all("c") == 1
    assert not await store.seen("c", "one", HALL, NOW)


async def test_the_hall_is_where_the_screen_is_now(store: PresenceStore) -> None:
    await pair(store, "198.51.99.0/24")
    assert await store.seen("c", "t" * 43, HALL, NOW + 1)
    await scan(store, ["first"], "", places=1)
    hall, outside = people("h", 10), people("o", 10)
    await scan(store, outside, "198.51.99.0/24", places=1)
    await scan(store, hall, HALL, places=1)
    # One place for the hall, and one of those outside.
    assert len(await admitted(store, hall, places=2, now=NOW + TURN_MS)) == 1


async def test_screens_have_a_bound(store: PresenceStore) -> None:
    for i in range(MOST_SCREENS):
        assert await store.pair("c", await store.make_code("c", "pairing"), f"t{i}", HALL, NOW) == 1
    assert await store.pair("c", await store.make_code("c", "pairing"), "one more", HALL, NOW) == -1


async def test_codes_and_tokens_are_not_kept_as_they_are(store: PresenceStore, redis_client: aioredis.Redis) -> None:
    code = await store.make_code("c", "pairing")
    await store.pair("c", code, "the token", HALL, NOW)
    keys = await redis_client.keys("*")
    assert not [key for key in keys if code.encode() in key]
    assert b"the token" not in await redis_client.hgetall("sub:{c}:presence:screens")
    assert 0 < await redis_client.pttl(next(key for key in keys if b"pairing" in key)) <= LIFETIME_MS
