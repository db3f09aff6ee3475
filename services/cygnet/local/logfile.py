"""The log of one supervised process: a file that does not grow for ever, and its last lines in memory."""

import os
from collections import deque
from pathlib import Path


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
