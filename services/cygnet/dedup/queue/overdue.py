"""A submission that was accepted ends within a bound, be it openly without a picture: nothing waits for ever.

The bound is BOUND_TIMES what the contest's policy lets anybody wait, and an hour at least: pauses and roll-outs are
shorter, and who waits through one keeps the place.
"""

import logging
from collections import deque
from collections.abc import Callable
from typing import Protocol

from cygnet.v1.submission_pb2 import Failure

log = logging.getLogger(__name__)

BOUND_TIMES, LEAST_BOUND_MS = 3, 3_600_000
_NOTED_EVERY_S, _MOST_NOTED = 10.0, 30_000
"""Enough for the longest bound, three days."""
MODEL_NOT_SERVED = Failure(
    reason="MODEL_NOT_SERVED",
    message="no worker serves the model that this contest asks for; the organiser has to look at it",
)
WAITED_TOO_LONG = Failure(
    reason="WAITED_TOO_LONG", message="nobody could draw this for too long; please ask again, it cost no try"
)


class WaitingJobs(Protocol):
    """What is needed of the store."""

    async def never_served(self, contest: str, patience_ms: int, now_ms: int) -> list[str]: ...
    async def fail_unservable(
        self, contest: str, fingerprint: str, failure: Failure, patience_ms: int, now_ms: int
    ) -> bool: ...
    async def most_wait_ms(self, contest: str) -> int: ...
    async def queued_by(self, contest: str, queued_by_ms: int) -> list[str]: ...
    async def fail_overdue(self, contest: str, fingerprint: str, failure: Failure, queued_by_ms: int) -> bool: ...


class Report(Protocol):
    """Counts what a round found."""

    def failed(self, contest: str) -> None: ...


class SteadyPast:
    """What the clock on the wall said some time ago, by one that nobody sets.

    So a clock that is set forward makes nobody's wait longer than it was.
    """

    def __init__(self, monotonic: Callable[[], float]) -> None:
        """`monotonic` returns seconds from any moment on."""
        self._monotonic = monotonic
        self._noted: deque[tuple[float, int]] = deque(maxlen=_MOST_NOTED)

    def note(self, now_ms: int) -> None:
        """Notes what the clock on the wall says now."""
        now = self._monotonic()
        # That the clock was set back is noted at once.
        if not self._noted or now - self._noted[-1][0] >= _NOTED_EVERY_S or now_ms < self._noted[-1][1]:
            self._noted.append((now, now_ms))

    def before(self, ms: int) -> int | None:
        """Returns a moment: what was queued by then waits for `ms` at least. None: nothing was noted so long ago.

        Where the clock was set back since then it is before all that was noted, by more than lies between two notes.
        """
        now = self._monotonic()
        earliest: int | None = None
        for at, wall_ms in reversed(self._noted):
            earliest = wall_ms if earliest is None else min(earliest, wall_ms)
            if (now - at) * 1000 >= ms:
                return earliest - round(2000 * _NOTED_EVERY_S)
        return None


class Overdue:
    """Part of each round of the reaper. Several replicas may: a job fails once."""

    def __init__(
        self, jobs: WaitingJobs, report: Report, *, model_away_ms: int, clock: Callable[[], int], past: SteadyPast
    ) -> None:
        """`clock` returns ms since the epoch."""
        self._jobs = jobs
        self._report = report
        self._model_away_ms = model_away_ms
        self._clock = clock
        self._past = past

    async def round(self, contest: str) -> None:
        """Ends what waits in vain."""
        self._past.note(self._clock())
        await self._fail_unservable(contest)
        await self._fail_overdue(contest)

    async def _fail_unservable(self, contest: str) -> None:
        """Fails every job that waits for a model which no worker ever served: its name is wrong, most likely."""
        patience_ms = self._model_away_ms
        for fingerprint in await self._jobs.never_served(contest, patience_ms, self._clock()):
            if await self._jobs.fail_unservable(contest, fingerprint, MODEL_NOT_SERVED, patience_ms, self._clock()):
                self._failed(contest, fingerprint, MODEL_NOT_SERVED)

    async def _fail_overdue(self, contest: str) -> None:
        bound_ms = max(LEAST_BOUND_MS, BOUND_TIMES * await self._jobs.most_wait_ms(contest))
        queued_by_ms = self._past.before(bound_ms)
        if queued_by_ms is None:
            return
        for fingerprint in await self._jobs.queued_by(contest, queued_by_ms):
            if await self._jobs.fail_overdue(contest, fingerprint, WAITED_TOO_LONG, queued_by_ms):
                self._failed(contest, fingerprint, WAITED_TOO_LONG)

    def _failed(self, contest: str, fingerprint: str, failure: Failure) -> None:
        self._report.failed(contest)
        log.warning(
            "a job waited in vain", extra={"contest": contest, "job": fingerprint[:12], "reason": failure.reason}
        )
