"""LeaderboardService and ResultLogService: messages in, messages out."""

from collections.abc import AsyncIterator, Sequence
from typing import Protocol
from weakref import WeakKeyDictionary

from cygnet.internal.v1 import results_pb2, results_pb2_grpc
from cygnet.leaderboard import messages
from cygnet.leaderboard.boards import Boards
from cygnet.leaderboard.feed import LeaderboardFeed
from cygnet.leaderboard.values import Leaderboard, Result
from cygnet.platform.grpc.interceptors import AioContext
from cygnet.platform.latest import StreamEvent
from cygnet.v1 import leaderboard_pb2, leaderboard_pb2_grpc, submission_pb2


class LeaderboardServicer(leaderboard_pb2_grpc.LeaderboardServiceServicer):
    """Shows the ranking: to everybody on the public port; on the admin port as it is, also while it stands still."""

    def __init__(self, boards: Boards, feed: LeaderboardFeed) -> None:
        self._boards = boards
        self._feed = feed
        # One message for all watchers of a leaderboard.
        self._messages: WeakKeyDictionary[Leaderboard, leaderboard_pb2.WatchLeaderboardResponse] = WeakKeyDictionary()

    async def GetLeaderboard(
        self, request: leaderboard_pb2.GetLeaderboardRequest, context: AioContext
    ) -> leaderboard_pb2.GetLeaderboardResponse:
        contest, limit = self._boards.check(request.contest, request.target), messages.limit(request.limit)
        top = await self._boards.top(contest, request.target, limit)
        return leaderboard_pb2.GetLeaderboardResponse(leaderboard=messages.leaderboard(top))

    async def GetStanding(
        self, request: leaderboard_pb2.GetStandingRequest, context: AioContext
    ) -> leaderboard_pb2.GetStandingResponse:
        contest = self._boards.check(request.contest, request.target)
        participant = messages.participant_id(request.participant_id)
        standing = await self._boards.standing(contest, request.target, participant)
        return leaderboard_pb2.GetStandingResponse(standing=messages.standing(standing))

    async def WatchLeaderboard(
        self, request: leaderboard_pb2.WatchLeaderboardRequest, context: AioContext
    ) -> AsyncIterator[leaderboard_pb2.WatchLeaderboardResponse]:
        contest, limit = self._boards.check(request.contest, request.target), messages.limit(request.limit)
        async for event in self._feed.watch(contest, request.target, limit, request.after_revision):
            yield self._watch_response(event)

    def _watch_response(self, event: Leaderboard | StreamEvent) -> leaderboard_pb2.WatchLeaderboardResponse:
        if event is StreamEvent.ALIVE:
            return leaderboard_pb2.WatchLeaderboardResponse(heartbeat=submission_pb2.Heartbeat())
        if isinstance(event, StreamEvent):
            return leaderboard_pb2.WatchLeaderboardResponse(goodbye=submission_pb2.Goodbye())
        made = self._messages.get(event)
        if made is None:
            made = leaderboard_pb2.WatchLeaderboardResponse(leaderboard=messages.leaderboard(event))
            self._messages[event] = made
        return made


class ResultStore(Protocol):
    """Where results are appended."""

    async def append(self, contest: str, results: Sequence[Result]) -> int:
        """Returns how many were new."""


class RecordReport(Protocol):
    """Who is told what was recorded."""

    def recorded(self, contest: str, *, new: int, repeated: int) -> None: ...


class ResultLogServicer(results_pb2_grpc.ResultLogServiceServicer):
    """Takes results from the dedup service's outbox.

    It shares the port of LeaderboardService and is no part of the public API: Envoy routes to services by name, and
    not to this one. Results are taken for contests whose document has not arrived yet, so that none has to wait.
    """

    def __init__(self, store: ResultStore, report: RecordReport) -> None:
        self._store = store
        self._report = report

    async def RecordResults(
        self, request: results_pb2.RecordResultsRequest, context: AioContext
    ) -> results_pb2.RecordResultsResponse:
        results = messages.results(request)
        new = await self._store.append(request.contest, results)
        self._report.recorded(request.contest, new=new, repeated=len(results) - new)
        return results_pb2.RecordResultsResponse(appended=new)
