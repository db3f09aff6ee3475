"""What every caller gets from `channel`: errors of the domain, a deadline, the token, streams that end when left."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import pytest

from cygnet.platform import errors
from cygnet.platform.grpc import client
from cygnet.platform.grpc.client import channel
from cygnet.platform.grpc.server import Endpoint, serving
from cygnet.v1 import leaderboard_pb2, leaderboard_pb2_grpc

from ..workloads import callers

DESCRIPTOR = leaderboard_pb2.DESCRIPTOR.services_by_name["LeaderboardService"]
TOKEN = "t" * 32


class Servicer(leaderboard_pb2_grpc.LeaderboardServiceServicer):
    """Answers GetLeaderboard, never answers GetStanding, and streams one message and then `error`."""

    def __init__(self) -> None:
        self.error: errors.DomainError | None = None
        self.left = asyncio.Event()

    async def GetLeaderboard(self, request, context):  # type: ignore[no-untyped-def]
        if self.error is not None:
            raise self.error
        return leaderboard_pb2.GetLeaderboardResponse()

    async def GetStanding(self, request, context):  # type: ignore[no-untyped-def]
        await asyncio.Event().wait()

    async def WatchLeaderboard(self, request, context):  # type: ignore[no-untyped-def]
        try:
            yield leaderboard_pb2.WatchLeaderboardResponse()
            if self.error is not None:
                raise self.error
            await asyncio.Event().wait()
        finally:
            self.left.set()


@pytest.fixture
def servicer() -> Servicer:
    return Servicer()


@pytest.fixture
async def address(servicer: Servicer) -> AsyncIterator[str]:
    async with serving([Endpoint("127.0.0.1:0", [servicer], callers(TOKEN), admin=True)], grace_s=1) as [port]:
        yield f"127.0.0.1:{port}"


@pytest.fixture
async def stub(address: str) -> AsyncIterator["leaderboard_pb2_grpc.LeaderboardServiceAsyncStub"]:
    async with channel(address, token=lambda: TOKEN) as connection:
        yield leaderboard_pb2_grpc.LeaderboardServiceStub(connection)


REFUSED = errors.Refused("too fast", reason="SUBMIT_RATE", retry_after_s=1.25)


async def test_a_call_is_answered_or_raises_the_error_of_the_domain(
    servicer: Servicer, stub: "leaderboard_pb2_grpc.LeaderboardServiceAsyncStub"
) -> None:
    request = leaderboard_pb2.GetLeaderboardRequest()
    assert await stub.GetLeaderboard(request) == leaderboard_pb2.GetLeaderboardResponse()
    servicer.error = REFUSED
    with pytest.raises(errors.Refused) as raised:
        await stub.GetLeaderboard(request)
    assert vars(raised.value) == vars(REFUSED)


async def test_a_stream_raises_the_error_of_the_domain(
    servicer: Servicer, stub: "leaderboard_pb2_grpc.LeaderboardServiceAsyncStub"
) -> None:
    servicer.error = REFUSED
    received = []
    with pytest.raises(errors.Refused):
        async for message in stub.WatchLeaderboard(leaderboard_pb2.WatchLeaderboardRequest()):
            received.append(message)
    assert received == [leaderboard_pb2.WatchLeaderboardResponse()]


async def test_a_stream_that_is_left_is_cancelled(
    servicer: Servicer, stub: "leaderboard_pb2_grpc.LeaderboardServiceAsyncStub"
) -> None:
    stream: Any = stub.WatchLeaderboard(leaderboard_pb2.WatchLeaderboardRequest())
    async with contextlib.aclosing(stream) as messages:
        await anext(messages)
    async with asyncio.timeout(10):
        await servicer.left.wait()


async def test_a_call_without_an_answer_ends_at_its_deadline(
    stub: "leaderboard_pb2_grpc.LeaderboardServiceAsyncStub", address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "DEADLINE_S", 0.2)
    for timeout in (None, 0.1):
        with pytest.raises(errors.Unavailable, match=f"no answer from {address}"):
            await stub.GetStanding(leaderboard_pb2.GetStandingRequest(), timeout=timeout)


async def test_without_the_token_nobody_gets_in(address: str) -> None:
    async with channel(address) as connection:
        stub: leaderboard_pb2_grpc.LeaderboardServiceAsyncStub = leaderboard_pb2_grpc.LeaderboardServiceStub(connection)
        with pytest.raises(errors.NotSignedIn):
            await stub.GetLeaderboard(leaderboard_pb2.GetLeaderboardRequest())
