"""Counts for `kubectl get contest`, asked from the services that own them. None where nobody says."""

import logging
from typing import TYPE_CHECKING

import aiohttp

from cygnet.platform.errors import DomainError
from cygnet.platform.grpc.client import channel
from cygnet.v1 import leaderboard_pb2, leaderboard_pb2_grpc
from cygnet_operator.model import Contest, Figures

if TYPE_CHECKING:
    from cygnet.v1.leaderboard_pb2_grpc import LeaderboardServiceAsyncStub

log = logging.getLogger(__name__)
_CALL_S = 3.0
_OLDEST_WAIT = "cygnet_dedup_oldest_wait_seconds"
_SUBMISSIONS = "cygnet_dedup_submissions"
_PARTICIPANTS = "cygnet_dedup_participants"


class FiguresReader:
    """Asks the leaderboard and reads dedup's metrics. Close it."""

    def __init__(self, leaderboard_address: str, dedup_metrics_url: str) -> None:
        """An empty address or URL: that one is not asked."""
        self._channel = channel(leaderboard_address) if leaderboard_address else None
        self._stub: LeaderboardServiceAsyncStub | None = (
            leaderboard_pb2_grpc.LeaderboardServiceStub(self._channel) if self._channel else None
        )
        self._metrics_url = dedup_metrics_url

    async def close(self) -> None:
        """Closes what is open."""
        if self._channel is not None:
            await self._channel.close()

    async def read(self, contest: Contest) -> Figures:
        """Returns what the services say; what does not answer within three seconds is left out and logged."""
        board = await self._board(contest)
        metrics = await self._metrics(contest)
        top = board.standings[0] if board and board.standings else None
        submissions, participants = (gauge(metrics, name, contest.name) for name in (_SUBMISSIONS, _PARTICIPANTS))
        return Figures(
            participants=None if participants is None else round(participants),
            submissions=None if submissions is None else round(submissions),
            queue_wait_s=gauge(metrics, _OLDEST_WAIT, contest.name),
            top_nickname=top.nickname if top else None,
            top_score=f"{top.score:.{min(top.decimals, 4)}f}" if top else None,
        )

    async def _board(self, contest: Contest) -> leaderboard_pb2.Leaderboard | None:
        if self._stub is None:
            return None
        request = leaderboard_pb2.GetLeaderboardRequest(
            contest=contest.name, target=contest.spec.targets[0].name, limit=1
        )
        try:
            return (await self._stub.GetLeaderboard(request, timeout=_CALL_S)).leaderboard
        except DomainError as error:
            log.info("the leaderboard does not say", extra={"contest": contest.name, "reason": error.reason})
            return None

    async def _metrics(self, contest: Contest) -> str:
        if not self._metrics_url:
            return ""
        try:
            timeout = aiohttp.ClientTimeout(total=_CALL_S)
            async with aiohttp.ClientSession(timeout=timeout) as session, session.get(self._metrics_url) as answer:
                return await answer.text()
        except (aiohttp.ClientError, TimeoutError) as error:
            log.info("dedup's metrics cannot be read", extra={"contest": contest.name, "error": str(error)})
            return ""


def gauge(metrics: str, name: str, contest: str) -> float | None:
    """Returns a contest's value of a gauge from Prometheus text; every replica of dedup says the same."""
    start = f'{name}{{contest="{contest}"}} '
    return next((float(line[len(start) :]) for line in metrics.splitlines() if line.startswith(start)), None)
