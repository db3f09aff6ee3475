"""A few people play while something breaks: what each of them was promised, what they saw of it, and when.

They behave as the page does: a request_id is made before the first send and is the same in every retry; whatever is not
answered is sent again; a watch that breaks or falls silent is opened again.
"""

import asyncio
import random
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import grpc

from cygnet.platform.errors import Refused, Unavailable
from cygnet.v1 import leaderboard_pb2, leaderboard_pb2_grpc, submission_pb2

from ..prompts import unique
from ..stack.player import DONE, FAILED, Player, connection

CONTEST = "duck-and-swan"
PLAYERS = 4
BOUND_S = 180.0
"""Within this time after the fault is over everything that was acknowledged has ended, on a loaded machine."""
FIRST_S = 300.0
"""Before anybody's first picture the targets' seeds are settled, which takes drawings of its own."""
SILENCE_S = 18.0
"""A watch without a word for so long is opened again; a heartbeat comes every 15 s."""
CALL_S = 5.0
AGAIN_S = 0.2


@dataclass
class Promise:
    """A submission that was acknowledged, and how it ended."""

    player: Player
    request_id: str
    acknowledged: submission_pb2.Submission
    ended: submission_pb2.Submission | None = None


@dataclass
class Play:
    """What happened so far."""

    players: list[Player] = field(default_factory=list)
    promises: list[Promise] = field(default_factory=list)
    answers: dict[str, list[float]] = field(default_factory=lambda: {"board": [], "submit": [], "picture": []})
    """When something was answered, by what it was."""
    over: asyncio.Event = field(default_factory=asyncio.Event)
    """Set: nobody begins anything new."""

    def answered(self, what: str) -> None:
        self.answers[what].append(time.monotonic())

    def gaps(self) -> dict[str, float]:
        """The longest time without an answer to anybody, by what was asked for."""
        return {
            what: round(max((after - before for before, after in zip(times, times[1:], strict=False)), default=0.0), 1)
            for what, times in self.answers.items()
        }

    async def pictures(self, more: int, within_s: float = BOUND_S) -> None:
        """Returns when so many more pictures have come."""
        wanted = len(self.answers["picture"]) + more
        async with asyncio.timeout(within_s):
            while len(self.answers["picture"]) < wanted:
                await asyncio.sleep(0.05)

    async def to_its_end(self) -> None:
        """Nobody begins anything new; returns when everything that was promised has ended.

        Raises:
            TimeoutError: something has not within BOUND_S.
        """
        self.over.set()
        async with asyncio.timeout(BOUND_S):
            while any(promise.ended is None for promise in self.promises):
                await asyncio.sleep(0.05)


@asynccontextmanager
async def playing(address: str) -> AsyncIterator[Play]:
    """People play while the block lasts, or until they are asked to end."""
    play = Play()
    async with connection(address) as channel, asyncio.TaskGroup() as group:
        looking = group.create_task(_look(play, channel))
        for number in range(PLAYERS):
            group.create_task(_play(play, await _joined(channel, f"Player {number}"), group))
        await play.pictures(2, FIRST_S)
        try:
            yield play
        finally:
            play.over.set()
            looking.cancel()


async def _joined(channel: grpc.aio.Channel, nickname: str) -> Player:
    while True:
        try:
            return await Player.join(channel, nickname, CONTEST)
        except (Unavailable, Refused) as error:
            await asyncio.sleep(max(AGAIN_S, error.retry_after_s))


async def _play(play: Play, player: Player, group: asyncio.TaskGroup) -> None:
    """Submits one prompt after another, some that others have submitted, without waiting for pictures."""
    play.players.append(player)
    while not play.over.is_set():
        known = [promise.acknowledged for promise in play.promises]
        if known and random.random() < 0.3:
            target, prompt = (other := random.choice(known)).target, other.prompt
        else:
            target = random.choice(("duck", "swan"))
            prompt = unique(target)
        request_id = uuid.uuid4().hex
        acknowledged = await _acknowledged(play, player, prompt, target, request_id)
        if acknowledged is not None:
            promise = Promise(player, request_id, acknowledged)
            play.promises.append(promise)
            group.create_task(_follow(play, promise))
        await asyncio.sleep(AGAIN_S)


async def _acknowledged(
    play: Play, player: Player, prompt: str, target: str, request_id: str
) -> submission_pb2.Submission | None:
    """Sends one submission until it is answered; None where it was refused and the play was over meanwhile."""
    while True:
        try:
            acknowledged = await player.submit(prompt, target, request_id)
        except (Refused, Unavailable) as error:
            # Whoever got no answer does not know whether the submission is there: that is found out, play or no play.
            if isinstance(error, Refused):
                play.answered("submit")
                if play.over.is_set():
                    return None
            await asyncio.sleep(max(AGAIN_S, min(1.0, error.retry_after_s)))
        else:
            play.answered("submit")
            return acknowledged


async def _follow(play: Play, promise: Promise) -> None:
    """Watches one submission to its end."""
    loop = asyncio.get_running_loop()
    seen = 0
    while promise.ended is None:
        try:
            async with asyncio.timeout(SILENCE_S) as silence:
                async for event in promise.player.watch(promise.acknowledged.submission_id, seen):
                    silence.reschedule(loop.time() + SILENCE_S)
                    if event.WhichOneof("event") == "submission":
                        seen = event.submission.revision
                        if event.submission.state in (DONE, FAILED):
                            promise.ended = event.submission
                            play.answered("picture")
                            return
        except (grpc.aio.AioRpcError, TimeoutError):
            pass
        await asyncio.sleep(AGAIN_S)


async def _look(play: Play, channel: grpc.aio.Channel) -> None:
    """Looks at the board again and again."""
    stub = leaderboard_pb2_grpc.LeaderboardServiceStub(channel)
    request = leaderboard_pb2.GetLeaderboardRequest(contest=CONTEST, target="duck", limit=10)
    while True:
        try:
            await stub.GetLeaderboard(request, timeout=CALL_S)
            play.answered("board")
        except grpc.aio.AioRpcError:
            pass
        await asyncio.sleep(AGAIN_S)
