"""Keeps a handful of processes running on one machine, and leaves none of them behind.

Every process has a process group of its own (Ctrl-C in the terminal reaches the supervisor alone, and helpers
that a process forked can be killed with it) and dies with the supervisor, even where that is killed (`child.py`). A
process that ends before it was ever ready is a fault of the set-up, and the start fails. One that ends later is started
again, with growing pauses, for as long as it takes: a disk that is full is made free while the game goes on, and to
give up would end it for everybody. One that hangs is killed, and counts as ended.
"""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

from cygnet.local.process import LogFile, Process
from cygnet.platform.tasks import Backoff, wait_unless

_ALIVE_PAUSE_S = 5.0
"""Between two probes of whether a process hangs."""
_SHOWN_LINES = 8
"""Log lines that are shown when a process ends by itself."""


@dataclass(frozen=True, slots=True)
class ProcessSpec:
    """A process to keep running."""

    name: str
    argv: Sequence[str]
    ready: Callable[[], Awaitable[None]]
    """Returns when the process serves, or raises NotReady; cancelled when the process ends before."""
    alive: Callable[[], Awaitable[None]] | None = None
    """Probed again and again once the process was ready: returns when it answers. None: never probed."""
    env: Mapping[str, str] = field(default_factory=lambda: dict(os.environ), repr=False)
    cwd: Path | None = None
    after: Sequence[str] = ()
    """Names of processes that must have been ready once before this one starts."""
    uses: Sequence[str] = ()
    """Names of processes that are stopped only after this one has stopped."""
    sweep: Callable[[], object] = lambda: None
    """Removes what an earlier run left behind. Called in a thread before each start and after each end."""
    on_line: Callable[[str], None] = lambda line: None
    """Sees every line of the log."""
    ready_within_s: float = 60.0
    hangs_after_s: float = 30.0
    """Seconds without an answer to `alive` after which the process counts as hung."""
    stop_grace_s: float = 10.0
    """Seconds between SIGTERM and SIGKILL; 0 for what has nothing to put in order and is killed at once."""
    has_helpers: bool = False
    """It forks processes of its own, which shall not outlive it either."""


@dataclass(frozen=True, slots=True)
class RestartPolicy:
    """When a process that was ready once is started again."""

    first_pause_s: float = 0.5
    longest_pause_s: float = 10.0
    steady_after_s: float = 60.0
    """Seconds after which an end is no longer in a row with the one before, and the pauses are short again."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something to report: `kind` is started, ready, ended, restarting, stopped or killed, `text` is for people."""

    kind: str
    process: str
    text: str
    pid: int | None = None
    last_lines: Sequence[str] = ()


class ProcessFailed(Exception):
    """A process cannot be kept running. The text names it, says how it ended, and where its log is."""

    def __init__(self, name: str, what: str, log: Path, last_lines: Sequence[str]) -> None:
        super().__init__(f"{name} {what}; its log: {log}")
        self.name = name
        self.log = log
        self.last_lines = last_lines


class NotReady(Exception):
    """The process runs and does not serve; the text goes on from its name ("did not serve within 60 s")."""


class Supervisor:
    """Starts processes, keeps them running, stops them. Needs the main thread's event loop."""

    def __init__(
        self, logs: Path, report: Callable[[Event], None], policy: RestartPolicy | None = None, *, max_log_bytes: int
    ) -> None:
        """`logs` is the folder of the log files, each kept under twice `max_log_bytes`; `report` gets the events."""
        self._logs = logs
        self._report = report
        self._policy = policy or RestartPolicy()
        self._max_log_bytes = max_log_bytes
        self._kept: dict[str, _Kept] = {}
        self._failed = asyncio.Event()
        self._failure: BaseException | None = None
        self._hurry = asyncio.Event()

    @asynccontextmanager
    async def running(self, specs: Sequence[ProcessSpec]) -> AsyncIterator[None]:
        """Keeps the processes running while the block lasts, then stops them, the used ones after their users."""
        for spec in specs:
            self._kept[spec.name] = _Kept(spec, self._open_log(spec.name))
        tasks = {name: asyncio.create_task(self._keep(kept), name=name) for name, kept in self._kept.items()}
        for task in tasks.values():
            task.add_done_callback(self._keeping_ended)
        try:
            yield
        finally:
            stops = [asyncio.create_task(self._stop(self._kept[name], task)) for name, task in tasks.items()]
            await asyncio.wait(stops)
            for stop in stops:
                stop.result()

    async def all_ready(self) -> None:
        """Returns when every process is ready.

        Raises:
            ProcessFailed: one did not come to serve.
        """
        await wait_unless(self._failed, self._until_all_were_ready())
        if self._failure is not None:
            raise self._failure

    async def until_fault(self) -> NoReturn:
        """Waits for ever; raises only what is wrong with the supervision itself."""
        await self._failed.wait()
        assert self._failure is not None
        raise self._failure

    def hurry(self) -> None:
        """Gives what is being stopped no more time."""
        self._hurry.set()

    async def _until_all_were_ready(self) -> None:
        for kept in self._kept.values():
            await kept.was_ready.wait()

    async def _keep(self, kept: "_Kept") -> NoReturn:
        """Runs the process again and again.

        Raises:
            ProcessFailed: it ended before it was ever ready.
        """
        for name in kept.spec.after:
            await self._kept[name].was_ready.wait()
        backoff = Backoff(self._policy.first_pause_s, self._policy.longest_pause_s)
        in_a_row = 0
        while True:
            began = time.monotonic()
            try:
                how = await self._run_once(kept)
            except NotReady as words:
                how = str(words)
            except OSError as error:
                if not kept.was_ready.is_set():
                    raise
                how = f"could not be started ({error.strerror})"
            await self._end(kept, grace_s=0)
            if time.monotonic() - began > self._policy.steady_after_s:
                backoff.reset()
                in_a_row = 0
            in_a_row += 1
            last_lines = kept.log.last_lines(_SHOWN_LINES)
            if not kept.was_ready.is_set():
                raise ProcessFailed(kept.spec.name, f"{how} before it was ready", kept.log.path, last_lines)
            pause_s = backoff.next_s()
            again = f", {in_a_row} times in a row" if in_a_row > 1 else ""
            text = f"{kept.spec.name} {how}{again}; it starts again in {pause_s:g} s (its log: {kept.log.path})"
            self._report(Event("ended", kept.spec.name, text, last_lines=last_lines))
            await asyncio.sleep(pause_s)

    async def _run_once(self, kept: "_Kept") -> str:
        """Runs the process until it ends by itself; returns how. The caller cleans up.

        Raises:
            NotReady: it runs, and did not become ready in time or hangs.
        """
        spec = kept.spec
        await asyncio.to_thread(spec.sweep)
        again = kept.was_ready.is_set()
        kept.process = process = Process(
            spec.argv, env=spec.env, cwd=spec.cwd, log=kept.log, on_line=spec.on_line, has_helpers=spec.has_helpers
        )
        self._report(
            Event("restarting" if again else "started", spec.name, f"{spec.name} is starting", pid=process.pid)
        )
        is_ready = await wait_unless(process.ended, _within(spec.ready_within_s, "did not serve", spec.ready))
        if is_ready and not process.ended.is_set():
            kept.was_ready.set()
            self._report(Event("ready", spec.name, f"{spec.name} is {'back' if again else 'ready'}", pid=process.pid))
            await wait_unless(process.ended, _watch(spec))
        await process.ended.wait()
        return process.how_it_ended

    def _keeping_ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and self._failure is None:
            self._failure = task.exception()
            self._failed.set()

    async def _stop(self, kept: "_Kept", task: asyncio.Task[None]) -> None:
        users = [other for other in self._kept.values() if kept.spec.name in (*other.spec.after, *other.spec.uses)]
        # A process that ends while its users stop is not started again.
        task.cancel()
        await asyncio.gather(task, *(user.stopped.wait() for user in users), return_exceptions=True)
        try:
            if kept.process is None:
                return
            grace_s = kept.spec.stop_grace_s
            if await self._end(kept, grace_s=grace_s) or grace_s == 0:
                self._report(Event("stopped", kept.spec.name, f"{kept.spec.name} has stopped"))
            else:
                self._report(Event("killed", kept.spec.name, f"{kept.spec.name} did not stop in time and was killed"))
        finally:
            kept.log.close()
            kept.stopped.set()

    async def _end(self, kept: "_Kept", *, grace_s: float) -> bool:
        """Ends the process and everything in its group, if it has not ended. Returns whether it ended in time."""
        process = kept.process
        if process is None:
            return True
        if grace_s and not process.ended.is_set() and not self._hurry.is_set():
            process.terminate()
            with suppress(TimeoutError):
                async with asyncio.timeout(grace_s):
                    await wait_unless(self._hurry, process.ended.wait())
        in_time = process.ended.is_set()
        await process.kill_group()
        kept.process = None
        await asyncio.to_thread(kept.spec.sweep)
        return in_time

    def _open_log(self, name: str) -> LogFile:
        return LogFile(self._logs / f"{name}.log", self._max_log_bytes)


class _Kept:
    """What the supervisor knows of one process."""

    def __init__(self, spec: ProcessSpec, log: LogFile) -> None:
        self.spec = spec
        self.log = log
        self.was_ready = asyncio.Event()
        self.stopped = asyncio.Event()
        self.process: Process | None = None


async def _watch(spec: ProcessSpec) -> NoReturn:
    """Waits for as long as the process answers.

    Raises:
        NotReady: it hangs.
    """
    while True:
        await asyncio.sleep(_ALIVE_PAUSE_S)
        if spec.alive is not None:
            await _within(spec.hangs_after_s, "did not answer", spec.alive)


async def _within(seconds: float, failure: str, check: Callable[[], Awaitable[None]]) -> None:
    try:
        async with asyncio.timeout(seconds):
            await check()
    except TimeoutError:
        raise NotReady(f"{failure} within {seconds:g} s") from None
