"""Presence without servers: codes by the clock, tickets by the device, networks by the address."""

import pytest

from cygnet.platform.errors import Conflict
from cygnet.platform.signing_keys import parse_keys
from cygnet.platform.validation import PRESENCE_CODE
from cygnet.submission.clients.metadata import PRIVATE, client_of, network_of
from cygnet.submission.presence.codes import SKEW_MS, TURN_MS, PresenceCodes
from cygnet.submission.presence.tickets import LIFETIME_MS, Tickets
from cygnet.submission.signing import derived

KEYS = derived(parse_keys("k1:" + "s" * 32), "presence code")
START = 60_000_000 * TURN_MS


def codes(now_ms: int, keys: dict[str, bytes] = KEYS) -> PresenceCodes:
    return PresenceCodes(keys, lambda: now_ms)


def test_a_code_is_new_each_turn_and_the_same_within_it() -> None:
    shown = [codes(START + ms).now("pycon") for ms in (0, TURN_MS - 1, TURN_MS, 2 * TURN_MS)]
    assert shown[0] == shown[1]
    assert len(set(shown)) == 3
    assert all(PRESENCE_CODE.fullmatch(code) for code in shown)


@pytest.mark.parametrize(
    ("after_ms", "holds"),
    [
        (0, True),
        (TURN_MS, True),
        (59_999, True),
        (60_000 + SKEW_MS - 1, True),
        (60_000 + SKEW_MS, False),
        (3_600_000, False),
        # A replica whose clock is behind the one that made the code.
        (-SKEW_MS, True),
        (-SKEW_MS - 1, False),
    ],
)
def test_a_code_holds_for_its_minute(after_ms: int, holds: bool) -> None:
    assert codes(START + after_ms).is_current("pycon", codes(START).now("pycon")) is holds


@pytest.mark.parametrize("code", ["", "a" * 12, "가나다라마바사아자차카타"])
def test_what_no_screen_showed_is_no_code(code: str) -> None:
    assert not codes(START).is_current("pycon", code)


def test_a_code_is_of_one_contest() -> None:
    assert not codes(START).is_current("another", codes(START).now("pycon"))


def test_a_code_outlives_one_rotation_of_keys_and_not_two() -> None:
    code = codes(START).now("pycon")
    new = derived(parse_keys("k2:" + "n" * 32), "presence code")
    assert codes(START, {**new, **KEYS}).is_current("pycon", code)
    assert not codes(START, new).is_current("pycon", code)


def test_keys_for_one_purpose_are_none_for_another() -> None:
    keys = parse_keys("k1:" + "s" * 32)
    assert len({keys["k1"], derived(keys, "presence code")["k1"], derived(keys, "presence ticket")["k1"]}) == 3


def tickets(now_ms: int) -> Tickets:
    return Tickets(derived(parse_keys("k1:" + "s" * 32), "presence ticket"), lambda: now_ms)


@pytest.mark.parametrize(
    ("contest", "device", "after_ms"),
    [("another", "d" * 16, 0), ("pycon", "e" * 16, 0), ("pycon", "d" * 16, LIFETIME_MS + 1_000)],
    ids=["another contest", "another device", "over"],
)
def test_a_ticket_is_of_one_contest_and_device_for_ten_minutes(contest: str, device: str, after_ms: int) -> None:
    ticket = tickets(START).issue("pycon", "d" * 16, START + LIFETIME_MS, by_pass=False)
    assert tickets(START + LIFETIME_MS).verify(ticket, "pycon", "d" * 16)
    with pytest.raises(Conflict) as refused:
        tickets(START + after_ms).verify(ticket, contest, device)
    assert refused.value.reason == "TICKET_OLD"


@pytest.mark.parametrize("ticket", ["", "x", "a.b.c", "é.é.é"])
def test_what_is_no_ticket_is_refused(ticket: str) -> None:
    with pytest.raises(Conflict):
        tickets(START).verify(ticket, "pycon", "d" * 16)


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.112.7", "203.0.112.0/24"),
        ("::ffff:203.0.112.7", "203.0.112.0/24"),
        ("2001:2d8:1:2::3", "2001:2d8:1::/48"),
        ("192.168.4.20", PRIVATE),
        ("10.1.2.3", PRIVATE),
        ("127.0.0.1", PRIVATE),
        ("fd00::1", PRIVATE),
        ("100.64.0.9", PRIVATE),
        ("", ""),
        ("the hall", ""),
    ],
)
def test_an_address_has_a_network(address: str, network: str) -> None:
    assert network_of(address) == network


def test_only_the_proxys_own_word_counts() -> None:
    own = [("x-cygnet-address", "203.0.112.7"), ("user-agent", "phone")]
    forged = client_of([("x-forwarded-for", "192.168.0.1"), *own])
    assert forged == client_of(own)
    assert forged.network == "203.0.112.0/24"


def test_two_browsers_behind_one_address_are_two_clients_of_one_network() -> None:
    one, other = (client_of([("x-cygnet-address", "203.0.112.7"), ("user-agent", name)]) for name in ("one", "other"))
    assert one.key != other.key
    assert one.network == other.network
