"""Logs: one JSON object a line on stderr, or plain words for a person's terminal.

Prompts appear as hashes (`prompt_hash`) and tokens not at all: neither is ever passed to a logger.
That no log call is handed a message, which would print its prompt, is checked by tests/lint/log_values.py.
"""

import hashlib
import json
import logging
import secrets
import sys
import time

_PROMPT_KEY = secrets.token_bytes(32)
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


def configure(service: str, *, level: str, as_json: bool) -> None:
    """Sends this process's logs to stderr. Called once, by `__main__`."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_JsonFormatter(service) if as_json else _PlainFormatter(service))
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)


def prompt_hash(prompt: str) -> str:
    """Returns what stands for a prompt in this process's log: 12 hex digits, enough to recognise a repeated one.

    Keyed anew in every process: otherwise whoever has the log could try likely prompts until one fits.
    """
    return hashlib.blake2b(prompt.encode(), key=_PROMPT_KEY, digest_size=6).hexdigest()


def _extras(record: logging.LogRecord) -> dict[str, object]:
    return {key: value for key, value in vars(record).items() if key not in _STANDARD}


class _JsonFormatter(logging.Formatter):
    def __init__(self, service: str) -> None:
        super().__init__()
        self._service = service

    def format(self, record: logging.LogRecord) -> str:
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        line: dict[str, object] = {
            "time": f"{stamp}.{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "service": self._service,
            "logger": record.name,
            "message": record.getMessage(),
            **_extras(record),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


class _PlainFormatter(logging.Formatter):
    def __init__(self, service: str) -> None:
        super().__init__(f"%(asctime)s {service:<11} %(levelname)-7s %(message)s", "%H:%M:%S")

    def format(self, record: logging.LogRecord) -> str:
        extras = " ".join(f"{key}={value}" for key, value in _extras(record).items())
        return f"{super().format(record)} {extras}".rstrip()
