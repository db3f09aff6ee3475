"""Whether Triton can draw and score, found out by letting it: its own health endpoints do not know."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Protocol

from cygnet.inference.scoring import NotScorable
from cygnet.inference.triton import DrawingFailed, ServedModels, TritonUnavailable

log = logging.getLogger(__name__)

PROBE_PAUSE_S = 1.0
"""Pause between two probes while Triton is away."""
_SAY_AGAIN_S = 10.0
"""While it waits, the worker says so this often."""


class Probed(Protocol):
    """What is probed: a `cygnet.inference.triton.TritonClient`."""

    async def probe(self) -> ServedModels: ...
    async def recover(self, dead_model: str) -> None: ...


class ReadinessReport(Protocol):
    """Where readiness is counted."""

    def probed(self, *, answered: bool) -> None: ...
    def ready(self, ready: bool) -> None: ...


class Readiness:
    """Open while Triton can draw. Let `run` run for as long as the worker does."""

    def __init__(
        self,
        triton: Probed,
        report: ReadinessReport,
        set_ready: Callable[[bool], Awaitable[None]],
        announce: Callable[[ServedModels], Awaitable[None]],
        *,
        pause_s: float = PROBE_PAUSE_S,
        clock: Callable[[], float],
    ) -> None:
        """`set_ready` sets what health probes of the worker see; `announce` is awaited before anything is drawn.

        `clock` returns seconds from any moment on.
        """
        self._triton = triton
        self._report = report
        self._set_ready = set_ready
        self._announce = announce
        self._pause_s = pause_s
        self._clock = clock
        self._ready = asyncio.Event()
        self._served: ServedModels | None = None
        self._needed = asyncio.Event()
        self._needed.set()

    async def wait(self) -> ServedModels:
        """Returns what Triton serves, once it can draw."""
        while self._served is None:
            await self._ready.wait()
        return self._served

    def lost(self, error: TritonUnavailable) -> None:
        """Says that Triton did not draw: no job is claimed until a probe was answered."""
        if self._ready.is_set():
            log.warning("Triton went away, probing it", extra={"error": str(error)})
        self._ready.clear()
        self._served = None
        self._report.ready(False)
        self._needed.set()

    async def run(self) -> None:
        """Probes whenever that is needed, for ever."""
        self._report.ready(False)
        while True:
            await self._needed.wait()
            self._needed.clear()
            await self._set_ready(False)
            served = await self._until_answered()
            await self._announce(served)
            self._served = served
            self._ready.set()
            self._report.ready(True)
            await self._set_ready(True)

    async def _until_answered(self) -> ServedModels:
        began, said_at, dead_before = self._clock(), -_SAY_AGAIN_S, None
        log.info("waiting for Triton: a model's process imports its libraries first, which takes a while")
        while True:
            try:
                served = await self._triton.probe()
                # Players had better wait than have every drawing fail.
                served.scorer.usable_calibration()
            except (TritonUnavailable, DrawingFailed, NotScorable) as error:
                self._report.probed(answered=False)
                dead = error.dead_model if isinstance(error, TritonUnavailable) else None
                waited = self._clock() - began
                if waited - said_at >= _SAY_AGAIN_S:
                    said_at = waited
                    log.warning("still waiting for Triton", extra={"waited_s": round(waited), "error": str(error)})
                # Another worker of the same replica may be at it: recover what is still dead a moment later.
                if dead is not None and dead == dead_before:
                    await self._recover(dead)
                dead_before = dead
                await asyncio.sleep(self._pause_s)
            else:
                self._report.probed(answered=True)
                log.info(
                    "Triton draws",
                    extra={
                        "generator": served.generator.source,
                        "generator_digest": served.generator.digest[:12],
                        "scorer": served.scorer.source,
                        "scorer_digest": served.scorer.digest[:12],
                        "waited_s": round(self._clock() - began, 1),
                    },
                )
                return served

    async def _recover(self, dead_model: str) -> None:
        log.warning("a model's process has died, starting it anew", extra={"model": dead_model})
        try:
            await self._triton.recover(dead_model)
        except TritonUnavailable as error:
            log.error("it could not be started", extra={"model": dead_model, "error": str(error)})
