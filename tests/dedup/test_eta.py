"""The promised waits hold: simulated workers, and the share of waits that ended within p50 and p90."""

import heapq
import random

import pytest

from cygnet.dedup.queue import eta
from cygnet.dedup.values import Pace

STEADY = Pace((1_000,) * 10, 1)


def test_too_few_drawings_say_nothing() -> None:
    assert eta.wait(0, Pace((1_000,) * (eta.LEAST_SAMPLES - 1), 1)) is None
    assert eta.wait(0, Pace((1_000,) * eta.LEAST_SAMPLES, 1)) is not None


@pytest.mark.parametrize(
    ("position", "drawers", "p50_ms"), [(0, 1, 1_500), (9, 1, 10_500), (9, 2, 5_750), (0, 4, 1_125)]
)
def test_steady_drawings_by_hand(position: int, drawers: int, p50_ms: int) -> None:
    # Half a drawing is left of the one being made, then come those before, then one's own.
    wait = eta.wait(position, Pace(STEADY.durations_ms, drawers))
    assert wait is not None
    assert wait.p50_ms == p50_ms
    assert p50_ms < wait.p90_ms < p50_ms + 500 + 1.3 * eta.UNFORESEEN * position * 1_000 / drawers


@pytest.mark.parametrize("drawers", [1, 2, 8])
@pytest.mark.parametrize("position", [0, 3, 40])
@pytest.mark.parametrize("spread", [0.0, 0.1, 0.5])
def test_waits_are_calibrated(drawers: int, position: int, spread: float) -> None:
    chance = random.Random(f"{drawers} {position} {spread}")
    within_50 = within_90 = 0
    rounds = 200
    for _ in range(rounds):
        pace = Pace(tuple(drawing(chance, spread) for _ in range(64)), drawers)
        promised = eta.wait(position, pace)
        assert promised is not None
        real = simulated_wait(chance, spread, drawers, position)
        within_50 += real <= promised.p50_ms
        within_90 += real <= promised.p90_ms
    assert 0.3 <= within_50 / rounds <= 0.7
    assert 0.8 <= within_90 / rounds <= 1.0


def drawing(chance: random.Random, spread: float) -> int:
    return round(chance.lognormvariate(0, spread) * 1_000)


def simulated_wait(chance: random.Random, spread: float, drawers: int, position: int) -> float:
    """Returns how long a job waited for its picture that came to busy drawers at a random moment."""
    # Drawers that began at random moments and have been busy for a while.
    free_at = [chance.uniform(0, 1_000) for _ in range(drawers)]
    heapq.heapify(free_at)
    arrival = 4_000 + chance.uniform(0, 1_000)
    while free_at[0] <= arrival:
        heapq.heapreplace(free_at, free_at[0] + drawing(chance, spread))
    for _ in range(position):
        heapq.heapreplace(free_at, free_at[0] + drawing(chance, spread))
    return free_at[0] + drawing(chance, spread) - arrival


def test_one_drawing_that_took_an_hour_says_little_about_the_next() -> None:
    calm, after = (eta.wait(9, Pace(slow + (1_000,) * 31, 2)) for slow in ((1_000,), (3_600_000,)))
    assert calm is not None
    assert after is not None
    assert after.p50_ms < 1.5 * calm.p50_ms


def test_a_longer_way_takes_longer_and_more_drawers_less() -> None:
    waits = [eta.wait(position, Pace((900, 1_000, 1_100, 1_000, 950), 2)) for position in range(50)]
    p90s = [wait.p90_ms for wait in waits if wait is not None]
    assert p90s == sorted(p90s)
    assert len(p90s) == 50
    one, two = eta.wait(10, STEADY), eta.wait(10, Pace(STEADY.durations_ms, 2))
    assert one is not None
    assert two is not None
    assert two.p90_ms < one.p90_ms


@pytest.mark.parametrize("drawers", [1, 2, 7])
@pytest.mark.parametrize("max_wait_ms", [5_000, 60_000, 300_000])
def test_the_queue_is_as_long_as_nine_in_ten_waits_allow(drawers: int, max_wait_ms: int) -> None:
    pace = Pace((900, 1_000, 1_100, 1_000, 1_050), drawers)
    longest = eta.longest_queue(max_wait_ms, pace)
    last, one_more = eta.wait(longest - 1, pace), eta.wait(longest, pace)
    assert last is not None
    assert one_more is not None
    assert last.p90_ms <= max_wait_ms < one_more.p90_ms


def test_somebody_may_always_wait() -> None:
    assert eta.longest_queue(1_000, Pace((60_000,) * 8, 1)) == 1


def test_unmeasured_queues_are_bounded_by_the_assumed_drawing() -> None:
    unmeasured = Pace((), 0)
    assert eta.longest_queue(300_000, unmeasured) == 150
    assert eta.longest_queue(1_000, unmeasured) == 1
    assert eta.per_place_ms(unmeasured) == eta.ASSUMED_DRAWING_MS
    assert eta.typical_ms(unmeasured) == 0


def test_pace_in_one_number() -> None:
    assert eta.typical_ms(Pace((100, 900, 200), 1)) == 200
    assert eta.per_place_ms(Pace((1_000,) * 5, 4)) == 250
    assert eta.per_place_ms(Pace((0,) * 5, 4)) == 1
