"""Wires and runs the leaderboard service."""

from collections.abc import Callable, Sequence

from cygnet.contest.admin import ContestAdminServicer
from cygnet.contest.store import ContestStore
from cygnet.internal.v1 import admin_pb2, admin_pb2_grpc, results_pb2, results_pb2_grpc
from cygnet.leaderboard.boards import Boards
from cygnet.leaderboard.feed import LeaderboardFeed
from cygnet.leaderboard.servicer import LeaderboardServicer, ResultLogServicer
from cygnet.leaderboard.settings import LeaderboardSettings
from cygnet.leaderboard.store import LeaderboardStore
from cygnet.leaderboard.telemetry import Telemetry
from cygnet.platform.clock import now_ms
from cygnet.platform.grpc.server import MAX_ADMIN_REQUEST_BYTES, Endpoint, Lifetime, run
from cygnet.platform.latest import HEARTBEAT_S
from cygnet.platform.redis import connected
from cygnet.v1 import leaderboard_pb2, leaderboard_pb2_grpc

MAX_RESULTS_BYTES = 1024 * 1024
"""500 results with long nicknames; the public calls of the same port are far smaller."""


async def wire(
    settings: LeaderboardSettings,
    lifetime: Lifetime,
    *,
    heartbeat_s: float = HEARTBEAT_S,
    clock: Callable[[], int] = now_ms,
) -> Sequence[Endpoint]:
    """Builds the service; returns what it serves on its public and its admin port."""
    redis = await lifetime.resources.enter_async_context(connected(settings.redis_url.get_secret_value()))
    store, telemetry = LeaderboardStore(redis), Telemetry()
    contests = ContestStore(redis, "board", telemetry.document)
    await contests.load()
    lifetime.spawn(contests.follow(), "the contests' documents")

    def shown(boards: Boards) -> LeaderboardServicer:
        feed = LeaderboardFeed(boards, store, telemetry, lifetime.stopping, heartbeat_s=heartbeat_s)
        lifetime.spawn(feed.follow(), "the feed of results")
        lifetime.spawn(feed.follow_documents(), "the feed of documents")
        lifetime.spawn(feed.refresh(), "the refresh of what is watched")
        return LeaderboardServicer(boards, feed)

    players = shown(Boards(contests, store, clock))
    organisers = shown(Boards(contests, store, clock, may_freeze=False))
    results = ResultLogServicer(store, telemetry)
    admin = ContestAdminServicer(contests, None)
    return [
        Endpoint(
            settings.listen,
            [
                (
                    leaderboard_pb2.DESCRIPTOR.services_by_name["LeaderboardService"],
                    lambda server: leaderboard_pb2_grpc.add_LeaderboardServiceServicer_to_server(players, server),
                ),
                (
                    results_pb2.DESCRIPTOR.services_by_name["ResultLogService"],
                    lambda server: results_pb2_grpc.add_ResultLogServiceServicer_to_server(results, server),
                ),
            ],
            max_request_bytes=MAX_RESULTS_BYTES,
        ),
        Endpoint(
            settings.admin_listen,
            [
                (
                    admin_pb2.DESCRIPTOR.services_by_name["ContestAdminService"],
                    lambda server: admin_pb2_grpc.add_ContestAdminServiceServicer_to_server(admin, server),
                ),
                (
                    leaderboard_pb2.DESCRIPTOR.services_by_name["LeaderboardService"],
                    lambda server: leaderboard_pb2_grpc.add_LeaderboardServiceServicer_to_server(organisers, server),
                ),
            ],
            bearer_token=settings.admin_token.get_secret_value(),
            max_request_bytes=MAX_ADMIN_REQUEST_BYTES,
        ),
    ]


if __name__ == "__main__":
    settings = LeaderboardSettings()
    run("leaderboard", settings, lambda lifetime: wire(settings, lifetime))
