"""Who comes in the seconds after a window opened is drawn in an order by lot: 500 phones are no race of Wi-Fi."""

import itertools
import random
import statistics
from collections.abc import Sequence

import pytest

from cygnet.dedup.admission import identity
from cygnet.dedup.admission.arguments import OPENING_MS
from cygnet.dedup.store import Store
from cygnet.dedup.values import Admission, Bucket

from .environment import admission_of, admit_request, result

OPENS = 1_800_000_000_000
FREE = Bucket(every_ms=1, burst=1_000_000)
PICTURE = result().SerializeToString()
numbers = itertools.count()


def sent(who: int, *, opens: int = OPENS, secret: bytes = b"secret", contest: str = "opening") -> Admission:
    request = admit_request(f"prompt {next(numbers)}", who, contest=contest, every_ms=1, burst=999, pending=999)
    request.opened_at.FromMilliseconds(opens)
    admission = admission_of(request, max_queue=10_000)
    return Admission(**(vars(admission) | {"lot": identity.lot(secret, request)}))


async def take(store: Store, admissions: Sequence[Admission], now: int) -> None:
    decisions = await store.admit(admissions, FREE, now)
    assert {decision.outcome for decision in decisions} == {"accepted"}


async def drawn(store: Store, count: int, now: int = OPENS + OPENING_MS, contest: str = "opening") -> list[str]:
    """Returns what is drawn next."""
    prints = []
    for _ in range(count):
        claimed = await store.claim(contest, f"claim {next(numbers)}", 10_000, now)
        assert claimed is not None
        prints.append(claimed.job.fingerprint)
        assert await store.complete(claimed.job, PICTURE, now)
    return prints


async def test_five_hundred_phones_are_drawn_in_an_order_that_has_nothing_to_do_with_who_was_heard_first(
    store: Store,
) -> None:
    crowd = [sent(who) for who in range(500)]
    for heard, each in enumerate(crowd):
        await take(store, [each], OPENS + heard * (OPENING_MS - 1) // 499)
    order = await drawn(store, 500)
    # Exactly by their lots.
    assert order == [each.fingerprint for each in sorted(crowd, key=lambda each: each.lot)]
    # And those are by chance: of the first hundred who are heard about twenty are among the first hundred drawn.
    heard_first = [order.index(each.fingerprint) for each in crowd]
    assert abs(statistics.correlation(range(500), heard_first)) < 0.13, "three standard deviations"
    assert 8 <= sum(place < 100 for place in heard_first[:100]) <= 32


async def test_another_secret_another_window_another_order() -> None:
    def order(lots: list[int]) -> list[int]:
        return sorted(range(100), key=lots.__getitem__)

    orders = [
        order([sent(who, opens=opens, secret=secret).lot for who in range(100)])
        for opens, secret in ((OPENS, b"one"), (OPENS, b"two"), (OPENS + 86_400_000, b"one"))
    ]
    assert len({tuple(each) for each in orders}) == 3


async def test_who_sends_much_has_one_lot_and_the_others_second_ones_come_after_everybodys_first(store: Store) -> None:
    eager = [sent(0) for _ in range(50)]
    others = [sent(who) for who in range(1, 20)]
    await take(store, [*eager, *others], OPENS)
    assert len({each.lot for each in eager}) == 1
    first = await drawn(store, 20)
    assert set(first) == {eager[0].fingerprint, *(each.fingerprint for each in others)}


async def test_who_comes_later_comes_after_all_who_came_at_the_opening(store: Store) -> None:
    await take(store, [sent(who) for who in range(20)], OPENS + OPENING_MS - 1)
    late = [sent(who) for who in (50, 51)]
    for each in late:
        await take(store, [each], OPENS + OPENING_MS)
    assert (await drawn(store, 22))[20:] == [each.fingerprint for each in late]


async def test_the_next_days_opening_comes_after_what_waits_since_yesterday(store: Store) -> None:
    yesterday, tomorrow = [sent(who) for who in range(5)], OPENS + 86_400_000
    await take(store, yesterday, OPENS + 1)
    today = [sent(who, opens=tomorrow) for who in range(10, 20)]
    await take(store, today, tomorrow + 5)
    order = await drawn(store, 15, tomorrow + OPENING_MS)
    assert set(order[:5]) == {each.fingerprint for each in yesterday}
    assert order[5:] == [each.fingerprint for each in sorted(today, key=lambda each: each.lot)]


@pytest.mark.parametrize("opened", [False, True])
async def test_nothing_is_drawn_until_the_lots_are_complete(store: Store, opened: bool) -> None:
    each = sent(1) if opened else admission_of(admit_request("a duck", contest="opening"))
    await take(store, [each], OPENS + 10)
    for now in (OPENS + 10, OPENS + OPENING_MS - 1):
        claimed = await store.claim("opening", f"claim {now}", 10_000, now)
        assert (claimed is None) is opened
        if claimed is not None:
            return
    await drawn(store, 1)


@pytest.mark.parametrize("jump_ms", [-3_600_000, 3_600_000])
async def test_a_clock_that_is_set_changes_nobodys_lot_and_holds_nobody_up(store: Store, jump_ms: int) -> None:
    crowd = [sent(who) for who in range(30)]
    await take(store, crowd[:15], OPENS)
    await take(store, crowd[15:], OPENS + 1_000)
    order = await drawn(store, 30, OPENS + 1_500 + jump_ms)
    assert order == [each.fingerprint for each in sorted(crowd, key=lambda each: each.lot)]


async def test_lots_are_spread_evenly() -> None:
    lots = [sent(who).lot for who in random.Random(1).sample(range(10**9), 2_000)]
    assert 0 <= min(lots) <= max(lots) < identity.LOTS
    assert statistics.fmean(lots) == pytest.approx(identity.LOTS / 2, rel=0.05)
