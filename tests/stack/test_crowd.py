"""Many at once through Envoy: hundreds of watchers, and one who floods while others play fair. More: `make crowd`."""

import asyncio
import os
import time
from collections.abc import AsyncIterable
from contextlib import AsyncExitStack

import grpc
import pytest

from cygnet.platform.errors import Refused
from cygnet.v1 import leaderboard_pb2, leaderboard_pb2_grpc

from ..prompts import unique
from ..stackrunner import Stack
from .player import Player, connection

pytestmark = pytest.mark.timeout(900)

WATCHERS = int(os.environ.get("CYGNET_TEST_WATCHERS", "300"))
LONGEST_SILENCE_S = 20.0
WATCHED_S = 40.0
"""Longer than two heartbeats."""
FLOOD_S = float(os.environ.get("CYGNET_TEST_FLOOD_S", "20"))


class Watcher:
    """One open stream, and how it went."""

    def __init__(self) -> None:
        self.heard_at = time.monotonic()
        self.longest_silence = 0.0
        self.messages = 0
        self.error: str | None = None

    async def listen(self, stream: AsyncIterable[object]) -> None:
        try:
            async for _ in stream:
                self._note()
                self.messages += 1
            self.error = "the stream ended"
        except grpc.aio.AioRpcError as error:
            self.error = f"{error.code().name}: {error.details()}"

    def still(self) -> bool:
        """Whether it is open, and was never silent for too long."""
        self._note()
        return self.error is None and self.messages > 0 and self.longest_silence < LONGEST_SILENCE_S

    def _note(self) -> None:
        now = time.monotonic()
        self.longest_silence = max(self.longest_silence, now - self.heard_at)
        self.heard_at = now


async def test_hundreds_watch_while_others_play(stack: Stack) -> None:
    async with AsyncExitStack() as opened:
        watchers, listening = [], []
        for i in range(WATCHERS):
            channel = await opened.enter_async_context(connection(stack.address))
            stub = leaderboard_pb2_grpc.LeaderboardServiceStub(channel)
            request = leaderboard_pb2.WatchLeaderboardRequest(
                contest="duck-and-swan", target=("duck", "swan")[i % 2], limit=20
            )
            watchers.append(Watcher())
            listening.append(asyncio.create_task(watchers[-1].listen(stub.WatchLeaderboard(request))))
        players = [
            await Player.join(await opened.enter_async_context(connection(stack.address)), f"P{i}") for i in range(3)
        ]
        deadline = time.monotonic() + WATCHED_S
        done = 0
        while time.monotonic() < deadline:
            player = players[done % len(players)]
            submission = await player.submit_patiently(unique())
            await player.result(submission)
            done += 1
        broken = [(w.error, w.messages, round(w.longest_silence, 1)) for w in watchers if not w.still()]
        for task in listening:
            task.cancel()
        await asyncio.gather(*listening, return_exceptions=True)
    assert broken == [] and done >= 3


async def test_one_who_floods_does_not_stop_the_others(stack: Stack) -> None:
    async with AsyncExitStack() as opened:
        flooder, *honest = [
            await Player.join(await opened.enter_async_context(connection(stack.address)), name)
            for name in ("Macro", "Honest A", "Honest B")
        ]
        # The first drawing of a target chooses its seed, which takes some drawings more.
        for player, name in zip(honest, ("duck", "swan"), strict=True):
            await player.result(await player.submit_patiently(unique(name), target=name))
        refusals: list[Refused] = []
        answered = 0
        stop = asyncio.Event()

        async def flood() -> None:
            nonlocal answered
            prompt, began = unique(), time.monotonic()
            while not stop.is_set():
                # First the same prompt, then a new one each time.
                text = prompt if time.monotonic() - began < FLOOD_S / 2 else unique()
                try:
                    await flooder.submit(text, pays=False)
                    answered += 1
                except Refused as refused:
                    refusals.append(refused)
                await asyncio.sleep(0.05)

        async def play(player: Player) -> list[float]:
            waits, deadline = [], time.monotonic() + FLOOD_S
            while time.monotonic() < deadline:
                submission = await player.submit_patiently(unique("swan"), target="swan")
                began = time.monotonic()
                await player.result(submission)
                waits.append(time.monotonic() - began)
            return waits

        flooding = asyncio.create_task(flood())
        waits = await asyncio.gather(*(play(player) for player in honest))
        stop.set()
        await flooding
        assert all(len(own) >= 2 for own in waits), waits
        # A drawing waits for one that is being drawn, and for its own turn; never for a flooder's queue.
        assert max(max(own) for own in waits) < 30
        assert len(refusals) > answered > 0
        assert {refused.reason for refused in refusals} <= {
            "SUBMIT_RATE",
            "NEW_WORK_RATE",
            "PENDING_LIMIT",
            "PROOF_NEEDED",
        }
        # What has a price may be bought at once.
        assert all(refused.retry_after_s > 0 for refused in refusals if refused.reason != "PROOF_NEEDED")
