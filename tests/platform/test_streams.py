"""One caller has so many streams open at once, and a place again when one ends."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any, cast

import pytest

from cygnet.platform.errors import Refused
from cygnet.platform.grpc.interceptors import AioContext
from cygnet.platform.grpc.streams import MOST_OF_ADDRESS, MOST_OF_SESSION, StreamShareInterceptor

WATCH = "/cygnet.v1.LeaderboardService/WatchLeaderboard"


class Call:
    """As much of a call as is looked at."""

    def __init__(self, **metadata: str) -> None:
        self._metadata = tuple((f"x-cygnet-{key}", value) for key, value in metadata.items())

    def invocation_metadata(self) -> Any:
        return self._metadata


@pytest.fixture
async def opened() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as stack:
        yield stack


async def open_one(
    streams: StreamShareInterceptor, opened: AsyncExitStack, kind: str = "server_stream", **metadata: str
) -> None:
    await opened.enter_async_context(streams.around(WATCH, kind, cast(AioContext, Call(**metadata))))


@pytest.mark.parametrize(
    ("caller", "most"),
    [({"session": "a", "address": "203.0.113.1"}, MOST_OF_SESSION), ({"address": "203.0.113.1"}, MOST_OF_ADDRESS)],
    ids=["session", "address"],
)
async def test_a_caller_has_so_many_streams_and_nobody_else_is_touched(
    opened: AsyncExitStack, caller: dict[str, str], most: int
) -> None:
    streams = StreamShareInterceptor()
    async with AsyncExitStack() as own:
        for _ in range(most):
            await open_one(streams, own, **caller)
        with pytest.raises(Refused, match="too many streams"):
            await open_one(streams, own, **caller)
        await open_one(streams, opened, session="b", address="203.0.113.1")
        await open_one(streams, opened, address="203.0.113.2")
        await open_one(streams, opened, kind="unary", **caller)
    await open_one(streams, opened, **caller)


async def test_calls_from_inside_have_no_bound(opened: AsyncExitStack) -> None:
    streams = StreamShareInterceptor()
    for _ in range(MOST_OF_ADDRESS + 1):
        await open_one(streams, opened)
