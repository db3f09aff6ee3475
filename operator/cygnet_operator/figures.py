"""Counts for `kubectl get contest`, asked from the services that own them. None where nobody says."""

import logging
from typing import TYPE_CHECKING

import aiohttp
import grpc

from cygnet.platform.channels import channel
from cygnet.v1 import leaderboard_pb2, leaderboard_pb2_grpc
from cygnet_operator.model import Contest, Figures

if TYPE_CHECKING:
    from cygnet.v1.leaderboard_pb2_grpc import LeaderboardServiceAsyncStub

log = logging.getLogger(__name__)
_CALL_S = 1.0
_OLDEST_WAIT = "cygnet_dedup_oldest_wait_seconds"


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
        """Returns what the services say; what does not answer within a second is left out and logged."""
        board = await self._board(contest)
        wait = await self._wait(contest)
        if board is None:
            return Figures(queue_wait_s=wait)
        top = board.standings[0] if board.standings else None
        return Figures(
            participants=board.participants,
            # The revision grows by one with every score that is recorded.
            submissions=board.revision,
            queue_wait_s=wait,
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
        except grpc.aio.AioRpcError as error:
            log.info("the leaderboard does not say", extra={"contest": contest.name, "code": error.code().name})
            return None

    async def _wait(self, contest: Contest) -> float | None:
        if not self._metrics_url:
            return None
        try:
            timeout = aiohttp.ClientTimeout(total=_CALL_S)
            async with aiohttp.ClientSession(timeout=timeout) as session, session.get(self._metrics_url) as answer:
                return oldest_wait(await answer.text(), contest.name)
        except (aiohttp.ClientError, TimeoutError) as error:
            log.info("dedup's metrics cannot be read", extra={"contest": contest.name, "error": str(error)})
            return None


def oldest_wait(metrics: str, contest: str) -> float | None:
    """Returns the seconds that a contest's oldest waiting job has waited, from Prometheus text."""
    start = f'{_OLDEST_WAIT}{{contest="{contest}"}} '
    return next((float(line[len(start) :]) for line in metrics.splitlines() if line.startswith(start)), None)
