"""How much of what is sent comes from the busiest participant or client, in bounded memory, and not who that is.

A window of half a minute to a minute: two tables, of which the older one is dropped every HALF_S. A table holds the
PLACES busiest by the algorithm of Misra and Gries (Finding repeated elements, 1982): whoever sends more than one in
PLACES + 1 of all is in it, and is counted too low by at most that part.
"""

from collections import Counter
from collections.abc import Callable

HALF_S = 30.0
"""Length of one table, in seconds."""
PLACES = 1_000
"""Senders that a table holds."""


class HeavyHitters:
    """What was sent to one contest lately, by sender."""

    def __init__(self, clock: Callable[[], float], places: int = PLACES) -> None:
        """`clock` returns seconds from any moment on."""
        self._clock = clock
        self._places = places
        self._since = clock()
        self._now, self._before = _Table(), _Table()

    def add(self, sender: str) -> None:
        """Counts one more of a sender."""
        self._turn()
        table = self._now
        table.all += 1
        if sender in table.counts or len(table.counts) < self._places:
            table.counts[sender] += 1
        else:
            # One of everybody's and this one cancel out; those whose count came to 0 free their places.
            table.counts = Counter({who: count - 1 for who, count in table.counts.items() if count > 1})

    def totals(self) -> tuple[int, int]:
        """Returns how many all senders sent, and how many the busiest one."""
        self._turn()
        together = self._now.counts + self._before.counts
        return self._now.all + self._before.all, max(together.values(), default=0)

    def _turn(self) -> None:
        late_s = self._clock() - self._since
        if late_s < HALF_S:
            return
        self._before = self._now if late_s < 2 * HALF_S else _Table()
        self._now = _Table()
        self._since = self._clock()


class _Table:
    def __init__(self) -> None:
        self.all = 0
        self.counts: Counter[str] = Counter()
