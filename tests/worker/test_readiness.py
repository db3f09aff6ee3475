"""Jobs are claimed only while Triton draws and can be scored; a model's dead process is started anew.

Triton is a double here, because its failures are what is tested; the real one dies in tests/models.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest

from cygnet.inference.scoring import Calibration
from cygnet.inference.triton import DrawingFailed, ModelInfo, ScorerInfo, ServedModels, TritonUnavailable
from cygnet.worker.readiness import Readiness

GOOD = Calibration("test-1", (0.0, 0.0), ((0.0, 0.0), (1.0, 100.0)))
BAD = Calibration("test-1", (0.0, 0.0), ((1.0, 0.0), (0.0, 100.0)))
AWAY = TritonUnavailable("connection refused")
DEAD = TritonUnavailable("Stub process 'diffusion_0_0' is not healthy.", dead_model="diffusion")


def ready(calibration: Calibration | None = GOOD) -> ServedModels:
    return ServedModels(ModelInfo("builtin://tiny", "a" * 64), ScorerInfo("builtin://clip", "b" * 64, calibration), b"")


class ScriptedTriton:
    """A double that answers probes with the answers it was given; the last one stays."""

    def __init__(self, *answers: ServedModels | Exception, recovers: Exception | None = None) -> None:
        self._answers = list(answers)
        self._recovers = recovers
        self.recovered: list[str] = []
        self.probes = 0

    async def probe(self) -> ServedModels:
        self.probes += 1
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def recover(self, dead_model: str) -> None:
        self.recovered.append(dead_model)
        if self._recovers is not None:
            raise self._recovers


class Report:
    def __init__(self) -> None:
        self.probes: list[bool] = []
        self.states: list[bool] = []
        self.health: list[bool] = []
        self.announced: list[list[bool]] = []
        self.taken = asyncio.Event()
        self.taken.set()

    def probed(self, *, answered: bool) -> None:
        self.probes.append(answered)

    def ready(self, ready: bool) -> None:
        self.states.append(ready)

    async def set_ready(self, ready: bool) -> None:
        self.health.append(ready)

    async def announce(self, served: ServedModels) -> None:
        self.announced.append(list(self.states))
        await self.taken.wait()


@asynccontextmanager
async def running(
    triton: ScriptedTriton, report: Report, clock: Iterator[float] | None = None
) -> AsyncIterator[Readiness]:
    readiness = Readiness(
        triton,
        report,
        report.set_ready,
        report.announce,
        pause_s=0,
        clock=(lambda: next(clock)) if clock else (lambda: 0.0),
    )
    task = asyncio.create_task(readiness.run())
    try:
        async with asyncio.timeout(10):
            yield readiness
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.mark.parametrize("obstacle", [AWAY, DrawingFailed("out of memory", refused=False), ready(None), ready(BAD)])
async def test_it_probes_until_triton_draws_and_can_be_scored(obstacle: ServedModels | Exception) -> None:
    triton, report = ScriptedTriton(obstacle, obstacle, ready()), Report()
    async with running(triton, report) as readiness:
        await readiness.wait()
    assert report.probes == [False, False, True]
    assert report.states == [False, True]


async def test_it_is_ready_when_the_models_words_were_taken() -> None:
    triton, report = ScriptedTriton(ready()), Report()
    report.taken.clear()
    async with running(triton, report) as readiness:
        while not report.announced:
            await asyncio.sleep(0)
        waiting = asyncio.create_task(readiness.wait())
        await asyncio.sleep(0.05)
        assert not waiting.done()
        assert (report.states, report.health) == ([False], [False])
        report.taken.set()
        await waiting
    assert report.health == [False, True]


async def test_it_probes_again_only_when_triton_was_lost() -> None:
    triton, report = ScriptedTriton(ready()), Report()
    async with running(triton, report) as readiness:
        await readiness.wait()
        assert triton.probes == 1
        readiness.lost(AWAY)
        await readiness.wait()
    assert triton.probes == 2
    assert report.states == report.health == [False, True, False, True]


async def test_who_waits_while_triton_is_away_waits_on() -> None:
    triton = ScriptedTriton(AWAY)
    async with running(triton, Report()) as readiness:
        waiting = asyncio.create_task(readiness.wait())
        while triton.probes < 5:
            await asyncio.sleep(0)
        assert not waiting.done()
        waiting.cancel()


async def test_a_model_that_is_still_dead_a_moment_later_is_started_anew() -> None:
    triton = ScriptedTriton(DEAD, DEAD, ready())
    async with running(triton, Report()) as readiness:
        await readiness.wait()
    assert triton.recovered == ["diffusion"]


async def test_a_model_that_somebody_else_started_is_left_alone() -> None:
    triton = ScriptedTriton(DEAD, AWAY, DEAD, ready())
    async with running(triton, Report()) as readiness:
        await readiness.wait()
    assert triton.recovered == []


async def test_a_model_that_cannot_be_started_is_tried_again() -> None:
    triton = ScriptedTriton(DEAD, DEAD, DEAD, ready(), recovers=TritonUnavailable("cannot load"))
    async with running(triton, Report()) as readiness:
        await readiness.wait()
    assert triton.recovered == ["diffusion", "diffusion"]


async def test_waiting_is_said_at_once_and_then_every_ten_seconds(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    seconds = iter(float(second) for second in range(1000))
    async with running(ScriptedTriton(*[AWAY] * 30, ready()), Report(), seconds) as readiness:
        await readiness.wait()
    said = [record.__dict__["waited_s"] for record in caplog.records if "still waiting" in record.message]
    assert said == [1, 11, 21]
