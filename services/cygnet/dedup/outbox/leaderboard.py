"""The leaderboard's result log, as the relay sees it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import grpc

from cygnet.dedup.messages import result, timestamp
from cygnet.dedup.values import Delivery
from cygnet.internal.v1 import results_pb2
from cygnet.platform.grpc.client import DEADLINE_S
from cygnet.platform.grpc.status import from_rpc_error

if TYPE_CHECKING:
    from cygnet.internal.v1.results_pb2_grpc import ResultLogServiceAsyncStub


class LeaderboardLog:
    """Appends results over gRPC."""

    def __init__(self, stub: "ResultLogServiceAsyncStub") -> None:
        self._stub = stub

    async def record(self, contest: str, deliveries: Sequence[Delivery]) -> None:
        """Appends deliveries, safe to repeat. Raises domain errors; `Unavailable` after 5 s without an answer."""
        request = results_pb2.RecordResultsRequest(contest=contest, results=map(_delivered, deliveries))
        try:
            await self._stub.RecordResults(request, timeout=DEADLINE_S)
        except grpc.aio.AioRpcError as error:
            raise from_rpc_error(error) from error


def _delivered(delivery: Delivery) -> results_pb2.DeliveredResult:
    return results_pb2.DeliveredResult(
        delivery_id=delivery.submission_id,
        participant_id=delivery.participant_id,
        nickname=delivery.nickname,
        target=delivery.target,
        delivered_at=timestamp(delivery.delivered_ms),
        policy_generation=delivery.policy_generation,
        result=result(delivery.result).SerializeToString(),
    )
