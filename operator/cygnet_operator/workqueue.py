"""What is due: a contest is reconciled by one worker at a time, and a failing one waits longer each time."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from cygnet.platform.tasks import Backoff
from cygnet_operator import metrics

log = logging.getLogger(__name__)

FIRST_BACKOFF_S, LONGEST_BACKOFF_S = 0.5, 60.0


@dataclass(frozen=True)
class Outcome:
    """How a reconciliation ended."""

    settled: bool
    """False: it is tried again, later each time."""
    again_in_s: float | None = None
    """When to look again although nothing changed; None: not."""


class WorkQueue:
    """Names of contests, each at most once, handed to `reconcile` when they are due."""

    def __init__(
        self, reconcile: Callable[[str], Awaitable[Outcome]], clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`clock` returns seconds that only grow."""
        self._reconcile = reconcile
        self._clock = clock
        self._due: dict[str, float] = {}
        self._running: dict[str, float] = {}
        self._backoffs: dict[str, Backoff] = {}
        self._last_ended: float | None = None
        self._changed = asyncio.Condition()

    @property
    def length(self) -> int:
        """How many contests are due now or being reconciled. Any thread may ask."""
        now = self._clock()
        return sum(due <= now for due in self._due.copy().values()) + len(self._running)

    @property
    def oldest_due_s(self) -> float:
        """How long the longest due contest has been due, in seconds. Any thread may ask."""
        now = self._clock()
        return max(0.0, now - min(self._due.copy().values(), default=now))

    @property
    def stuck_s(self) -> float:
        """How long nothing has got done, in seconds: the longest that a reconciliation has been running, or that work
        has been due while none ended. That much is due and each waits its turn is no fault.
        """
        now = self._clock()
        running = now - min(self._running.values(), default=now)
        idle = self.oldest_due_s if self.since_last_s is None else min(self.oldest_due_s, self.since_last_s)
        return round(max(running, idle), 3)

    @property
    def since_last_s(self) -> float | None:
        """How long ago a reconciliation last ended, in seconds; None: none has."""
        return None if self._last_ended is None else round(self._clock() - self._last_ended, 3)

    async def add(self, name: str, in_s: float = 0.0) -> None:
        """Makes a contest due in so many seconds, or sooner if it was due sooner."""
        async with self._changed:
            self._put(name, in_s)
            self._changed.notify_all()

    async def run(self, workers: int) -> None:
        """Works for ever."""
        async with asyncio.TaskGroup() as group:
            for _ in range(workers):
                group.create_task(self._work())

    async def _work(self) -> None:
        while True:
            name = await self._next()
            try:
                outcome = await self._reconciled(name)
            finally:
                del self._running[name]
            self._last_ended = self._clock()
            async with self._changed:
                if outcome.again_in_s is not None:
                    self._put(name, outcome.again_in_s)
                if outcome.settled:
                    self._backoffs.pop(name, None)
                else:
                    backoff = self._backoffs.setdefault(name, Backoff(FIRST_BACKOFF_S, LONGEST_BACKOFF_S))
                    self._put(name, backoff.next_s())
                self._changed.notify_all()

    async def _reconciled(self, name: str) -> Outcome:
        began = time.perf_counter()
        try:
            outcome = await self._reconcile(name)
        except Exception:
            # The last line of defence: one contest's fault must not stop the work on the others.
            log.exception("reconciliation failed", extra={"contest": name})
            metrics.RECONCILES.labels("failed").inc()
            return Outcome(settled=False)
        metrics.RECONCILES.labels("settled" if outcome.settled else "pending").inc()
        metrics.RECONCILE_SECONDS.observe(time.perf_counter() - began)
        metrics.LAST_RECONCILE.set_to_current_time()
        return outcome

    async def _next(self) -> str:
        async with self._changed:
            while True:
                # What is being reconciled stays due, and is taken once more when its present run has ended.
                free = ((due, name) for name, due in self._due.items() if name not in self._running)
                due, name = min(free, default=(None, ""))
                wait = None if due is None else due - self._clock()
                if wait is not None and wait <= 0:
                    del self._due[name]
                    self._running[name] = self._clock()
                    return name
                try:
                    await asyncio.wait_for(self._changed.wait(), wait)
                except TimeoutError:
                    continue

    def _put(self, name: str, in_s: float) -> None:
        due = self._clock() + in_s
        self._due[name] = min(due, self._due.get(name, due))
