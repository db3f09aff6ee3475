"""No prompt reaches a log, whatever becomes of its drawing.

That no log call is handed a message is checked by the types (tests/lint/log_values.py); here it is the words themselves
that are looked for, tracebacks included, in what a worker and the dedup service log.
"""

import logging
from collections.abc import Iterator

import grpc
import pytest

from ..waiting import eventually
from .environment import DONE, FAILED, Environment, drawings
from .triton_double import CALIBRATION, TritonDouble

MARK = "zanzibar"


@pytest.fixture
def lines() -> Iterator[list[str]]:
    """Everything that is logged: words, tracebacks, and whatever else a log call was handed."""
    written: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            written.append(f"{logging.Formatter().format(record)} {vars(record)}")

    root, keep = logging.getLogger(), Keep()
    level = root.level
    root.addHandler(keep)
    root.setLevel(logging.DEBUG)
    yield written
    root.setLevel(level)
    root.removeHandler(keep)


async def test_no_prompt_reaches_a_log(env: Environment, triton: TritonDouble, lines: list[str]) -> None:
    async with env.working():
        await env.until_state(await env.submit(f"a completed {MARK}"), DONE)
        triton.refuses = (grpc.StatusCode.INVALID_ARGUMENT, "STEPS must be 1 to 50")
        await env.until_state(await env.submit(f"a refused {MARK}"), FAILED)
        triton.refuses = None
        # What no worker expects: the failure is logged with its traceback.
        triton.calibration = {"id": "without anything else"}
        await env.until_state(await env.submit(f"an unexpected {MARK}"), FAILED)
        triton.calibration = CALIBRATION
        triton.gate.clear()
        returned, interrupted = drawings("returned"), await env.submit(f"an interrupted {MARK}")
        await eventually(lambda: triton.at_work == 1)
        await triton.stop()
        await eventually(lambda: drawings("returned") > returned)
        triton.gate.set()
        await triton.start()
        await env.until_state(interrupted, DONE)
    text = "\n".join(lines)
    for expected in ("job ended", "a job failed", "unexpected error while drawing", "Traceback", "Triton went away"):
        assert expected in text
    assert MARK not in text
