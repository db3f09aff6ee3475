"""Plays a trace open loop: every request is sent at its time, whatever became of those before it."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

from cygnet.replay.servers import Answer, Server
from cygnet.replay.trace import Request, Trace

LATE_S = 0.5


@dataclass(frozen=True)
class Played:
    """A request, when it was really sent (seconds since the start of the replay), and its answer."""

    request: Request
    sent_s: float
    answer: Answer

    def is_late(self, speed: float) -> bool:
        """Whether this machine could not send it in time: then its figures are not to be trusted."""
        return self.sent_s - self.request.at_s / speed > LATE_S


async def play(trace: Trace, server: Server, speed: float, note: Callable[[Played], None]) -> None:
    """Sends every request at its time divided by `speed`; `note` is given each answer as it comes."""
    started = time.monotonic()

    async def one(request: Request) -> None:
        sent_s = time.monotonic() - started
        note(Played(request, sent_s, await server.ask(request.participant, request.prompt)))

    async with asyncio.TaskGroup() as group:
        for request in trace.requests:
            await asyncio.sleep(max(0.0, started + request.at_s / speed - time.monotonic()))
            group.create_task(one(request))
