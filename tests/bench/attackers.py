"""Attackers on the public port, each in a process of its own.

`python -m tests.bench.attackers KIND HOST:PORT SECONDS [TOKEN]`. They take no refusal for an answer. What they got is
printed as one JSON object at the end. The token is a paired screen's, and stands for a camera that looks at it.
"""

import asyncio
import itertools
import json
import resource
import socket
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import TypeVar

import grpc
from tests.prompts import unique
from tests.stack.hall import scan_and_join, shown
from tests.stack.player import Player, connection

from cygnet.platform.errors import DomainError, Refused
from cygnet.v1 import submission_pb2, submission_pb2_grpc

Got = Counter[str]
T = TypeVar("T")
CONTEST = "duck-and-swan"
MACRO_PROMPT = "a yellow duck on a pond"


class Attack:
    """One attack until its end."""

    def __init__(self, address: str, seconds: float, screen_token: str) -> None:
        self.address = address
        self.screen_token = screen_token
        self.got: Got = Counter()
        self._end = time.monotonic() + seconds
        self._open = AsyncExitStack()

    @property
    def goes_on(self) -> bool:
        return time.monotonic() < self._end

    async def channel(self) -> grpc.aio.Channel:
        return await self._open.enter_async_context(connection(self.address))

    async def join(self, channel: grpc.aio.Channel) -> Player | None:
        return await self._noted("join", Player.join(channel, "Eve"))

    async def submit(self, player: Player, prompt: str) -> None:
        submission = await self._noted("submit", player.submit(prompt))
        if submission is not None:
            outcome = submission_pb2.AdmissionOutcome.Name(submission.outcome)
            self.got[outcome.removeprefix("ADMISSION_OUTCOME_").lower()] += 1

    async def scan(self, channel: grpc.aio.Channel, code: str) -> Player | None:
        return await self._noted("scan", scan_and_join(channel, "Eve", CONTEST, code))

    async def _noted(self, what: str, call: Awaitable[T]) -> T | None:
        try:
            answer = await call
        except Refused as refused:
            self.got[f"{what} {refused.reason}"] += 1
        except DomainError as error:
            self.got[f"{what} {type(error).__name__}"] += 1
        except grpc.aio.AioRpcError as error:
            self.got[f"{what} {error.code().name}"] += 1
        else:
            self.got[what] += 1
            return answer
        # Not even a refusal makes it wait for long, but a loop that only spins attacks itself alone.
        await asyncio.sleep(0.005)
        return None


async def one_participant(attack: Attack, pause_s: float, prompt: Callable[[], str]) -> None:
    player = await attack.join(await attack.channel())
    while attack.goes_on and player is not None:
        await attack.submit(player, prompt())
        await asyncio.sleep(pause_s)


async def macro(attack: Attack) -> None:
    """One prompt, twenty times a second."""
    await one_participant(attack, 0.05, lambda: MACRO_PROMPT)


async def evasion(attack: Attack) -> None:
    """Another prompt each time, twenty times a second."""
    await one_participant(attack, 0.05, unique)


_ENDINGS = itertools.count()


def variant() -> str:
    """The macro's prompt, spelled in another way each time: what a model reads of it is the same."""
    number = next(_ENDINGS)
    spaced = MACRO_PROMPT.replace(" ", " " * (1 + number % 5))
    homoglyphs = spaced.replace("o", "\u03bf") if number % 3 == 1 else spaced.upper() if number % 3 == 2 else spaced
    return f"{homoglyphs}{'.!?,'[number % 4] * (1 + number % 7)} zxcv{number}"


async def variants(attack: Attack) -> None:
    """One prompt in ever new spellings, twenty times a second."""
    await one_participant(attack, 0.05, variant)


async def bursts(attack: Attack) -> None:
    """Fifty new prompts at once, every five seconds."""
    player = await attack.join(await attack.channel())
    while attack.goes_on and player is not None:
        await asyncio.gather(*(attack.submit(player, unique()) for _ in range(50)))
        await asyncio.sleep(5.0)


async def insider(attack: Attack) -> None:
    """Stands in the hall and reads every code: a new present participant as often as that goes, all of whom draw."""
    channels = [await attack.channel() for _ in range(8)]

    async def sybil(number: int, code: str) -> None:
        player = await attack.scan(channels[number % len(channels)], code)
        while attack.goes_on and player is not None:
            await attack.submit(player, unique())
            await asyncio.sleep(1.0)

    async with shown(attack.address, CONTEST, attack.screen_token) as screen, asyncio.TaskGroup() as group:
        number = 0
        while attack.goes_on:
            group.create_task(sybil(number, screen.code))
            number += 1
            await asyncio.sleep(0.1)


async def sybils(attack: Attack, count: int) -> None:
    """Many participants of one client, each with new prompts, once a second."""
    channels = [await attack.channel() for _ in range(8)]

    async def sybil(number: int) -> None:
        player = await attack.join(channels[number % len(channels)])
        while attack.goes_on and player is not None:
            await attack.submit(player, unique())
            await asyncio.sleep(1.0)

    await asyncio.gather(*(sybil(number) for number in range(count)))


async def rejoin(attack: Attack) -> None:
    """A new participant for each drawing."""

    async def loop() -> None:
        channel = await attack.channel()
        while attack.goes_on:
            if player := await attack.join(channel):
                await attack.submit(player, unique())

    await asyncio.gather(*(loop() for _ in range(16)))


async def join_flood(attack: Attack) -> None:
    """Joining as fast as the machine lets it."""

    async def loop() -> None:
        channel = await attack.channel()
        while attack.goes_on:
            await attack.join(channel)

    await asyncio.gather(*(loop() for _ in range(32)))


async def submit_flood(attack: Attack) -> None:
    """One participant's repeated prompt as fast as the machine lets it."""
    player = await attack.join(await attack.channel())

    async def loop() -> None:
        while attack.goes_on and player is not None:
            await attack.submit(player, MACRO_PROMPT)

    await asyncio.gather(*(loop() for _ in range(64)))


async def idle_connections(attack: Attack) -> None:
    """Thousands of connections that send no byte."""
    host, port = attack.address.split(":")
    held: list[socket.socket] = []
    while attack.goes_on:
        while len(held) < 9_000 and attack.goes_on:
            try:
                held.append(socket.create_connection((host, int(port)), timeout=1))
                attack.got["connections"] += 1
            except OSError as error:
                attack.got[type(error).__name__] += 1
                break
        await asyncio.sleep(0.2)
    for each in held:
        each.close()


async def watches(attack: Attack) -> None:
    """Streams without a session, as many as one connection takes."""

    async def loop() -> None:
        channel = await attack.channel()
        stub = submission_pb2_grpc.SubmissionServiceStub(channel)

        async def stream(number: int) -> None:
            request = submission_pb2.WatchSubmissionRequest(contest=CONTEST, submission_id=f"{number:026}")
            while attack.goes_on:
                try:
                    async for _ in stub.WatchSubmission(request):
                        attack.got["watch"] += 1
                except grpc.aio.AioRpcError as error:
                    attack.got[f"watch {error.code().name}"] += 1
                    await asyncio.sleep(0.05)

        await asyncio.gather(*(stream(number) for number in range(200)))

    await asyncio.gather(*(loop() for _ in range(20)))


ATTACKS: dict[str, Callable[[Attack], Awaitable[None]]] = {
    "macro": macro,
    "evasion": evasion,
    "variants": variants,
    "bursts": bursts,
    "sybils-20": lambda attack: sybils(attack, 20),
    "sybils-200": lambda attack: sybils(attack, 200),
    "sybils-2000": lambda attack: sybils(attack, 2000),
    "insider": insider,
    "rejoin": rejoin,
    "join-flood": join_flood,
    "submit-flood": submit_flood,
    "idle-connections": idle_connections,
    "watches": watches,
}


async def run(kind: str, address: str, seconds: float, screen_token: str = "") -> Got:
    attack = Attack(address, seconds, screen_token)
    try:
        async with asyncio.timeout(seconds + 5):
            await ATTACKS[kind](attack)
    except TimeoutError:
        attack.got["cut off at the end"] += 1
    return attack.got


if __name__ == "__main__":
    kind, address, seconds, *token = sys.argv[1:]
    got = asyncio.run(run(kind, address, float(seconds), *token))
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(json.dumps({"cpuSeconds": round(used.ru_utime + used.ru_stime, 1), "got": got}), flush=True)
