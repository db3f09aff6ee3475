"""The dedup service, as this one calls it."""

from collections.abc import AsyncIterator

import grpc

from cygnet.internal.v1 import dedup_pb2, dedup_pb2_grpc
from cygnet.platform.grpc.client import DEADLINE_S
from cygnet.platform.grpc.status import from_rpc_error
from cygnet.v1 import submission_pb2


class DedupClient:
    """Raises the domain errors that dedup raised, and Unavailable when it does not answer."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub = dedup_pb2_grpc.DedupServiceStub(channel)

    async def admit(self, request: dedup_pb2.AdmitRequest) -> submission_pb2.Submission:
        """Returns the submission as it stands after admission. Raises Refused, Conflict or InvalidRequest."""
        try:
            return (await self._stub.Admit(request, timeout=DEADLINE_S)).submission
        except grpc.aio.AioRpcError as error:
            raise from_rpc_error(error) from error

    async def read(self, contest: str, ids: list[str]) -> list[dedup_pb2.OwnedSubmission]:
        """Returns submissions as they stand; unknown ids are left out."""
        request = dedup_pb2.GetSubmissionsRequest(contest=contest, submission_ids=ids)
        try:
            return list((await self._stub.GetSubmissions(request, timeout=DEADLINE_S)).submissions)
        except grpc.aio.AioRpcError as error:
            raise from_rpc_error(error) from error

    async def of_participant(self, contest: str, participant_id: str, limit: int) -> list[submission_pb2.Submission]:
        """Returns a participant's submissions, newest first."""
        request = dedup_pb2.ListParticipantSubmissionsRequest(
            contest=contest, participant_id=participant_id, limit=limit
        )
        try:
            return list((await self._stub.ListParticipantSubmissions(request, timeout=DEADLINE_S)).submissions)
        except grpc.aio.AioRpcError as error:
            raise from_rpc_error(error) from error

    async def changes(self) -> AsyncIterator[dedup_pb2.WatchChangesResponse]:
        """Streams what changed."""
        try:
            async for change in self._stub.WatchChanges(dedup_pb2.WatchChangesRequest()):
                yield change
        except grpc.aio.AioRpcError as error:
            raise from_rpc_error(error) from error
