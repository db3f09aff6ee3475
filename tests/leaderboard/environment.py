"""The leaderboard as tests use it: wired as its `__main__` wires it, on live ports."""

import asyncio
import hashlib
import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import grpc
import pytest
from google.protobuf.timestamp_pb2 import Timestamp

import cygnet.leaderboard.__main__ as leaderboard_main
from cygnet.internal.v1 import admin_pb2, admin_pb2_grpc, document_pb2, results_pb2, results_pb2_grpc
from cygnet.leaderboard.settings import LeaderboardSettings
from cygnet.platform.clock import now_ms
from cygnet.platform.errors import DomainError
from cygnet.platform.grpc.server import Lifetime, serving
from cygnet.platform.grpc.status import from_rpc_error
from cygnet.v1 import contest_pb2, leaderboard_pb2, leaderboard_pb2_grpc, submission_pb2

from ..redis_urls import as_user
from ..workloads import ADMIN_TOKEN, KEYS, inside_channel

OPENING_MS = 1_793_000_000_000
BASE32 = "abcdefghijklmnopqrstuvwxyz234567"


def base32(number: int) -> str:
    """Returns an id as participants and submissions have them."""
    digits = ""
    while number:
        number, digit = divmod(number, 32)
        digits = BASE32[digit] + digits
    return digits.rjust(26, "a")


@dataclass
class Service:
    """The leaderboard, and how the public, dedup and the operator reach it."""

    public: "leaderboard_pb2_grpc.LeaderboardServiceAsyncStub"
    results: "results_pb2_grpc.ResultLogServiceAsyncStub"
    admin: "admin_pb2_grpc.ContestAdminServiceAsyncStub"
    lifetime: Lifetime
    organisers: "leaderboard_pb2_grpc.LeaderboardServiceAsyncStub"
    admin_address: str
    deliveries: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    async def apply(
        self,
        *,
        decimals: int = 2,
        staff: tuple[str, ...] = (),
        closes_ms: int = 0,
        freeze_before_ms: int = 0,
        paused: bool = False,
    ) -> None:
        document = document_pb2.ContestDocument(
            contest=contest_pb2.Contest(
                name="test",
                title={"en": "Draw the duck"},
                targets=[
                    contest_pb2.Target(name="duck", picture_sha256="0" * 64),
                    contest_pb2.Target(name="swan", picture_sha256="1" * 64),
                ],
                decimals=decimals,
                max_prompt_chars=300,
                paused=paused,
            ),
            model=document_pb2.Model(
                generator_source="builtin://cygnet-tiny", steps=4, size=256, scorer_source="builtin://cygnet-clip"
            ),
            admission=document_pb2.AdmissionPolicy(
                every_ms=1000, burst=5, pending=3, max_predicted_wait_ms=300_000, dedup_scope="DEDUP_SCOPE_CONTEST"
            ),
            staff=staff,
        )
        if closes_ms:
            document.contest.freeze_before_ms = freeze_before_ms
            window = document.contest.windows.add()
            window.opens.FromMilliseconds(OPENING_MS)
            window.closes.FromMilliseconds(OPENING_MS + closes_ms)
        await self.admin.ApplyContest(
            admin_pb2.ApplyContestRequest(document=document),
            metadata=(("authorization", f"Bearer {ADMIN_TOKEN}"),),
        )

    def result(
        self,
        who: int,
        score: float,
        ms: int = 0,
        *,
        target: str = "duck",
        nickname: str | None = None,
        picture: str | None = None,
    ) -> results_pb2.DeliveredResult:
        """A result with a file of its own; with pixels of their own too, unless `picture` says which."""
        delivered_at = Timestamp()
        delivered_at.FromMilliseconds(OPENING_MS + ms)
        number = next(self.deliveries)
        return results_pb2.DeliveredResult(
            delivery_id=base32(number),
            participant_id=base32(who),
            nickname=f"player {who}" if nickname is None else nickname,
            target=target,
            delivered_at=delivered_at,
            policy_generation=1,
            result=submission_pb2.Result(
                picture_sha256=f"{number:064x}",
                pixels_sha256=hashlib.sha256((picture or str(number)).encode()).hexdigest(),
                score=score,
                cosine=0.5,
            ).SerializeToString(),
        )

    async def record(self, *results: results_pb2.DeliveredResult) -> int:
        answer = await self.results.RecordResults(results_pb2.RecordResultsRequest(contest="test", results=results))
        return answer.appended

    async def board(self, target: str = "duck", limit: int = 0) -> leaderboard_pb2.Leaderboard:
        request = leaderboard_pb2.GetLeaderboardRequest(contest="test", target=target, limit=limit)
        return (await self.public.GetLeaderboard(request)).leaderboard

    async def stands(self, who: int, target: str = "duck") -> leaderboard_pb2.GetStandingResponse:
        request = leaderboard_pb2.GetStandingRequest(contest="test", target=target, participant_id=base32(who))
        return await self.public.GetStanding(request)

    async def standing(self, who: int, target: str = "duck") -> leaderboard_pb2.Standing:
        return (await self.stands(who, target)).standing

    def watch(self, target: str = "duck", limit: int = 0, after: int = 0):  # type: ignore[no-untyped-def]
        return self.public.WatchLeaderboard(
            leaderboard_pb2.WatchLeaderboardRequest(contest="test", target=target, limit=limit, after_revision=after)
        )


@asynccontextmanager
async def serving_leaderboard(
    redis_url: str, *, heartbeat_s: float = 15, clock: Callable[[], int] = now_ms
) -> AsyncIterator[Service]:
    async with AsyncExitStack() as stack:
        lifetime = Lifetime(stack)
        settings = LeaderboardSettings(
            redis_url=as_user(redis_url, "leaderboard"), admin_token=ADMIN_TOKEN, installation_keys=KEYS
        )
        endpoints = await leaderboard_main.wire(settings, lifetime, heartbeat_s=heartbeat_s, clock=clock)
        port, admin_port = await stack.enter_async_context(serving(endpoints, grace_s=1))
        public = await stack.enter_async_context(inside_channel(f"127.0.0.1:{port}"))
        admin = await stack.enter_async_context(grpc.aio.insecure_channel(f"127.0.0.1:{admin_port}"))
        yield Service(
            public=leaderboard_pb2_grpc.LeaderboardServiceStub(public),
            results=results_pb2_grpc.ResultLogServiceStub(public),
            admin=admin_pb2_grpc.ContestAdminServiceStub(admin),
            lifetime=lifetime,
            organisers=leaderboard_pb2_grpc.LeaderboardServiceStub(admin),
            admin_address=f"127.0.0.1:{admin_port}",
        )
        lifetime.stopping.set()


async def raised_by(call) -> DomainError:  # type: ignore[no-untyped-def]
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await call
    return from_rpc_error(raised.value)


def places(board: leaderboard_pb2.Leaderboard) -> list[tuple[int, str]]:
    return [(standing.rank, standing.nickname) for standing in board.standings]


async def next_board(
    watch: Any, until: Callable[[leaderboard_pb2.Leaderboard], bool] = lambda board: True
) -> leaderboard_pb2.Leaderboard:
    """Returns the next leaderboard of a stream that fulfils a condition."""
    async with asyncio.timeout(10):
        while True:
            event = await watch.read()
            assert isinstance(event, leaderboard_pb2.WatchLeaderboardResponse), "the stream ended"
            if event.HasField("leaderboard") and until(event.leaderboard):
                return event.leaderboard
