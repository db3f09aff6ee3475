"""How one sees from outside that a process serves, or at least lives. Each function returns once it does; its caller
bounds the wait.
"""

import asyncio
from collections.abc import Awaitable
from pathlib import Path
from typing import Any

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from cygnet.inference.triton import DrawingFailed, TritonClient, TritonUnavailable
from cygnet.local.supervisor import NotReady
from cygnet.platform.grpc import READINESS

_PAUSE_S = 0.05
_TRY_S = 2.0


async def grpc_serves(address: str, service: str = READINESS) -> None:
    """Waits until the standard health service says SERVING of `service`."""
    options = [("grpc.initial_reconnect_backoff_ms", 50), ("grpc.max_reconnect_backoff_ms", 200)]
    async with grpc.aio.insecure_channel(address, options=options) as channel:
        stub: Any = health_pb2_grpc.HealthStub(channel)
        while not await _is_serving(stub, service):
            await asyncio.sleep(_PAUSE_S)


async def http_answers(host: str, port: int, path: str) -> None:
    """Waits until a GET is answered with 200."""
    while not (await _get(host, port, path)).startswith((b"HTTP/1.1 200", b"HTTP/1.0 200")):
        await asyncio.sleep(_PAUSE_S)


async def redis_answers(socket: Path) -> None:
    """Waits until Redis has read its file and answers; while it reads, it says LOADING.

    With any other error it answers too: one whose disk is full (MISCONF) is not helped by being started again.
    """
    while True:
        try:
            async with asyncio.timeout(_TRY_S):
                answer = await _exchange(asyncio.open_unix_connection(str(socket)), b"PING\r\n", 64)
        except (OSError, TimeoutError):
            answer = b""
        if answer and not answer.startswith(b"-LOADING"):
            return
        await asyncio.sleep(_PAUSE_S)


async def triton_draws(address: str) -> None:
    """Waits until Triton has drawn and scored a tiny picture: nothing less proves that its models work."""
    host, port = address.rsplit(":", 1)
    await port_opens(host, int(port))
    client = TritonClient(address)
    try:
        while True:
            try:
                await client.probe(patience_s=60)
                return
            except TritonUnavailable:
                await asyncio.sleep(_PAUSE_S)
            except DrawingFailed as error:
                raise NotReady(f"answers, but cannot draw: {error}") from error
    finally:
        await client.close()


async def port_opens(host: str, port: int) -> None:
    """Waits until connections are accepted."""
    while True:
        try:
            _, writer = await asyncio.open_connection(host, port)
        except OSError:
            await asyncio.sleep(_PAUSE_S)
        else:
            writer.close()
            return


async def _is_serving(stub: Any, service: str) -> bool:
    try:
        request = health_pb2.HealthCheckRequest(service=service)
        answer = await stub.Check(request, timeout=_TRY_S, wait_for_ready=True)
    except grpc.aio.AioRpcError:
        return False
    return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)


async def _get(host: str, port: int, path: str) -> bytes:
    """Returns the whole answer to a GET, empty where there is none."""
    request = f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode()
    try:
        async with asyncio.timeout(_TRY_S):
            return await _exchange(asyncio.open_connection(host, port), request, -1)
    except (OSError, TimeoutError):
        return b""


async def _exchange(
    connecting: Awaitable[tuple[asyncio.StreamReader, asyncio.StreamWriter]], request: bytes, most: int
) -> bytes:
    """Sends a request on a new connection; returns at most so many bytes of the answer, all of them for -1."""
    reader, writer = await connecting
    try:
        writer.write(request)
        await writer.drain()
        return await reader.read(most)
    finally:
        writer.close()
