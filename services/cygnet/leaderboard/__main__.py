"""Wires and runs the leaderboard service."""

from collections.abc import Callable, Sequence

from cygnet.contest.admin import ContestAdminServicer
from cygnet.contest.retention import keep_forgetting
from cygnet.contest.store import ContestStore
from cygnet.leaderboard.boards import Boards
from cygnet.leaderboard.feed import LeaderboardFeed
from cygnet.leaderboard.servicer import LeaderboardServicer, ResultLogServicer
from cygnet.leaderboard.settings import LeaderboardSettings
from cygnet.leaderboard.store import LeaderboardStore
from cygnet.leaderboard.telemetry import Telemetry
from cygnet.platform.clock import now_ms
from cygnet.platform.grpc.callers import Callers
from cygnet.platform.grpc.server import MAX_ADMIN_REQUEST_BYTES, Endpoint, Lifetime, run
from cygnet.platform.grpc.workloads import InstallationKeys
from cygnet.platform.latest import HEARTBEAT_S
from cygnet.platform.redis import connected

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
    lifetime.spawn(keep_forgetting(contests, clock, store.forget), "the end of what has expired")

    def shown(boards: Boards) -> LeaderboardServicer:
        feed = LeaderboardFeed(boards, store, telemetry, lifetime.stopping, heartbeat_s=heartbeat_s)
        lifetime.spawn(feed.follow(), "the feed of results")
        lifetime.spawn(feed.follow_documents(), "the feed of documents")
        lifetime.spawn(feed.refresh(), "the refresh of what is watched")
        return LeaderboardServicer(boards, feed)

    installation = InstallationKeys(settings.installation_keys.get_secret_value())
    players = shown(Boards(contests, store, clock))
    organisers = shown(Boards(contests, store, clock, may_freeze=False))
    return [
        Endpoint(
            settings.listen,
            [players, ResultLogServicer(store, telemetry)],
            Callers(installation),
            max_request_bytes=MAX_RESULTS_BYTES,
        ),
        Endpoint(
            settings.admin_listen,
            [ContestAdminServicer(contests, None), organisers],
            Callers(installation, settings.admin_token.get_secret_value()),
            admin=True,
            max_request_bytes=MAX_ADMIN_REQUEST_BYTES,
        ),
    ]


if __name__ == "__main__":
    settings = LeaderboardSettings()
    run("leaderboard", settings, lambda lifetime: wire(settings, lifetime))
