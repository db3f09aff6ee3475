"""Counts for the status, asked over gRPC from doubles of the services that own them."""

from cygnet.internal.v1 import dedup_pb2, dedup_pb2_grpc, document_pb2
from cygnet.platform.grpc.interceptors import AioContext
from cygnet.platform.grpc.server import Endpoint, serving
from cygnet.platform.grpc.workloads import OPERATOR, Workload
from cygnet.v1 import leaderboard_pb2, leaderboard_pb2_grpc
from cygnet_operator.model import Statistics
from cygnet_operator.stats import StatisticsReader

from ..workloads import INSTALLATION, callers
from .builders import contest

REPORT = document_pb2.TargetReport(picture_sha256="a" * 64, problem="it is no picture")


class Board(leaderboard_pb2_grpc.LeaderboardServiceServicer):
    """A leaderboard with one standing."""

    async def GetLeaderboard(
        self, request: leaderboard_pb2.GetLeaderboardRequest, context: AioContext
    ) -> leaderboard_pb2.GetLeaderboardResponse:
        assert (request.contest, request.target) == ("pycon", "duck")
        ann = leaderboard_pb2.Standing(nickname="ann", score=87.3149, decimals=2)
        board = leaderboard_pb2.Leaderboard(revision=40, participants=7, standings=[ann])
        return leaderboard_pb2.GetLeaderboardResponse(leaderboard=board)


class Dedup(dedup_pb2_grpc.DedupServiceServicer):
    """A dedup with one job that waits."""

    async def GetStatistics(
        self, request: dedup_pb2.GetStatisticsRequest, context: AioContext
    ) -> dedup_pb2.GetStatisticsResponse:
        assert request.contest == "pycon"
        return dedup_pb2.GetStatisticsResponse(submissions=41, participants=9, queue_length=1, oldest_wait_ms=2500)

    async def GetTargetReports(
        self, request: dedup_pb2.GetTargetReportsRequest, context: AioContext
    ) -> dedup_pb2.GetTargetReportsResponse:
        assert (request.contest, request.scorer_source) == ("pycon", "builtin://cygnet-clip")
        assert list(request.picture_sha256s) == ["a" * 64]
        return dedup_pb2.GetTargetReportsResponse(reports=[REPORT])


TOKEN = INSTALLATION.tokens_of(Workload(OPERATOR))


async def test_counts_come_from_the_services_that_own_them() -> None:
    # What is not asked for need not be served.
    board, dedup = Board(), Dedup()  # type: ignore[abstract]
    endpoints = [Endpoint("127.0.0.1:0", [servicer], callers()) for servicer in (dedup, board)]
    async with serving(endpoints, grace_s=0) as ports:
        dedup_address, board_address = (f"127.0.0.1:{port}" for port in ports)
        reader = StatisticsReader(dedup_address, board_address, TOKEN)
        read = await reader.read(contest(), {"duck": "a" * 64})
        assert read == Statistics(9, 41, 2.5, "ann", "87.31", {"duck": REPORT})
        await reader.close()


async def test_counts_that_nobody_gives_are_left_out() -> None:
    reader = StatisticsReader("127.0.0.1:1", "127.0.0.1:1", TOKEN)
    assert await reader.read(contest(), {"duck": "a" * 64}) == Statistics()
    await reader.close()
