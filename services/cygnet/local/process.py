"""One run of a supervised process: started so that it dies with the supervisor, its output kept in a bounded log."""

import asyncio
import os
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from cygnet.local.child import EXIT_CANNOT_RUN

_CHILD = Path(__file__).with_name("child.py")
_LAST_OUTPUT_S = 1.0
"""How long the output of a process that ended is still read: a helper that left its group may hold the pipe open."""


class LogFile:
    """Appends lines; at `max_bytes` the file becomes `<name>.1`, and the one before that is gone."""

    LONGEST_LINE = 65_536
    """A line is cut there, in bytes."""

    def __init__(self, path: Path, max_bytes: int) -> None:
        self.path = path
        self._max_bytes = max_bytes
        self._last: deque[str] = deque(maxlen=50)
        self._file = path.open("ab", buffering=0)
        path.chmod(0o600)
        self._size = path.stat().st_size

    def write(self, line: str) -> None:
        """Appends one line. A full disk loses log lines, not the game."""
        self._last.append(line)
        data = line.encode(errors="replace")[: self.LONGEST_LINE] + b"\n"
        if self._size + len(data) > self._max_bytes:
            self._turn_over()
        try:
            self._size += self._file.write(data)
        except OSError:
            self._last.append("(this line could not be written to the log file)")

    def last_lines(self, count: int) -> list[str]:
        """The last lines written by this process, newest last."""
        return list(self._last)[-count:]

    def close(self) -> None:
        """Closes the file."""
        self._file.close()

    def _turn_over(self) -> None:
        self._file.close()
        os.replace(self.path, self.path.with_name(f"{self.path.name}.1"))
        self._file = self.path.open("ab", buffering=0)
        self.path.chmod(0o600)
        self._size = 0


class Process:
    """One run of a process, its log connected."""

    def __init__(
        self,
        argv: Sequence[str],
        *,
        env: Mapping[str, str],
        cwd: Path | None,
        log: LogFile,
        on_line: Callable[[str], None],
        has_helpers: bool = False,
    ) -> None:
        self.ended = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        reading, writing = os.pipe()
        try:
            self._popen = subprocess.Popen(
                [sys.executable, "-I", "-S", str(_CHILD), str(os.getpid()), str(int(has_helpers)), *argv],
                env=dict(env),
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                stdout=writing,
                stderr=writing,
                start_new_session=True,
            )
        except OSError:
            os.close(reading)
            raise
        finally:
            os.close(writing)
        self.pid = self._popen.pid
        self._pidfd = os.pidfd_open(self.pid)
        self._loop.add_reader(self._pidfd, self._on_end)
        self._pipe = asyncio.create_task(
            self._loop.connect_read_pipe(lambda: _LineReader(log, on_line), os.fdopen(reading, "rb", 0))
        )

    @property
    def how_it_ended(self) -> str:
        """How the process ended, as the rest of a sentence."""
        status = self._popen.returncode
        if status == EXIT_CANNOT_RUN:
            return "could not be run"
        if status < 0:
            return f"was ended by signal {-status} ({signal.Signals(-status).name})"
        return f"ended by itself with status {status}"

    def terminate(self) -> None:
        """Sends SIGTERM to the process alone; it ends its own helpers."""
        with suppress(ProcessLookupError):
            self._popen.terminate()

    async def kill_group(self) -> None:
        """Kills whatever is left of the group, and returns when the process is gone and its log is read."""
        if not self.ended.is_set():
            os.killpg(self.pid, signal.SIGKILL)
        await self.ended.wait()
        transport, reader = await self._pipe
        with suppress(TimeoutError):
            await asyncio.wait_for(reader.closed.wait(), _LAST_OUTPUT_S)
        transport.close()

    def _on_end(self) -> None:
        # Helpers are killed while the process is a zombie: its id cannot be anybody else's yet.
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self._loop.remove_reader(self._pidfd)
        os.close(self._pidfd)
        self._popen.wait()
        self.ended.set()


class _LineReader(asyncio.Protocol):
    """Writes the output of a process into its log, line by line."""

    def __init__(self, log: LogFile, on_line: Callable[[str], None]) -> None:
        self._log = log
        self._on_line = on_line
        self._rest = b""
        self.closed = asyncio.Event()

    def data_received(self, data: bytes) -> None:
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            self._take(line)
        if len(self._rest) > LogFile.LONGEST_LINE:
            self._take(self._rest)
            self._rest = b""

    def connection_lost(self, exc: Exception | None) -> None:
        if self._rest:
            self._take(self._rest)
        self.closed.set()

    def _take(self, line: bytes) -> None:
        text = line.decode(errors="replace")
        self._log.write(text)
        self._on_line(text)
