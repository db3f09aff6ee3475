"""Who only holds connections keeps nobody out: silent ones are let go, idle ones sooner the more there are."""

import asyncio
import resource
import socket
import time
import urllib.request
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cygnet.v1 import submission_pb2, submission_pb2_grpc

from ..waiting import eventually
from .callers import session
from .door import Door, connection, loaded_page, open_door, watched_board

if TYPE_CHECKING:
    from cygnet.v1.submission_pb2_grpc import SubmissionServiceAsyncStub

SILENT = 9000
REQUEST = b"GET / HTTP/1.1\r\nHost: door\r\n\r\n"
PATIENCE_S = 5.0
"""How long the door waits for a connection's first byte."""
STEP_S = 8.0
"""How long each step of a visit may take on a machine that is busy with other tests too."""


@pytest.fixture(autouse=True)
def open_files() -> Iterator[None]:
    """Connections of attackers are ours: as many open files as the system allows."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


class Hoard:
    """Connections that somebody holds."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.sockets: list[socket.socket] = []

    async def grow(self, count: int, first: bytes = b"") -> None:
        """Opens `count` more, and sends `first` over each."""
        new = []
        for i in range(count):
            opened = socket.socket()
            opened.setblocking(False)
            opened.connect_ex(("127.0.0.1", self._port))
            new.append(opened)
            if i % 250 == 249:
                await asyncio.sleep(0.02)
        self.sockets += new
        if first:
            await asyncio.sleep(0.2)
            for i, opened in enumerate(new):
                opened.send(first)
                if i % 100 == 99:
                    await asyncio.sleep(0.05)

    def prune(self) -> int:
        """Closes those that the door has closed; returns how many are left."""
        alive = [held for held in self.sockets if not _ended(held)]
        for ended in set(self.sockets) - set(alive):
            ended.close()
        self.sockets = alive
        return len(alive)

    async def hold(self, count: int) -> None:
        """Opens again what was closed, for ever."""
        while True:
            await self.grow(count - self.prune())
            await asyncio.sleep(0.2)


def _ended(held: socket.socket) -> bool:
    try:
        while held.recv(4096):
            pass
    except BlockingIOError:
        return False
    except OSError:
        pass
    return True


@asynccontextmanager
async def hoard(door: Door) -> AsyncIterator[Hoard]:
    """Connections, closed at the end."""
    held = Hoard(door.port)
    try:
        yield held
    finally:
        for left in held.sockets:
            left.close()


async def visit(door: Door) -> None:
    """Loads the page, joins, submits, and sees the board, over connections of one's own. Raises where any fails."""
    assert await loaded_page(door, timeout_s=STEP_S)
    async with connection(door) as channel:
        submission: SubmissionServiceAsyncStub = submission_pb2_grpc.SubmissionServiceStub(channel)
        await submission.Join(submission_pb2.JoinRequest(), timeout=STEP_S)
        await submission.Submit(submission_pb2.SubmitRequest(), timeout=STEP_S)
        watch = watched_board(channel)
        async with asyncio.timeout(STEP_S):
            await watch.read()
        watch.cancel()


async def test_silent_connections_keep_nobody_out_though_they_come_back(tmp_path: Path) -> None:
    async with open_door(tmp_path) as door, hoard(door) as held:
        await held.grow(SILENT)
        holding = asyncio.create_task(held.hold(SILENT))
        began, visits = time.monotonic(), 0
        while time.monotonic() - began < 2 * PATIENCE_S:
            await visit(door)
            visits += 1
            await asyncio.sleep(0.1)
        holding.cancel()
        assert visits > 2 and len(held.sockets) > SILENT / 2
        assert await door.stat("envoy_listener_downstream_global_cx_overflow") == 0


@pytest.mark.parametrize("first", [b"", REQUEST[:7]], ids=["no byte", "half a request"])
async def test_a_connection_that_asks_for_nothing_is_closed(tmp_path: Path, first: bytes) -> None:
    async with open_door(tmp_path) as door, hoard(door) as held:
        await held.grow(1, first)
        await asyncio.sleep(PATIENCE_S / 2)
        assert held.prune() == 1
        await asyncio.sleep(PATIENCE_S)
        assert held.prune() == 0


async def test_under_pressure_idle_connections_are_let_go_and_watches_are_not(tmp_path: Path) -> None:
    async with open_door(tmp_path, max_connections=4000) as door, hoard(door) as held, connection(door) as channel:
        watch = watched_board(channel)
        await watch.read()
        await held.grow(1, REQUEST)
        await asyncio.sleep(PATIENCE_S)
        assert held.prune() == 1, "without pressure a browser's connection stays open"
        for _ in range(6):
            await held.grow(500, REQUEST)
        await eventually(lambda: held.prune() <= 2000, 45, "the end of idle connections")
        assert not watch.done()
        await visit(door)


async def test_who_keeps_connections_busy_without_a_session_cannot_keep_many(tmp_path: Path) -> None:
    bounds = {"requests_per_s": 100, "burst": 30}
    token = session("honest")[0][1]
    async with open_door(tmp_path, **bounds) as door, hoard(door) as held, hoard(door) as own:
        await own.grow(5, REQUEST.replace(b"\r\n\r\n", f"\r\nAuthorization: {token}\r\n\r\n".encode()))
        await held.grow(400, REQUEST)
        await eventually(lambda: held.prune() <= 100, 20, "the end of connections that were refused")
        assert own.prune() == 5


async def test_a_refused_member_keeps_the_connection(tmp_path: Path) -> None:
    token = session("macro")[0][1]
    async with open_door(tmp_path) as door, hoard(door) as own:
        await own.grow(1, REQUEST.replace(b"\r\n\r\n", f"\r\nAuthorization: {token}\r\n\r\n".encode()) * 200)
        await eventually(lambda: door.reached["page"] >= 60, 20, "the page")
        await asyncio.sleep(0.5)
        assert own.prune() == 1


async def test_a_full_door_still_shows_its_metrics_and_is_healthy(tmp_path: Path) -> None:
    async with open_door(tmp_path, max_connections=50) as door, hoard(door) as held:
        await held.grow(60)
        await asyncio.sleep(0.5)
        assert await door.stat("envoy_listener_downstream_global_cx_overflow") > 0
        healthy = door.metrics_url.replace("/stats/prometheus", "/envoyz")
        assert (await asyncio.to_thread(urllib.request.urlopen, healthy, timeout=10)).status == 200
