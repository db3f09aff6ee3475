"""The leaderboard on live servers, wired as its `__main__` wires it, on a real Redis."""

import asyncio
import itertools
import random
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

import grpc
import pytest
import redis.asyncio as aioredis
from google.protobuf.timestamp_pb2 import Timestamp

import cygnet.leaderboard.__main__ as leaderboard_main
from cygnet.leaderboard.rebuild import rebuild
from cygnet.leaderboard.settings import LeaderboardSettings
from cygnet.leaderboard.store import LeaderboardStore
from cygnet.leaderboard.telemetry import REFRESHES
from cygnet.platform.errors import DomainError, InvalidRequest, NotFound
from cygnet.platform.server import Lifetime, serving
from cygnet.platform.status import from_rpc_error
from cygnet.v1 import (
    admin_pb2,
    admin_pb2_grpc,
    contest_pb2,
    leaderboard_pb2,
    leaderboard_pb2_grpc,
    results_pb2,
    results_pb2_grpc,
)

ADMIN_TOKEN = "a" * 32
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
    deliveries: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    async def apply(self, *, decimals: int = 2, staff: tuple[str, ...] = ()) -> None:
        document = contest_pb2.ContestDocument(
            contest=contest_pb2.Contest(
                name="test",
                title={"en": "Draw the duck"},
                targets=[
                    contest_pb2.Target(name="duck", picture_sha256="0" * 64),
                    contest_pb2.Target(name="swan", picture_sha256="1" * 64),
                ],
                decimals=decimals,
                max_prompt_chars=300,
            ),
            model=contest_pb2.Model(
                generator_source="builtin://cygnet-tiny", steps=4, size=256, scorer_source="builtin://cygnet-clip"
            ),
            admission=contest_pb2.AdmissionPolicy(
                every_ms=1000, burst=5, pending=3, max_predicted_wait_ms=300_000, dedup_scope="DEDUP_SCOPE_CONTEST"
            ),
            staff=staff,
        )
        await self.admin.ApplyContest(
            admin_pb2.ApplyContestRequest(document=document),
            metadata=(("authorization", f"Bearer {ADMIN_TOKEN}"),),
        )

    def result(
        self, who: int, score: float, ms: int = 0, *, target: str = "duck", nickname: str | None = None
    ) -> results_pb2.DeliveredResult:
        delivered_at = Timestamp()
        delivered_at.FromMilliseconds(OPENING_MS + ms)
        number = next(self.deliveries)
        return results_pb2.DeliveredResult(
            delivery_id=base32(number),
            participant_id=base32(who),
            nickname=f"player {who}" if nickname is None else nickname,
            target=target,
            picture_sha256=f"{number:064x}",
            score=score,
            cosine=0.5,
            delivered_at=delivered_at,
            policy_generation=1,
        )

    async def record(self, *results: results_pb2.DeliveredResult) -> int:
        answer = await self.results.RecordResults(results_pb2.RecordResultsRequest(contest="test", results=results))
        return answer.appended

    async def board(self, target: str = "duck", limit: int = 0) -> leaderboard_pb2.Leaderboard:
        request = leaderboard_pb2.GetLeaderboardRequest(contest="test", target=target, limit=limit)
        return (await self.public.GetLeaderboard(request)).leaderboard

    async def standing(self, who: int, target: str = "duck") -> leaderboard_pb2.Standing:
        request = leaderboard_pb2.GetStandingRequest(contest="test", target=target, participant_id=base32(who))
        return (await self.public.GetStanding(request)).standing

    def watch(self, target: str = "duck", limit: int = 0, after: int = 0):  # type: ignore[no-untyped-def]
        return self.public.WatchLeaderboard(
            leaderboard_pb2.WatchLeaderboardRequest(contest="test", target=target, limit=limit, after_revision=after)
        )


@asynccontextmanager
async def serving_leaderboard(redis_url: str, *, heartbeat_s: float = 15) -> AsyncIterator[Service]:
    async with AsyncExitStack() as stack:
        lifetime = Lifetime(stack)
        settings = LeaderboardSettings(redis_url=redis_url, admin_token=ADMIN_TOKEN)
        endpoints = await leaderboard_main.wire(settings, lifetime, heartbeat_s=heartbeat_s)
        port, admin_port = await stack.enter_async_context(serving(endpoints, grace_s=1))
        public = await stack.enter_async_context(grpc.aio.insecure_channel(f"127.0.0.1:{port}"))
        admin = await stack.enter_async_context(grpc.aio.insecure_channel(f"127.0.0.1:{admin_port}"))
        yield Service(
            public=leaderboard_pb2_grpc.LeaderboardServiceStub(public),
            results=results_pb2_grpc.ResultLogServiceStub(public),
            admin=admin_pb2_grpc.ContestAdminServiceStub(admin),
            lifetime=lifetime,
        )
        lifetime.stopping.set()


@pytest.fixture
async def service(redis_url: str, redis_client: aioredis.Redis) -> AsyncIterator[Service]:
    async with serving_leaderboard(redis_url) as running:
        await running.apply()
        yield running


async def raised_by(call) -> DomainError:  # type: ignore[no-untyped-def]
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await call
    return from_rpc_error(raised.value)


def places(board: leaderboard_pb2.Leaderboard) -> list[tuple[int, str]]:
    return [(standing.rank, standing.nickname) for standing in board.standings]


async def next_board(
    watch, until: Callable[[leaderboard_pb2.Leaderboard], bool] = lambda board: True
) -> leaderboard_pb2.Leaderboard:  # type: ignore[no-untyped-def]
    """Returns the next leaderboard of a stream that fulfils a condition."""
    async with asyncio.timeout(10):
        while True:
            event = await watch.read()
            assert event is not grpc.aio.EOF
            if event.HasField("leaderboard") and until(event.leaderboard):
                return event.leaderboard


async def test_the_best_result_counts_and_the_earlier_wins_a_tie(service: Service) -> None:
    await service.record(
        service.result(1, 50.0, 0),
        service.result(1, 70.0, 10),
        service.result(1, 60.0, 20),
        service.result(2, 72.3, 40),
        service.result(3, 72.3, 30),
        service.result(4, 12.5, 50),
    )
    board = await service.board()
    assert places(board) == [(1, "player 3"), (1, "player 2"), (3, "player 1"), (4, "player 4")]
    assert board.participants == 4
    assert [standing.score for standing in board.standings] == [72.3, 72.3, 70.0, 12.5]
    assert board.standings[2].picture_sha256 == f"{2:064x}"
    assert board.standings[2].achieved_at.ToMilliseconds() == OPENING_MS + 10
    assert (await service.standing(1)).rank == 3
    assert (await service.standing(2)) == board.standings[1]


async def test_a_result_from_before_the_first_one_still_wins_its_tie(service: Service) -> None:
    await service.record(service.result(1, 80.0, 5_000))
    await service.record(service.result(2, 80.0, 4_000), service.result(3, 80.0, -3_600_000))
    assert places(await service.board()) == [(1, "player 3"), (1, "player 2"), (1, "player 1")]


async def test_a_delivery_counts_once(service: Service) -> None:
    result = service.result(1, 50.0)
    assert await service.record(result, result) == 1
    before = await service.board()
    assert await service.record(result) == 0
    assert await service.board() == before


async def test_scores_keep_their_last_bit(service: Service) -> None:
    score = 72.29999999999998
    await service.record(service.result(1, score))
    assert (await service.standing(1)).score == score


async def test_targets_are_ranked_apart(service: Service) -> None:
    await service.record(service.result(1, 50.0), service.result(1, 60.0, target="swan"), service.result(2, 55.0))
    assert places(await service.board("swan")) == [(1, "player 1")]
    assert places(await service.board()) == [(1, "player 2"), (2, "player 1")]


async def test_staff_plays_and_is_neither_ranked_nor_counted_from_one_moment_to_the_next(service: Service) -> None:
    await service.record(
        service.result(1, 99.0, nickname="Cloudshin"), service.result(2, 80.0), service.result(3, 70.0)
    )
    assert (await service.standing(2)).rank == 2
    await service.apply(staff=("cloudshin", "achimnol"))
    board = await service.board()
    assert places(board) == [(1, "player 2"), (2, "player 3")]
    assert board.participants == 2
    assert (await service.standing(3)).rank == 2
    error = await raised_by(service.standing(1))
    assert isinstance(error, NotFound) and error.reason == "STAFF_NOT_RANKED"
    await service.apply(staff=())
    assert places(await service.board())[0] == (1, "Cloudshin")


async def test_a_limit_is_filled_past_staff(service: Service) -> None:
    await service.apply(staff=("staff",))
    await service.record(*(service.result(i, 100.0 - i, nickname="Staff" if i % 2 else None) for i in range(1, 41)))
    board = await service.board(limit=20)
    assert places(board) == [(i, f"player {2 * i}") for i in range(1, 21)]
    assert board.participants == 20


async def test_more_decimals_where_neighbours_would_look_the_same(service: Service) -> None:
    await service.record(
        service.result(1, 80.0), service.result(2, 72.3012), service.result(3, 72.3041), service.result(4, 72.3041)
    )
    board = await service.board()
    assert [(s.rank, s.decimals) for s in board.standings] == [(1, 2), (2, 3), (2, 3), (4, 3)]
    assert [(await service.standing(who)).decimals for who in (1, 2, 3, 4)] == [2, 3, 3, 3]
    # The next score counts although it is not on the list.
    assert [s.decimals for s in (await service.board(limit=2)).standings] == [2, 3]


async def test_a_nickname_is_text_and_comes_back_unchanged(service: Service) -> None:
    hostile = "<script>alert('1')</script> ]] %s \\ \"} 오리🦆 é"
    await service.record(service.result(1, 50.0, nickname=hostile))
    assert (await service.board()).standings[0].nickname == hostile


async def test_the_newest_nickname_counts_in_whatever_order_they_come(service: Service) -> None:
    await service.record(service.result(1, 50.0, 100, nickname="Grace"))
    await service.record(service.result(1, 40.0, 0, nickname="Ada"))
    assert (await service.board()).standings[0].nickname == "Grace"
    await service.apply(staff=("ada",))
    assert (await service.board()).participants == 1


async def test_what_does_not_exist_and_what_is_out_of_bounds(service: Service) -> None:
    for contest, target, reason in (("none", "duck", "CONTEST_NOT_FOUND"), ("test", "goose", "TARGET_NOT_FOUND")):
        for call, request in (
            (service.public.GetLeaderboard, leaderboard_pb2.GetLeaderboardRequest(contest=contest, target=target)),
            (
                service.public.GetStanding,
                leaderboard_pb2.GetStandingRequest(contest=contest, target=target, participant_id=base32(1)),
            ),
        ):
            error = await raised_by(call(request))
            assert isinstance(error, NotFound) and error.reason == reason
        watch = service.public.WatchLeaderboard(leaderboard_pb2.WatchLeaderboardRequest(contest=contest, target=target))
        error = await raised_by(watch.read())
        assert isinstance(error, NotFound) and error.reason == reason
    error = await raised_by(service.standing(1))
    assert isinstance(error, NotFound) and error.reason == "NO_SCORE_YET"
    assert isinstance(await raised_by(service.board(limit=101)), InvalidRequest)
    assert isinstance(await raised_by(service.watch(limit=101).read()), InvalidRequest)
    bad_participant = leaderboard_pb2.GetStandingRequest(contest="test", target="duck", participant_id="x")
    assert isinstance(await raised_by(service.public.GetStanding(bad_participant)), InvalidRequest)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("delivery_id", ""),
        ("participant_id", "A" * 26),
        ("nickname", ""),
        ("nickname", "two\nlines"),
        ("target", "../duck"),
        ("picture_sha256", "F" * 64),
        ("score", 100.1),
        ("score", float("nan")),
        ("cosine", -1.1),
        ("delivered_at", Timestamp()),
        ("delivered_at", Timestamp(seconds=2**40)),
    ],
)
async def test_a_result_out_of_its_bounds_is_refused_and_nothing_of_its_call_is_kept(
    service: Service, name: str, value: object
) -> None:
    wrong = service.result(2, 50.0)
    if isinstance(value, Timestamp):
        wrong.delivered_at.CopyFrom(value)
    else:
        setattr(wrong, name, value)
    error = await raised_by(service.record(service.result(1, 50.0), wrong))
    assert isinstance(error, InvalidRequest)
    assert [violation.field for violation in error.violations] == [f"results.1.{name}"]
    assert (await service.board()).participants == 0


async def test_a_call_of_the_largest_size_passes_and_one_more_does_not(service: Service) -> None:
    most = [service.result(i, i / 5, nickname="🦆" * 24) for i in range(1, 501)]
    assert await service.record(*most) == 500
    assert isinstance(await raised_by(service.record(*most, service.result(501, 1.0))), InvalidRequest)
    assert isinstance(await raised_by(service.record()), InvalidRequest)


async def test_a_watcher_sees_the_board_at_once_and_every_change(service: Service) -> None:
    await service.record(service.result(1, 50.0))
    watch = service.watch()
    first = await next_board(watch)
    assert places(first) == [(1, "player 1")]
    await service.record(service.result(2, 60.0))
    second = await next_board(watch)
    assert places(second) == [(1, "player 2"), (2, "player 1")]
    assert second.revision > first.revision
    await service.record(service.result(2, 10.0, 1_000, nickname="Grace", target="swan"))
    assert places(await next_board(watch)) == [(1, "Grace"), (2, "player 1")]
    await service.apply(staff=("grace",))
    assert places(await next_board(watch)) == [(1, "player 1")]


async def test_a_watcher_that_comes_back_hears_only_what_is_new(redis_url: str, redis_client: aioredis.Redis) -> None:
    async with serving_leaderboard(redis_url, heartbeat_s=0.05) as service:
        await service.apply()
        await service.record(service.result(1, 50.0))
        watch = service.watch(after=(await service.board()).revision)
        async with asyncio.timeout(10):
            assert (await watch.read()).HasField("heartbeat")
        # A result elsewhere is no news here, a result here is.
        await service.record(service.result(1, 50.0, target="swan"))
        await service.record(service.result(2, 60.0))
        assert places(await next_board(watch)) == [(1, "player 2"), (2, "player 1")]


async def test_a_watcher_with_a_revision_from_before_a_loss_is_shown_the_board(service: Service) -> None:
    await service.record(service.result(1, 50.0))
    assert places(await next_board(service.watch(after=2**60))) == [(1, "player 1")]


async def test_silence_is_filled_with_heartbeats_and_stopping_ends_with_a_goodbye(
    redis_url: str, redis_client: aioredis.Redis
) -> None:
    async with serving_leaderboard(redis_url, heartbeat_s=0.05) as service:
        await service.apply()
        watch = service.watch()
        await next_board(watch)
        async with asyncio.timeout(10):
            assert (await watch.read()).HasField("heartbeat")
            service.lifetime.stopping.set()
            kinds = []
            while (event := await watch.read()) is not grpc.aio.EOF:
                kinds.append(event.WhichOneof("event"))
        assert kinds[-1] == "goodbye"
        assert "leaderboard" not in kinds


async def test_a_thousand_watchers_cost_one_read_a_change(service: Service) -> None:
    before = REFRESHES.labels("test")._value.get()
    watches = [service.watch(limit=5 + i % 3) for i in range(1000)]
    await asyncio.gather(*(next_board(watch) for watch in watches))
    await service.record(service.result(1, 50.0))
    boards = await asyncio.gather(*(next_board(watch) for watch in watches))
    assert all(places(board) == [(1, "player 1")] for board in boards)
    assert REFRESHES.labels("test")._value.get() - before == 1


async def test_at_most_four_pushes_a_second_under_five_hundred_results_a_second(service: Service) -> None:
    watch = service.watch(limit=100)
    await next_board(watch)
    pushed: list[float] = []
    seconds, rate = 3, 500

    async def look() -> None:
        while True:
            board = await next_board(watch)
            pushed.append(time.monotonic())
            if any(standing.nickname == "the last" for standing in board.standings):
                return

    looking = asyncio.create_task(look())
    began = time.monotonic()
    for i in range(seconds * rate // 10):
        await service.record(*(service.result(10 * i + k + 1, random.uniform(0, 90), i) for k in range(10)))
        await asyncio.sleep(max(0.0, began + (i + 1) * 10 / rate - time.monotonic()))
    recorded_in = time.monotonic() - began
    await service.record(service.result(10**6, 99.0, nickname="the last"))
    await looking
    assert recorded_in < seconds * 1.5, "the load was not made"
    assert len(pushed) >= seconds
    # Five in a row span four pauses of 250 ms; a push may be late by what the busy loop makes it wait.
    assert len(pushed) <= 4 * (pushed[-1] - pushed[0] + 0.3) + 1
    assert (await service.board()).participants == seconds * rate + 1


async def test_a_second_replica_shows_the_same(service: Service, redis_url: str) -> None:
    async with serving_leaderboard(redis_url) as replica:
        watch = replica.watch()
        await next_board(watch)
        await service.record(service.result(1, 50.0))
        assert places(await next_board(watch)) == [(1, "player 1")]
        await service.apply(staff=("player 1",))
        await next_board(watch, lambda board: board.participants == 0)


async def test_a_rebuild_under_way_loses_no_result_and_changes_nothing(
    service: Service, redis_client: aioredis.Redis
) -> None:
    store = LeaderboardStore(redis_client)
    stop = asyncio.Event()
    recorded = 0

    async def deliver() -> None:
        nonlocal recorded
        while not stop.is_set():
            recorded += await service.record(
                *(service.result(random.randint(1, 50), random.random() * 100, recorded + i) for i in range(5))
            )

    delivering = asyncio.create_task(deliver())
    async with asyncio.timeout(20):
        while recorded < 300:
            await asyncio.sleep(0)
        ranked = await rebuild(store, "test")
    stop.set()
    await delivering
    assert ranked >= 300
    served = await service.board(limit=100)
    assert await rebuild(store, "test") == recorded
    rebuilt = await service.board(limit=100)
    assert rebuilt.standings == served.standings
    assert rebuilt.participants == served.participants
    assert [key async for key in redis_client.scan_iter("*rebuil*")] == []


async def test_a_lost_subscription_loses_no_change(service: Service, redis_client: aioredis.Redis) -> None:
    watch = service.watch()
    await next_board(watch)
    assert await redis_client.client_kill_filter(_type="pubsub") >= 1
    await service.record(service.result(1, 50.0))
    assert places(await next_board(watch)) == [(1, "player 1")]
