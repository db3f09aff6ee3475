"""The code that paired screens show: a new one each turn, the same for all of them, and nobody can guess the next.

A time-based one-time password (RFC 6238) over the contest and the turn, so nothing is stored and screens need no clock.
"""

import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping

TURN_MS = 30_000
"""How long a code is shown."""
HOLDS_MS = 60_000
"""How long a code can be exchanged, from when it is first shown: a page takes its time to load."""
SKEW_MS = 5_000
"""How far apart the clocks of this service's replicas may be."""


def turn_at(now_ms: int) -> int:
    """Returns the number of the turn, from the epoch on."""
    return now_ms // TURN_MS


def next_turn_in_ms(now_ms: int) -> int:
    """Returns how long the present turn goes on."""
    return TURN_MS - now_ms % TURN_MS


class PresenceCodes:
    """Makes codes and knows them again."""

    def __init__(self, keys: Mapping[str, bytes], clock: Callable[[], int]) -> None:
        """`keys` are for this purpose alone, the first one makes codes; `clock` gives milliseconds since the epoch."""
        self._keys = list(keys.values())
        self._clock = clock

    def now(self, contest: str) -> str:
        """Returns the code of this turn."""
        return _code(self._keys[0], contest, turn_at(self._clock()))

    def is_current(self, contest: str, code: str) -> bool:
        """Tells whether a code is one that screens of the contest showed within its minute."""
        now = self._clock()
        turns = range(turn_at(now - HOLDS_MS - SKEW_MS), turn_at(now + SKEW_MS) + 1)
        return any(
            hmac.compare_digest(code.encode(), _code(key, contest, turn).encode())
            for turn in turns
            if turn * TURN_MS - SKEW_MS <= now < turn * TURN_MS + HOLDS_MS + SKEW_MS
            for key in self._keys
        )


def _code(key: bytes, contest: str, turn: int) -> str:
    # 60 bits: guessing one within its minute is hopeless, and a QR code of them can be read from afar.
    digest = hmac.digest(key, f"{contest} {turn}".encode(), hashlib.sha256)
    return base64.b32encode(digest[:10]).decode().lower()[:12]
