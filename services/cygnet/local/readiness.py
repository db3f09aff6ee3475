"""How one sees from outside that a process serves, or at least lives. Each function returns once it does; its caller
bounds the wait.
"""

import asyncio
import http.client
import re
import urllib.request
from collections import Counter
from collections.abc import Awaitable
from typing import Any
from urllib.parse import urlsplit

import grpc
import redis.asyncio as aioredis
from grpc_health.v1 import health_pb2, health_pb2_grpc
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import ResponseError
from redis.exceptions import TimeoutError as RedisTimeoutError

from cygnet.inference.triton import DrawingFailed, TritonClient, TritonUnavailable
from cygnet.local.endpoints import Endpoints
from cygnet.local.supervisor import NotReady
from cygnet.platform.grpc import READINESS

_PAUSE_S = 0.05
_TRY_S = 2.0
_STATUS_WITHIN_S = 5.0
_WORK_PAUSE_S = 1.0


async def check_all(at: Endpoints) -> dict[str, bool]:
    """Returns for every process of a game whether it serves.

    Of Triton one learns only that it listens: a call that is given up would do harm (see `cygnet.inference.triton`).
    """
    checks: dict[str, Awaitable[None]] = {
        "redis": redis_answers(at.redis_url),
        "triton": port_opens(at.triton),
        "dedup": grpc_serves(at.dedup),
        "leaderboard": grpc_serves(at.leaderboard),
        "submission": grpc_serves(at.submission),
        "worker": grpc_serves(at.worker),
        "gateway": http_answers(f"http://{at.gateway}/healthz"),
        "envoy": http_answers(f"{at.url}envoyz"),
    }
    waits = (asyncio.wait_for(check, _STATUS_WITHIN_S) for check in checks.values())
    outcomes = await asyncio.gather(*waits, return_exceptions=True)
    for outcome in outcomes:
        if outcome is not None and not isinstance(outcome, TimeoutError):
            raise outcome
    return {name: outcome is None for name, outcome in zip(checks, outcomes, strict=True)}


async def grpc_serves(address: str, service: str = READINESS) -> None:
    """Waits until the standard health service says SERVING of `service`."""
    options = [("grpc.initial_reconnect_backoff_ms", 50), ("grpc.max_reconnect_backoff_ms", 200)]
    async with grpc.aio.insecure_channel(address, options=options) as channel:
        stub: Any = health_pb2_grpc.HealthStub(channel)
        while not await _is_serving(stub, service):
            await asyncio.sleep(_PAUSE_S)


async def http_answers(url: str) -> None:
    """Waits until a GET is answered with 200."""
    while await asyncio.to_thread(_status, url) != http.client.OK:
        await asyncio.sleep(_PAUSE_S)


async def redis_answers(url: str) -> None:
    """Waits until Redis has read its file and answers; while it reads, it says LOADING (a ConnectionError).

    With any other error it answers too: one whose disk is full (MISCONF) is not helped by being started again.
    """
    limits: dict[str, Any] = {"socket_timeout": _TRY_S, "socket_connect_timeout": _TRY_S}
    async with aioredis.Redis.from_url(url, retry=Retry(NoBackoff(), 0), **limits) as client:
        while True:
            try:
                await client.ping()
                return
            except ResponseError:
                return
            except (RedisConnectionError, RedisTimeoutError, OSError):
                await asyncio.sleep(_PAUSE_S)


async def triton_works(metrics_url: str, answers_within_s: float = 30.0) -> None:
    """Waits until Triton answers, and each of its models has nothing that waits for its turn, or ends something.

    A model's process that hangs keeps its request and all that come after it; Triton itself goes on answering. That is
    seen by its own counts: a call of ours that is given up would do harm (see `cygnet.inference.triton`).

    Raises:
        NotReady: it does not answer.
    """
    ended_before: Counter[str] = Counter()
    while True:
        try:
            async with asyncio.timeout(answers_within_s):
                await http_answers(metrics_url)
                waiting, ended = await asyncio.to_thread(_work, metrics_url)
        except TimeoutError:
            raise NotReady(f"did not answer within {answers_within_s:g} s") from None
        ended_before = ended_before or ended
        if not any(waiting[model] and ended[model] == ended_before.get(model) for model in waiting):
            return
        await asyncio.sleep(_WORK_PAUSE_S)


async def triton_draws(address: str) -> None:
    """Waits until Triton has drawn and scored a tiny picture: nothing less proves that its models work.

    Raises:
        NotReady: it answers, and cannot draw.
    """
    await port_opens(address)
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


async def port_opens(address: str) -> None:
    """Waits until connections are accepted, at host:port or unix:<path>."""
    host, _, port = address.rpartition(":")
    while True:
        try:
            _, writer = await (
                asyncio.open_unix_connection(address.removeprefix("unix:"))
                if address.startswith("unix:")
                else asyncio.open_connection(host, int(port))
            )
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


def _work(url: str) -> tuple[Counter[str], Counter[str]]:
    """Returns by model how many requests wait for it, and how many have ended since it was loaded."""
    with urllib.request.urlopen(url, timeout=_TRY_S) as answer:  # noqa: S310 - an address of ours
        text = answer.read().decode()
    waiting: Counter[str] = Counter()
    ended: Counter[str] = Counter()
    for name, model, count in re.findall(
        r'^(nv_inference_\w+)\{[^}]*model="([^"]*)"[^}]*\} (\S+)$', text, re.MULTILINE
    ):
        if name == "nv_inference_pending_request_count":
            waiting[model] += round(float(count))
        elif name in ("nv_inference_request_success", "nv_inference_request_failure"):
            ended[model] += round(float(count))
    return waiting, ended


def _status(url: str) -> int:
    """Returns the status of a GET, 0 where there is no answer. No proxy of the environment is asked."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=_TRY_S)
    try:
        connection.request("GET", parts.path)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()
