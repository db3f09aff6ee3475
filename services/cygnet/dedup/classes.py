"""Classes of players: who shares the machine with whom while more is asked for than it draws.

A participant costs nothing, so a queue that is fair to participants is fair to whoever makes most of them. Between
participants and machine there are classes, of presence (in the hall, as the session token says, or from outside) and
history (regular or new). While several classes wait, each gets its share; what a class does not use is the others'.
So a crowd of false participants takes from its own class, however many they are.

A regular has had REGULAR_AFTER drawings of their own delivered. While others wait those come out of the newcomers'
share: regulars cannot be made faster than that. Whoever joins again is new. A drawing of a newcomer gets no more of the
machine than one of the regulars whom the table names before it, so that joining anew for each drawing gains nothing.

The order of the classes is start-time fair queueing (Goyal, Vin and Cheng, 1996), as the order in a class is: a class
is served where its virtual start is least, of equal ones the first in the table, and pays what `costs` says.
"""

import math
from collections.abc import Sequence

CLASSES = ("present, regular", "present, new", "outside, regular", "outside, new")
"""By number, as prelude.lua counts them."""
SHARES = (8, 4, 3, 1)
"""Of the machine, in sixteenths, while all four wait."""
LEAST_COSTS = tuple(12 * math.lcm(*SHARES) // share for share in SHARES)
"""What a drawing costs a class at least, in the contest's virtual time: fine enough to be divided by jobs that wait."""
REPEATS_KEPT = {"most_of_visitors": 20_000, "most_of_players": 100_000}
"""Repeats that a contest keeps: of people who have no drawing of their own, and of all others."""
REGULAR_AFTER = 5
"""Drawings after which a participant is a regular: a sixth of what a player of the first event had drawn."""
BLOCK = 2**51
"""A waiting job's score in the queue is its class times this, and its place in the class."""
_PLACES = 2**30
"""A place in the class is a start in the class's virtual time times this, and a sequence number."""
TIMES = tuple(f"virtual:{number}" for number in range(len(CLASSES)))
"""The classes' virtual times in the contest's clock."""
CLOCK_FIELDS = ("virtual", *(f"start:{number}" for number in range(len(CLASSES))), *TIMES)
"""What `jobs_before` and `likely_before` read of that clock."""
NOBODY = (0.0,) * len(CLASSES)
"""Comes meanwhile."""
OVERTAKING = 0.2
"""Of those who come to a class, how many have nothing waiting there: they come before somebody's second drawing."""
_ROUNDS = 16
"""In which `likely_before` gets as near to its fixed point as a whole drawing, or to the bounds of the shares."""


def costs(waiting: Sequence[int]) -> list[int]:
    """Returns what a drawing costs each class while so many jobs of each wait."""
    found = list(LEAST_COSTS)
    for new in (1, 3):
        for regular in range(0, new, 2):
            found[new] = max(found[new], LEAST_COSTS[regular] * waiting[regular] // max(1, waiting[new]))
    return found


def jobs_before(rank: int, waiting: Sequence[int], clock: Sequence[int]) -> int:
    """Returns how many jobs come before a waiting one, if nobody else comes meanwhile and shares stay what they are.

    Args:
        rank: its rank in the queue, in which each class's jobs follow those of the class before.
        waiting: how many jobs of each class wait.
        clock: CLOCK_FIELDS.
    """
    own, rank = _class_of(rank, waiting)
    return round(_before(own, rank, waiting, waiting, clock))


def likely_before(tag: int, rank: int, waiting: Sequence[int], clock: Sequence[int], coming: Sequence[float]) -> float:
    """Returns how many jobs are likely to be drawn before a waiting one, if others come as they have lately.

    Those who come to other classes take these classes' shares at most. Of its own class those come before it who have
    nothing waiting, while the job starts later in the class's virtual time than they do: somebody's second one.

    Args:
        tag: the waiting job's.
        rank: as for `jobs_before`, and so are `waiting` and `clock`.
        waiting: how many jobs of each class wait.
        clock: CLOCK_FIELDS.
        coming: of each class, how many come while one is drawn (of whatever class).
    """
    own, rank = _class_of(rank, waiting)
    overtaking = OVERTAKING * coming[own] if tag % BLOCK // _PLACES > clock[-len(CLASSES) + own] else 0.0
    likely = 0.0
    for _ in range(_ROUNDS):
        by_then = [jobs + each * likely for jobs, each in zip(waiting, coming, strict=True)]
        likely = _before(own, rank + overtaking * likely, waiting, by_then, clock)
    return likely


def _class_of(rank: int, waiting: Sequence[int]) -> tuple[int, int]:
    """Returns the class of the job with that rank in the queue, and its rank in the class."""
    own = 0
    while rank >= waiting[own]:
        rank, own = rank - waiting[own], own + 1
    return own, rank


def _before(own: int, rank: float, waiting: Sequence[int], by_then: Sequence[float], clock: Sequence[int]) -> float:
    """Returns how many jobs come before one with a rank in its class, where of each class so many are there by then."""
    cost = costs(waiting)
    starts = [max(clock[0], last + each) for last, each in zip(clock[1:], cost, strict=False)]
    start, before = starts[own] + rank * cost[own], rank
    for other, jobs in enumerate(by_then):
        # Its jobs start at multiples of its cost; one that starts when ours does comes first if its class does.
        gap = start - starts[other] + (1 if other < own else 0)
        if other != own and gap > 0:
            before += min(jobs, -(-gap // cost[other]))
    return before


def fairness_gap(firsts: Sequence[float | None], times: Sequence[int]) -> int:
    """Returns how many drawings more than the first who waits in a class somebody else of it got meanwhile, at most.

    Virtual time counts the drawings of whoever always waits. It passes the start of nobody who waits by more than one,
    unless no worker draws with the model that this job asks for, or a worker gave it back late.

    Args:
        firsts: of each class the score of the first waiting job in the queue, if there is one.
        times: each class's virtual time.
    """
    starts = [None if first is None else int(first) % BLOCK // _PLACES for first in firsts]
    return max(
        (time - start for start, time in zip(starts, times, strict=True) if start is not None and time > start),
        default=0,
    )
