"""Counts for `kubectl get contest`, asked from the services that own them. None where nobody says."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, TypeVar

from cygnet.internal.v1 import dedup_pb2, dedup_pb2_grpc
from cygnet.platform.errors import DomainError
from cygnet.platform.grpc.client import channel
from cygnet.v1 import leaderboard_pb2, leaderboard_pb2_grpc
from cygnet_operator.model import Contest, Statistics

if TYPE_CHECKING:
    from cygnet.internal.v1.dedup_pb2_grpc import DedupServiceAsyncStub
    from cygnet.v1.leaderboard_pb2_grpc import LeaderboardServiceAsyncStub

log = logging.getLogger(__name__)
_CALL_S = 3.0
_Response = TypeVar("_Response")


class StatisticsReader:
    """Asks dedup and the leaderboard. Close it."""

    def __init__(self, dedup_address: str, leaderboard_address: str, token: Callable[[], str]) -> None:
        self._channels = channel(dedup_address, token=token), channel(leaderboard_address)
        self._dedup: DedupServiceAsyncStub = dedup_pb2_grpc.DedupServiceStub(self._channels[0])
        self._leaderboard: LeaderboardServiceAsyncStub = leaderboard_pb2_grpc.LeaderboardServiceStub(self._channels[1])

    async def close(self) -> None:
        """Closes what is open."""
        for opened in self._channels:
            await opened.close()

    async def read(self, contest: Contest, pictures: Mapping[str, str]) -> Statistics:
        """Returns what the services say; what does not answer within three seconds is left out and logged.

        `pictures` has the SHA-256 of each target's picture, by the target's name.
        """
        wanted = dedup_pb2.GetTargetReportsRequest(
            contest=contest.name,
            scorer_source=contest.spec.model.scorer.source,
            picture_sha256s=sorted(set(pictures.values())),
        )
        counts, board, looks = await asyncio.gather(
            _or_none(
                self._dedup.GetStatistics(dedup_pb2.GetStatisticsRequest(contest=contest.name), timeout=_CALL_S),
                contest,
            ),
            _or_none(
                self._leaderboard.GetLeaderboard(
                    leaderboard_pb2.GetLeaderboardRequest(
                        contest=contest.name, target=contest.spec.targets[0].name, limit=1
                    ),
                    timeout=_CALL_S,
                ),
                contest,
            ),
            _or_none(self._dedup.GetTargetReports(wanted, timeout=_CALL_S), contest),
        )
        known = {report.picture_sha256: report for report in looks.reports} if looks else {}
        top = board.leaderboard.standings[0] if board and board.leaderboard.standings else None
        return Statistics(
            participants=counts.participants if counts else None,
            submissions=counts.submissions if counts else None,
            queue_wait_s=counts.oldest_wait_ms / 1000 if counts else None,
            top_nickname=top.nickname if top else None,
            top_score=f"{top.score:.{min(top.decimals, 4)}f}" if top else None,
            targets={name: known[sha256] for name, sha256 in pictures.items() if sha256 in known} if looks else None,
        )


async def _or_none(call: Awaitable[_Response], contest: Contest) -> _Response | None:
    try:
        return await call
    except DomainError as error:
        log.info("a count cannot be had", extra={"contest": contest.name, "error": error.message})
        return None
