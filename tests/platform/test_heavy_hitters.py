"""The share of the busiest participant: exact for a hall, right within its bound for a crowd, and nobody is named."""

import random
from collections import Counter

from cygnet.platform.heavy_hitters import HALF_S, HeavyHitters


class Clock:
    """Time that the test moves."""

    def __init__(self) -> None:
        self.now_s = 1_000.0

    def __call__(self) -> float:
        return self.now_s


def test_nobody_sent_anything() -> None:
    assert HeavyHitters(Clock()).totals() == (0, 0)


def test_a_hall_is_counted_exactly() -> None:
    senders = HeavyHitters(Clock())
    for who in ["macro"] * 70 + [f"player {number % 15}" for number in range(30)]:
        senders.add(who)
    assert senders.totals() == (100, 70)


def test_what_is_older_than_the_window_does_not_count() -> None:
    clock = Clock()
    senders = HeavyHitters(clock)
    senders.add("early")
    clock.now_s += HALF_S
    for _ in range(2):
        senders.add("late")
    senders.add("early")
    assert senders.totals() == (4, 2)
    clock.now_s += HALF_S
    assert senders.totals() == (3, 2)
    clock.now_s += HALF_S
    assert senders.totals() == (0, 0)


def test_after_a_silence_nothing_old_comes_back() -> None:
    clock = Clock()
    senders = HeavyHitters(clock)
    senders.add("early")
    clock.now_s += 10 * HALF_S
    assert senders.totals() == (0, 0)


def test_more_participants_than_places_cost_no_more_memory_and_little_truth() -> None:
    rng = random.Random(7)
    senders, truth = HeavyHitters(Clock(), places=50), Counter[str]()
    for _ in range(20_000):
        who = "macro" if rng.random() < 0.2 else f"player {rng.randrange(5_000)}"
        truth[who] += 1
        senders.add(who)
        assert len(senders._now.counts) <= 50
    everybody, largest = senders.totals()
    assert everybody == 20_000
    assert truth["macro"] - everybody / 51 <= largest <= truth["macro"]
