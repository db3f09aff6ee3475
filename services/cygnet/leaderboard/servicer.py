"""LeaderboardService and ResultLogService: messages in, messages out."""

from collections.abc import AsyncIterator

from cygnet.internal.v1 import results_pb2, results_pb2_grpc
from cygnet.leaderboard.boards import Boards
from cygnet.leaderboard.feed import LeaderboardFeed
from cygnet.leaderboard.store import LeaderboardStore
from cygnet.leaderboard.telemetry import Telemetry
from cygnet.leaderboard.validation import checked_entries
from cygnet.platform.grpc.interceptors import AioContext
from cygnet.platform.latest import StreamEvent
from cygnet.platform.validation import ID, Violations
from cygnet.v1 import leaderboard_pb2, leaderboard_pb2_grpc, submission_pb2

DEFAULT_LIMIT = 20
MAX_LIMIT = 100


class LeaderboardServicer(leaderboard_pb2_grpc.LeaderboardServiceServicer):
    """Shows the ranking: to everybody on the public port; on the admin port as it is, also while it stands still."""

    def __init__(self, boards: Boards, feed: LeaderboardFeed) -> None:
        self._boards = boards
        self._feed = feed

    async def GetLeaderboard(
        self, request: leaderboard_pb2.GetLeaderboardRequest, context: AioContext
    ) -> leaderboard_pb2.GetLeaderboardResponse:
        contest, limit = self._boards.resolve(request.contest, request.target), _limit(request.limit)
        return leaderboard_pb2.GetLeaderboardResponse(
            leaderboard=await self._boards.top(contest, request.target, limit)
        )

    async def GetStanding(
        self, request: leaderboard_pb2.GetStandingRequest, context: AioContext
    ) -> leaderboard_pb2.GetStandingResponse:
        contest = self._boards.resolve(request.contest, request.target)
        Violations().matches("participant_id", request.participant_id, ID).done()
        return await self._boards.standing(contest, request.target, request.participant_id)

    async def WatchLeaderboard(
        self, request: leaderboard_pb2.WatchLeaderboardRequest, context: AioContext
    ) -> AsyncIterator[leaderboard_pb2.WatchLeaderboardResponse]:
        contest, limit = self._boards.resolve(request.contest, request.target), _limit(request.limit)
        async for event in self._feed.watch(contest, request.target, limit, request.after_revision):
            yield _watch_response(event)


def _limit(requested: int) -> int:
    Violations().within("limit", requested, 0, MAX_LIMIT).done()
    return requested or DEFAULT_LIMIT


def _watch_response(
    event: leaderboard_pb2.Leaderboard | StreamEvent,
) -> leaderboard_pb2.WatchLeaderboardResponse:
    if event is StreamEvent.ALIVE:
        return leaderboard_pb2.WatchLeaderboardResponse(heartbeat=submission_pb2.Heartbeat())
    if isinstance(event, StreamEvent):
        return leaderboard_pb2.WatchLeaderboardResponse(goodbye=submission_pb2.Goodbye())
    return leaderboard_pb2.WatchLeaderboardResponse(leaderboard=event)


class ResultLogServicer(results_pb2_grpc.ResultLogServiceServicer):
    """Takes results from the dedup service's outbox.

    It shares the port of LeaderboardService and is no part of the public API: Envoy routes to services by name, and
    not to this one. Results are taken for contests whose document has not arrived yet, so that none has to wait.
    """

    def __init__(self, store: LeaderboardStore, telemetry: Telemetry) -> None:
        self._store = store
        self._telemetry = telemetry

    async def RecordResults(
        self, request: results_pb2.RecordResultsRequest, context: AioContext
    ) -> results_pb2.RecordResultsResponse:
        entries = checked_entries(request)
        new = await self._store.append(request.contest, entries)
        self._telemetry.recorded(request.contest, new=new, repeated=len(entries) - new)
        return results_pb2.RecordResultsResponse(appended=new)
