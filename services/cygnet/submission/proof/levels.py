"""How much work is asked for: nothing in calm, some seconds of a phone under attack.

Each replica keeps counts of its own: a client that is sent to all of them has as many allowances.
"""

import math
from collections import OrderedDict

WORK = (0, 50_000, 200_000, 800_000, 2_000_000)
"""Hashes that a challenge of each level needs at most, half of them on average. A phone does some 300,000 a second."""
HIGHEST = len(WORK) - 1
_WINDOW_MS = 60_000
_CALM_WAIT = 0.25
"""Up to this part of the longest wait that the contest allows, the queue asks for nothing."""
_SUBMITS = 8
"""A minute, of one session: quicker than anybody writes and looks for a while."""
_JOINS_OF_CLIENT = 30
"""A minute: a client is an address and a browser, and a hall has many of one kind behind one address."""
_JOINS_OF_CONTEST = 600
"""A minute, without a ticket: a hall of 500 that opens the page at once."""


class Rates:
    """Counts events of the last minute by key: each fades, as in an exponentially weighted moving average."""

    def __init__(self, most_keys: int = 16_384) -> None:
        self._most_keys = most_keys
        self._counts: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def count(self, key: str, now_ms: int) -> float:
        """Returns how many there were within about a minute."""
        count, at_ms = self._counts.get(key, (0.0, now_ms))
        return count * math.exp(-max(0, now_ms - at_ms) / _WINDOW_MS)

    def note(self, key: str, now_ms: int) -> None:
        """Counts one more; the key that was noted longest ago is forgotten when there are too many."""
        self._counts[key] = (self.count(key, now_ms) + 1, now_ms)
        self._counts.move_to_end(key)
        if len(self._counts) > self._most_keys:
            self._counts.popitem(last=False)


def join_level(of_client: float, of_contest: float) -> int:
    """Returns the level for somebody new without a ticket, by the joins of the last minute."""
    return min(HIGHEST, max(_steps(of_client / _JOINS_OF_CLIENT), _steps(of_contest / _JOINS_OF_CONTEST)))


def submit_level(wait: float, submits: float, *, present: bool) -> int:
    """Returns the level of a submission.

    Args:
        wait: the predicted wait, as a part of the longest one that the contest allows.
        submits: how many the session sent within the last minute.
        present: was in the hall.
    """
    crowded = math.ceil((wait - _CALM_WAIT) / (1 - _CALM_WAIT) * 3) if wait > _CALM_WAIT else 0
    # Who was in the hall has paid by being there; what one session does, it pays for itself.
    by_queue = max(0, min(3, crowded) - (1 if present else 0))
    return min(HIGHEST, by_queue + _steps(submits / _SUBMITS))


def _steps(excess: float) -> int:
    """Returns 0 up to 1, then one more for each factor of four."""
    return 0 if excess <= 1 else 1 + math.floor(math.log(excess, 4))
