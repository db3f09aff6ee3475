"""Everything that happens to a cluster, while people play: what was acknowledged is not lost, everybody gets an answer.

CYGNET_TEST_RESTART_KUBELET, where it is set, is the command that restarts a kubelet.
"""

import asyncio
import json
import os
import subprocess
import time
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypeVar

import grpc
import pytest
from tests.prompts import unique
from tests.stack.player import Player, connection

from cygnet.platform.errors import DomainError, Refused, Unavailable

from .kube import CONTEST, RELEASE, Kube

pytestmark = pytest.mark.timeout(1500)

T = TypeVar("T")
NAME = "duck-and-swan"
COMPONENTS = ("submission", "dedup", "leaderboard", "gateway", "operator", "redis", "triton")
PLAYERS = 3
ANSWER_S = 240.0
"""An answer may take so long while everything is broken on a busy machine."""


@dataclass
class Crowd:
    """People who play until they are told to stop, and what they were told."""

    address: str
    acknowledged: int = 0
    answered: int = 0
    slowest_s: float = 0.0
    repeated: int = 0
    stop: asyncio.Event = field(default_factory=asyncio.Event)

    async def play(self, number: int) -> None:
        """Joins, and asks for one picture after the other; checks in the end that each one is there."""
        async with connection(self.address) as channel:
            player = await _patiently(lambda: Player.join(channel, f"player {number}", NAME), self._again)
            best, mine = 0.0, []
            while not self.stop.is_set():
                request_id, prompt = uuid.uuid4().hex, unique()
                began = time.monotonic()
                submission = await _patiently(lambda: player.submit(prompt, "duck", request_id), self._again)  # noqa: B023
                self.acknowledged += 1
                done = await _patiently(lambda: player.result(submission), self._again)  # noqa: B023
                self.answered += 1
                self.slowest_s = max(self.slowest_s, time.monotonic() - began)
                best = max(best, done.result.score)
                mine.append(submission.submission_id)
            listed = {s.submission_id for s in await _patiently(player.list, self._again)}
            assert set(mine) <= listed, "acknowledged, and lost"
            standing = await _patiently(player.standing, self._again)
            assert standing is not None
            assert standing.score == pytest.approx(best), "the board misses a score"

    def _again(self) -> None:
        self.repeated += 1


async def test_nothing_acknowledged_is_lost(kube: Kube) -> None:
    ensure_installed(kube)
    crowd = Crowd(kube.address())
    players = [asyncio.create_task(crowd.play(number)) for number in range(PLAYERS)]
    report = []
    try:
        for what, action in _events(kube):
            before, began = crowd.answered, time.monotonic()
            await asyncio.to_thread(action)
            await _until(lambda: crowd.answered >= before + PLAYERS, players, what)  # noqa: B023
            report.append(f"{what}: all answered again after {time.monotonic() - began:.1f} s")
    finally:
        crowd.stop.set()
    async with asyncio.timeout(2 * ANSWER_S):
        await asyncio.gather(*players)
    print("\n" + "\n".join(report))
    print(
        f"{crowd.acknowledged} acknowledged, {crowd.answered} answered, slowest answer {crowd.slowest_s:.1f} s, "
        f"{crowd.repeated} calls made again"
    )
    assert crowd.answered == crowd.acknowledged


def _events(kube: Kube) -> list[tuple[str, Callable[[], None]]]:
    deletions: list[tuple[str, Callable[[], None]]] = [
        (f"{component} deleted", lambda component=component: _delete(kube, component))  # type: ignore[misc]
        for component in COMPONENTS
    ]
    others: list[tuple[str, Callable[[], None]]] = [
        ("limit patched", lambda: _patch(kube, {"rateLimit": {"perParticipant": {"every": "1s", "burst": 5}}})),
        ("helm upgrade", lambda: kube.install("--set", "logLevel=warning", command="upgrade")),
        ("scaled to 2", lambda: _scale(kube, 2)),
        ("scaled to 1", lambda: _scale(kube, 1)),
    ]
    restart = os.environ.get("CYGNET_TEST_RESTART_KUBELET", "")
    if restart:
        others.append(("kubelet restarted", lambda: _shell(restart)))
    return [others[0], *deletions, *others[1:]]


def ensure_installed(kube: Kube) -> None:
    """Installs the chart and the contest, where they are not there."""
    if f'"{RELEASE}"' not in kube.helm("list", "-o", "json"):
        kube.docs("install")
    kube.kubectl("apply", "-f", str(CONTEST))
    kube.ready()


def _delete(kube: Kube, component: str) -> None:
    kube.kubectl("delete", "pod", "-l", f"app.kubernetes.io/component={component}", "--wait=false")


def _patch(kube: Kube, spec: dict[str, object]) -> None:
    kube.kubectl("patch", f"contest/{NAME}", "--type=merge", "-p", json.dumps({"spec": spec}))
    kube.kubectl("wait", "--for=condition=PolicyInForce", f"contest/{NAME}", "--timeout=30s")


def _scale(kube: Kube, replicas: int) -> None:
    kube.kubectl("scale", f"contest/{NAME}", f"--replicas={replicas}")
    ready = f"jsonpath={{.status.readyReplicas}}={replicas}"
    kube.kubectl("wait", f"--for={ready}", f"contest/{NAME}", "--timeout=240s", timeout_s=250)


def _shell(command: str) -> None:
    subprocess.run(["bash", "-c", command], check=True, timeout=60, capture_output=True)


async def _until(fact: Callable[[], bool], players: list[asyncio.Task[None]], what: str) -> None:
    async with asyncio.timeout(ANSWER_S):
        while not fact():
            for player in players:
                assert not player.done() or player.exception() is None, f"after {what}: {player.exception()!r}"
            await asyncio.sleep(0.1)


async def _patiently(call: Callable[[], Awaitable[T]], again: Callable[[], None]) -> T:
    """Makes a call as the page does: again after a lost connection, later after a refusal."""
    async with asyncio.timeout(ANSWER_S):
        while True:
            try:
                return await call()
            except Refused as refused:
                await asyncio.sleep(refused.retry_after_s + 0.05)
            except (Unavailable, grpc.aio.AioRpcError, TimeoutError) as error:
                if isinstance(error, DomainError | grpc.aio.AioRpcError):
                    again()
                await asyncio.sleep(0.3)
