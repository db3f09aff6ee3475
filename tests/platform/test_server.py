"""What every service does the same: errors as statuses, metrics, health, the admin token, a graceful stop."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from prometheus_client import REGISTRY

from cygnet.platform import errors
from cygnet.platform.grpc.server import Endpoint, Lifetime, serving
from cygnet.platform.grpc.status import from_rpc_error
from cygnet.v1 import leaderboard_pb2, leaderboard_pb2_grpc

from ..workloads import callers

DESCRIPTOR = leaderboard_pb2.DESCRIPTOR.services_by_name["LeaderboardService"]
TOKEN = "t" * 32


class Raising(leaderboard_pb2_grpc.LeaderboardServiceServicer):
    """Raises what the test asks for."""

    def __init__(self, error: Exception | None) -> None:
        self.error = error
        self.watching = asyncio.Event()
        self.left = asyncio.Event()

    async def GetLeaderboard(self, request, context):  # type: ignore[no-untyped-def]
        if self.error is not None:
            raise self.error
        return leaderboard_pb2.GetLeaderboardResponse()

    async def GetStanding(self, request, context):  # type: ignore[no-untyped-def]
        return leaderboard_pb2.GetStandingResponse()

    async def WatchLeaderboard(self, request, context):  # type: ignore[no-untyped-def]
        try:
            yield leaderboard_pb2.WatchLeaderboardResponse()
            self.watching.set()
            await asyncio.Event().wait()
        finally:
            self.left.set()


async def stub_of(
    servicer: Raising, token: str | None = None
) -> AsyncIterator[tuple["leaderboard_pb2_grpc.LeaderboardServiceAsyncStub", grpc.aio.Channel]]:
    endpoint = Endpoint("127.0.0.1:0", [servicer], callers(token), admin=token is not None)
    async with serving([endpoint], grace_s=1) as [port], grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield leaderboard_pb2_grpc.LeaderboardServiceStub(channel), channel


def handled(code: str, method: str = "GetLeaderboard", kind: str = "unary") -> float:
    labels = {
        "grpc_type": kind,
        "grpc_service": "cygnet.v1.LeaderboardService",
        "grpc_method": method,
        "grpc_code": code,
    }
    return REGISTRY.get_sample_value("grpc_server_handled_total", labels) or 0.0


@pytest.mark.parametrize(
    ("error", "code", "metric"),
    [
        (
            errors.InvalidRequest(errors.FieldViolation("prompt", "write what to draw")),
            grpc.StatusCode.INVALID_ARGUMENT,
            "InvalidArgument",
        ),
        (errors.NotFound("no such contest", reason="CONTEST_NOT_FOUND"), grpc.StatusCode.NOT_FOUND, "NotFound"),
        (errors.NotSignedIn("join first"), grpc.StatusCode.UNAUTHENTICATED, "Unauthenticated"),
        (errors.NotAllowed("not yours"), grpc.StatusCode.PERMISSION_DENIED, "PermissionDenied"),
        (errors.Conflict("too old"), grpc.StatusCode.FAILED_PRECONDITION, "FailedPrecondition"),
        (errors.LeaseLost("gone"), grpc.StatusCode.ABORTED, "Aborted"),
        (errors.Unavailable("Redis is away"), grpc.StatusCode.UNAVAILABLE, "Unavailable"),
        (
            errors.Refused("too fast", reason="SUBMIT_RATE", retry_after_s=1.25),
            grpc.StatusCode.RESOURCE_EXHAUSTED,
            "ResourceExhausted",
        ),
    ],
)
async def test_a_domain_error_arrives_as_itself(error: errors.DomainError, code: grpc.StatusCode, metric: str) -> None:
    before = handled(metric)
    async for stub, _ in stub_of(Raising(error)):
        with pytest.raises(grpc.aio.AioRpcError) as raised:
            await stub.GetLeaderboard(leaderboard_pb2.GetLeaderboardRequest())
        assert raised.value.code() is code
        arrived = from_rpc_error(raised.value)
        assert type(arrived) is type(error)
        assert vars(arrived) == vars(error)
    assert handled(metric) == before + 1


async def test_bytes_that_are_no_message_are_the_callers_mistake(caplog: pytest.LogCaptureFixture) -> None:
    before = handled("InvalidArgument")
    streams_before = handled("InvalidArgument", "WatchLeaderboard", "server_stream")
    async for _, given in stub_of(Raising(None)):
        channel: Any = given
        with pytest.raises(grpc.aio.AioRpcError) as raised:
            await channel.unary_unary("/cygnet.v1.LeaderboardService/GetLeaderboard")(b"\xff\xff\xff")
        assert isinstance(from_rpc_error(raised.value), errors.InvalidRequest)
        with pytest.raises(grpc.aio.AioRpcError) as raised:
            async for _ in channel.unary_stream("/cygnet.v1.LeaderboardService/WatchLeaderboard")(b"\xff"):
                pass
        assert isinstance(from_rpc_error(raised.value), errors.InvalidRequest)
    assert handled("InvalidArgument") == before + 1
    assert handled("InvalidArgument", "WatchLeaderboard", "server_stream") == streams_before + 1
    assert [record for record in caplog.records if record.levelname in ("WARNING", "ERROR")] == []


async def test_an_unexpected_error_says_nothing_of_the_inside(caplog: pytest.LogCaptureFixture) -> None:
    async for stub, _ in stub_of(Raising(RuntimeError("redis://:password@host"))):
        with pytest.raises(grpc.aio.AioRpcError) as raised:
            await stub.GetLeaderboard(leaderboard_pb2.GetLeaderboardRequest())
        assert raised.value.code() is grpc.StatusCode.INTERNAL
        assert "password" not in str(raised.value.details())
    [record] = [record for record in caplog.records if "unexpected error" in record.message]
    assert record.incident in str(raised.value.details())  # type: ignore[attr-defined]


async def test_a_request_that_is_too_large_is_refused() -> None:
    async for stub, _ in stub_of(Raising(None)):
        with pytest.raises(grpc.aio.AioRpcError) as raised:
            await stub.GetLeaderboard(leaderboard_pb2.GetLeaderboardRequest(contest="x" * 100_000))
        assert raised.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED


@pytest.mark.parametrize("metadata", [(), (("authorization", "Bearer wrong"),), (("authorization", TOKEN),)])
async def test_without_the_admin_token_nothing_is_served(metadata: tuple[tuple[str, str], ...]) -> None:
    async for stub, _ in stub_of(Raising(None), TOKEN):
        with pytest.raises(grpc.aio.AioRpcError) as raised:
            await stub.GetLeaderboard(leaderboard_pb2.GetLeaderboardRequest(), metadata=metadata)
        assert raised.value.code() is grpc.StatusCode.UNAUTHENTICATED
        await stub.GetLeaderboard(
            leaderboard_pb2.GetLeaderboardRequest(), metadata=(("authorization", f"Bearer {TOKEN}"),)
        )


async def test_a_stream_that_the_client_leaves_is_left_by_the_server() -> None:
    servicer = Raising(None)
    async for stub, _ in stub_of(servicer):
        call = stub.WatchLeaderboard(leaderboard_pb2.WatchLeaderboardRequest())
        await call.read()
        await servicer.watching.wait()
        call.cancel()
        async with asyncio.timeout(5):
            await servicer.left.wait()


async def test_health_tells_of_every_service() -> None:
    async for _, channel in stub_of(Raising(None)):
        # The stubs of this package know no methods.
        health: Any = health_pb2_grpc.HealthStub(channel)
        for service in ("", "liveness", "cygnet.v1.LeaderboardService"):
            answer = await health.Check(health_pb2.HealthCheckRequest(service=service))
            assert answer.status == health_pb2.HealthCheckResponse.SERVING


async def test_one_that_is_not_ready_lives_all_the_same_and_one_that_stops_is_not_ready() -> None:
    async with AsyncExitStack() as resources:
        lifetime = Lifetime(resources)
        endpoint = Endpoint("127.0.0.1:0")
        async with (
            serving([endpoint], grace_s=1, health_servicer=lifetime.health) as [port],
            grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel,
        ):
            health: Any = health_pb2_grpc.HealthStub(channel)

            async def serves(service: str) -> bool:
                answer = await health.Check(health_pb2.HealthCheckRequest(service=service))
                return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)

            seen = []
            for ready in (False, True, False):
                await lifetime.set_ready(ready)
                seen.append((await serves(""), await serves("liveness")))
            assert seen == [(False, True), (True, True), (False, True)]
            lifetime.stopping.set()
            await lifetime.set_ready(True)
            assert (await serves(""), await serves("liveness")) == (False, True)
