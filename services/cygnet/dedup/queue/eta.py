"""How long a waiting participant still waits: a range from what was measured, or "measuring" while that is too little.

Measured are whole drawings (claim to completion) and how many are made at the same time, not the time between
completions: under a light load the latter says how often people ask, not how fast pictures are drawn, and after
`kubectl scale` it is wrong until the old samples are gone. A drawing counts for at most OUTLIER medians: one that a
clock that was set, or a machine that slept, made an hour long says nothing about the next.

A job with k jobs before it, n drawers and drawings of mean m and deviation s begins when k + 1 drawings have ended:
  start = (k + r/m) * m/n          r = (m^2 + s^2) / 2m, what is left of a drawing met at random (renewal theory)
and its own drawing follows. The deviation adds the k drawings before, the drawers' unknown phases (the variance of a
middle order statistic of n uniform ones, m^2 / 4(n + 2)), the own drawing, that the mean itself was estimated, and what
nobody foresees: workers that go or come, people who come more often than they did.

k is not the place alone. Of those who come later, some are drawn before: `likely_before` counts them by how often each
class was drawn lately, up to its share. Time in which nobody draws at all (a pause) is in no wait: it is told as such.
"""

import functools
import math
import statistics
from collections import Counter

from cygnet.dedup import classes
from cygnet.dedup.values import Pace, Place, Wait

LEAST_SAMPLES = 5
"""With fewer drawings there is no estimate: the participant sees "measuring"."""
ASSUMED_DRAWING_MS = 2_000
"""How long a drawing is taken to last while nothing is measured: only to bound the queue and to space retries."""
OUTLIER = 8
"""How many medians a single drawing counts for at most."""
UNFORESEEN = 0.6
"""The standard deviation of how long the queue before takes, as a part of it, besides all that is computed; measured in
simulated days with roll-outs, scaling and dying workers (tests/simulator/test_waits.py)."""
_P90 = statistics.NormalDist().inv_cdf(0.9)


def likely_before(place: Place, pace: Pace) -> float:
    """Returns how many jobs are likely to be drawn before one that waits, if others come as they have lately."""
    return classes.likely_before(place.tag, place.rank, place.waiting, place.clock, _coming(pace))


@functools.lru_cache(maxsize=64)
def _coming(pace: Pace) -> tuple[float, ...]:
    """Returns of each class how many jobs come while one is drawn: as many as were claimed lately.

    Those of a class that always waits are as many as its share; more of it come, and find that share taken.
    """
    if len(pace.durations_ms) < LEAST_SAMPLES or not pace.turns:
        return classes.NOBODY
    elapsed_ms = pace.turns[0][1] - pace.turns[-1][1]
    # As many would have been drawn in that time had all drawers been busy.
    possible = max(len(pace.turns), elapsed_ms * max(1, pace.drawers) / max(1.0, _moments(pace.durations_ms)[0]))
    claimed = Counter(klass for klass, _ in pace.turns)
    return tuple(claimed[klass] / possible for klass in range(len(classes.CLASSES)))


def wait(position: float, pace: Pace) -> Wait | None:
    """Returns how long a job before which `position` jobs are drawn waits for its picture; None while measuring."""
    if len(pace.durations_ms) < LEAST_SAMPLES:
        return None
    samples = len(pace.durations_ms)
    mean, variance = _moments(pace.durations_ms)
    drawers = max(1, pace.drawers)
    rounds = (position + (mean**2 + variance) / (2 * mean**2)) / drawers + 1 if mean > 0 else 1.0
    spread = (
        position * variance / drawers**2
        + mean**2 / (4 * (drawers + 2))
        + variance
        + rounds**2 * variance / samples
        + (UNFORESEEN * position * mean / drawers) ** 2
    )
    middle = rounds * mean
    return Wait(p50_ms=round(middle), p90_ms=round(middle + _P90 * math.sqrt(spread)))


@functools.lru_cache(maxsize=64)
def _moments(durations_ms: tuple[int, ...]) -> tuple[float, float]:
    """Returns mean and variance. Kept: everybody who waits is shown the same pace."""
    most = OUTLIER * statistics.median(durations_ms)
    within = [min(duration, most) for duration in durations_ms]
    return statistics.fmean(within), statistics.variance(within)


def typical_ms(pace: Pace) -> int:
    """Returns the median duration of the last drawings; 0 while there is none."""
    return round(statistics.median(pace.durations_ms)) if pace.durations_ms else 0


def per_place_ms(pace: Pace) -> int:
    """Returns how long it takes the queue to move by one place, at least 1; assumed while measuring."""
    if len(pace.durations_ms) < LEAST_SAMPLES:
        return ASSUMED_DRAWING_MS
    return max(1, round(_moments(pace.durations_ms)[0] / max(1, pace.drawers)))


@functools.lru_cache(maxsize=64)
def longest_queue(max_wait_ms: int, pace: Pace) -> int:
    """Returns how many jobs may wait so that nine in ten of the last in line wait at most `max_wait_ms`, at least 1.

    While measuring: as many drawings of `ASSUMED_DRAWING_MS` as fit, one after another.
    """
    if wait(0, pace) is None:
        return max(1, max_wait_ms // ASSUMED_DRAWING_MS)
    fits, too_long = 0, max_wait_ms + 1
    # The last in line has one job fewer before it than there are places.
    while too_long - fits > 1:
        middle = (fits + too_long) // 2
        range_there = wait(middle - 1, pace)
        if range_there is not None and range_there.p90_ms <= max_wait_ms:
            fits = middle
        else:
            too_long = middle
    return max(1, fits)
