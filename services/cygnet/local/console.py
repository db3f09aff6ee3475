"""What `cygnet up` prints while it works: words for a person, or one JSON object a line for a program."""

import io
import ipaddress
import json
import sys
import time
from collections.abc import Sequence
from typing import Protocol


class Console(Protocol):
    """Where to report what happens."""

    def report(self, event: str, text: str, **fields: object) -> None:
        """Prints one event: `event` names its kind, `fields` are for programs."""

    def show_log(self, lines: Sequence[str]) -> None:
        """Prints the end of a log that belongs to the last event."""

    def show_banner(self, lines: Sequence[str]) -> None:
        """Prints how to play: for people alone."""


class PlainConsole:
    """Words, each line with the seconds since the start; of what goes as it should not every step."""

    _QUIET = frozenset({"process-started", "process-stopped"})

    def __init__(self) -> None:
        self._began = time.monotonic()

    def report(self, event: str, text: str, **fields: object) -> None:
        if event not in self._QUIET:
            _print(f"{time.monotonic() - self._began:6.1f} s  {text}")

    def show_log(self, lines: Sequence[str]) -> None:
        for line in lines:
            _print(f"          | {line[:500]}")

    def show_banner(self, lines: Sequence[str]) -> None:
        for line in ("", *lines, ""):
            _print(f"  {line}".rstrip())


class JsonConsole:
    """One object a line: `event`, `text`, `seconds` since the start, and fields that depend on the event."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    def report(self, event: str, text: str, **fields: object) -> None:
        seconds = round(time.monotonic() - self._began, 3)
        known = {name: value for name, value in fields.items() if value is not None}
        _print(json.dumps({"event": event, "text": text, "seconds": seconds, **known}, ensure_ascii=False))

    def show_log(self, lines: Sequence[str]) -> None:
        if lines:
            self.report("log", "\n".join(lines))

    def show_banner(self, lines: Sequence[str]) -> None:
        pass


def banner(url: str, host: str) -> Sequence[str]:
    """Returns how to play at `url`: a QR code, and what else there is; `host` is the address that is listened on."""
    import segno

    drawn = io.StringIO()
    segno.make(url, error="l", micro=False).terminal(out=drawn, border=2, compact=True)
    lines = [*drawn.getvalue().splitlines(), "", f"play:        {url}", f"big screen:  {url}board"]
    if ipaddress.ip_address(host).is_loopback:
        lines.append("phones:      this address is for this machine alone; for phones: make run HOST=0.0.0.0")
    lines.append("stop:        Ctrl-C")
    return lines


def _print(line: str) -> None:
    try:
        print(line, flush=True)
    except OSError:
        # The reader is gone (a closed terminal, `| head`): the game goes on, or is being stopped for that.
        sys.stdout = open("/dev/null", "w")  # noqa: SIM115
