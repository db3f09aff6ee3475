"""DedupService: messages in, messages out."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any, cast

from cygnet.dedup import messages, requests
from cygnet.dedup.admission.admit import Admission
from cygnet.dedup.changes import Changes
from cygnet.dedup.queue.leases import Leasing
from cygnet.dedup.snapshots import Snapshots
from cygnet.dedup.values import Job
from cygnet.internal.v1 import dedup_pb2, dedup_pb2_grpc
from cygnet.platform.grpc.interceptors import AioContext
from cygnet.platform.latest import HEARTBEAT_S

_GAP_S = 0.02
"""Changes within this time of the last message go together: a burst is a handful of messages."""


class DedupServicer(dedup_pb2_grpc.DedupServiceServicer):
    """Answers the submission service and workers."""

    def __init__(
        self,
        admission: Admission,
        leasing: Leasing,
        snapshots: Snapshots,
        changes: Changes,
        *,
        stopping: asyncio.Event,
        heartbeat_s: float = HEARTBEAT_S,
    ) -> None:
        self._admission = admission
        self._leasing = leasing
        self._snapshots = snapshots
        self._changes = changes
        self._stopping = stopping
        self._heartbeat_s = heartbeat_s

    async def Admit(self, request: dedup_pb2.AdmitRequest, context: AioContext) -> dedup_pb2.AdmitResponse:
        snapshot = await self._admission.admit(requests.wish(request))
        return dedup_pb2.AdmitResponse(submission=messages.submission(snapshot))

    async def Claim(self, request: dedup_pb2.ClaimRequest, context: AioContext) -> dedup_pb2.ClaimResponse:
        served = requests.checked_claim(request)
        job = await self._leasing.claim(request.contest, request.wait_ms, served)
        if job is None:
            return dedup_pb2.ClaimResponse()
        self._give_back_if_undelivered(job, context)
        return dedup_pb2.ClaimResponse(job=messages.job(job))

    async def Heartbeat(self, request: dedup_pb2.HeartbeatRequest, context: AioContext) -> dedup_pb2.HeartbeatResponse:
        return dedup_pb2.HeartbeatResponse(lease_ms=await self._leasing.heartbeat(requests.lease(request)))

    async def Complete(self, request: dedup_pb2.CompleteRequest, context: AioContext) -> dedup_pb2.CompleteResponse:
        await self._leasing.complete(requests.lease(request), requests.result(request.result))
        return dedup_pb2.CompleteResponse()

    async def Release(self, request: dedup_pb2.ReleaseRequest, context: AioContext) -> dedup_pb2.ReleaseResponse:
        failure = requests.failure(request.failure) if request.HasField("failure") else None
        await self._leasing.release(requests.lease(request), failure)
        return dedup_pb2.ReleaseResponse()

    async def GetSubmissions(
        self, request: dedup_pb2.GetSubmissionsRequest, context: AioContext
    ) -> dedup_pb2.GetSubmissionsResponse:
        snapshots = await self._snapshots.some(request.contest, requests.submission_ids(request))
        return dedup_pb2.GetSubmissionsResponse(submissions=map(messages.owned, snapshots))

    async def ListParticipantSubmissions(
        self, request: dedup_pb2.ListParticipantSubmissionsRequest, context: AioContext
    ) -> dedup_pb2.ListParticipantSubmissionsResponse:
        requests.checked_list(request)
        snapshots = await self._snapshots.of_participant(request.contest, request.participant_id, request.limit)
        return dedup_pb2.ListParticipantSubmissionsResponse(submissions=map(messages.submission, snapshots))

    async def GetStatistics(
        self, request: dedup_pb2.GetStatisticsRequest, context: AioContext
    ) -> dedup_pb2.GetStatisticsResponse:
        return await self._snapshots.statistics(requests.checked_contest(request.contest))

    async def WatchChanges(
        self, request: dedup_pb2.WatchChangesRequest, context: AioContext
    ) -> AsyncIterator[dedup_pb2.WatchChangesResponse]:
        with self._changes.listening() as listener:
            yield dedup_pb2.WatchChangesResponse(missed=True)
            while not self._stopping.is_set():
                missed, changes = await listener.heard(self._heartbeat_s)
                if missed:
                    yield dedup_pb2.WatchChangesResponse(missed=True)
                for change in changes:
                    yield messages.change(change)
                if not missed and not changes:
                    yield dedup_pb2.WatchChangesResponse()
                await asyncio.sleep(_GAP_S)

    def _give_back_if_undelivered(self, job: Job, context: AioContext) -> None:
        # The worker may hang up between the claim and its answer: nobody would draw until the lease ran out.
        def ended(_: object) -> None:
            if context.cancelled():
                self._leasing.give_back(job)

        # Typed as a class in the stubs; any callable will do.
        context.add_done_callback(cast(Any, ended))
