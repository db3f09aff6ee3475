"""The time, where it is injected: services pass `now_ms`, tests pass their own."""

import time


def now_ms() -> int:
    """Returns milliseconds since the epoch."""
    return time.time_ns() // 1_000_000
