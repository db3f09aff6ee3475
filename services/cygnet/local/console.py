"""What `cygnet up` says while it works: words for a person, or one JSON object a line for a program."""

import json
import sys
import time
from collections.abc import Sequence
from typing import Protocol


class Console(Protocol):
    """Where to tell what happens."""

    def say(self, event: str, text: str, **facts: object) -> None:
        """Tells one thing. `event` names its kind, `facts` are for programs."""

    def quote(self, lines: Sequence[str]) -> None:
        """Shows the end of a log that belongs to what was said last."""

    def welcome(self, lines: Sequence[str]) -> None:
        """Shows how to play: for people alone."""


class PlainConsole:
    """Words, each line with the seconds since the start; what goes as it should is not told in every step."""

    _QUIET = frozenset({"process-started", "process-stopped"})

    def __init__(self) -> None:
        self._began = time.monotonic()

    def say(self, event: str, text: str, **facts: object) -> None:
        if event not in self._QUIET:
            _print(f"{time.monotonic() - self._began:6.1f} s  {text}")

    def quote(self, lines: Sequence[str]) -> None:
        for line in lines:
            _print(f"          | {line[:500]}")

    def welcome(self, lines: Sequence[str]) -> None:
        for line in ("", *lines, ""):
            _print(f"  {line}".rstrip())


class JsonConsole:
    """One object a line: `event`, `text`, `seconds` since the start, and facts that depend on the event."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    def say(self, event: str, text: str, **facts: object) -> None:
        seconds = round(time.monotonic() - self._began, 3)
        known = {name: value for name, value in facts.items() if value is not None}
        _print(json.dumps({"event": event, "text": text, "seconds": seconds, **known}, ensure_ascii=False))

    def quote(self, lines: Sequence[str]) -> None:
        if lines:
            self.say("log", "\n".join(lines))

    def welcome(self, lines: Sequence[str]) -> None:
        pass


def _print(line: str) -> None:
    try:
        print(line, flush=True)
    except OSError:
        # Whoever listened is gone (a closed terminal, `| head`): the game goes on, or is being stopped for that.
        sys.stdout = open("/dev/null", "w")  # noqa: SIM115
