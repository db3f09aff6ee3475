"""DedupService: messages in, messages out."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from typing import Any, cast

from cygnet.dedup import requests
from cygnet.dedup.admission.admit import AdmissionController, Decided
from cygnet.dedup.changes import Changes
from cygnet.dedup.queue.leases import Leasing
from cygnet.dedup.snapshots import Snapshots
from cygnet.dedup.store import Store
from cygnet.internal.v1 import dedup_pb2, dedup_pb2_grpc
from cygnet.platform.errors import DomainError
from cygnet.platform.grpc.interceptors import AioContext
from cygnet.platform.grpc.status import to_status
from cygnet.platform.latest import HEARTBEAT_S

_GAP_S = 0.02
"""Changes within this time of the last message go together: a burst is a handful of messages."""


class DedupServicer(dedup_pb2_grpc.DedupServiceServicer):
    """Answers the submission service and workers."""

    def __init__(
        self,
        admission: AdmissionController,
        leasing: Leasing,
        snapshots: Snapshots,
        changes: Changes,
        store: Store,
        *,
        stopping: asyncio.Event,
        heartbeat_s: float = HEARTBEAT_S,
    ) -> None:
        self._admission = admission
        self._leasing = leasing
        self._snapshots = snapshots
        self._changes = changes
        self._store = store
        self._stopping = stopping
        self._heartbeat_s = heartbeat_s

    async def AdmitMany(self, request: dedup_pb2.AdmitManyRequest, context: AioContext) -> dedup_pb2.AdmitManyResponse:
        requests.check_admissions(request)
        return dedup_pb2.AdmitManyResponse(results=map(_result, await self._admission.admit(request.requests)))

    async def Claim(self, request: dedup_pb2.ClaimRequest, context: AioContext) -> dedup_pb2.ClaimResponse:
        requests.check_claim(request)
        job = await self._leasing.claim(request)
        if job is None:
            return dedup_pb2.ClaimResponse()
        self._give_back_if_undelivered(job, context)
        return dedup_pb2.ClaimResponse(job=job)

    async def Heartbeat(self, request: dedup_pb2.HeartbeatRequest, context: AioContext) -> dedup_pb2.HeartbeatResponse:
        requests.check_lease(request)
        return dedup_pb2.HeartbeatResponse(lease_ms=await self._leasing.heartbeat(request))

    async def Complete(self, request: dedup_pb2.CompleteRequest, context: AioContext) -> dedup_pb2.CompleteResponse:
        requests.check_lease(request)
        requests.check_result(request.result)
        await self._leasing.complete(request, request.result)
        return dedup_pb2.CompleteResponse()

    async def Release(self, request: dedup_pb2.ReleaseRequest, context: AioContext) -> dedup_pb2.ReleaseResponse:
        requests.check_lease(request)
        failure = request.failure if request.HasField("failure") else None
        if failure is not None:
            requests.check_failure(failure)
        await self._leasing.release(request, failure)
        return dedup_pb2.ReleaseResponse()

    async def GetSubmissions(
        self, request: dedup_pb2.GetSubmissionsRequest, context: AioContext
    ) -> dedup_pb2.GetSubmissionsResponse:
        requests.check_submission_ids(request)
        # Each once.
        ids = list(dict.fromkeys(request.submission_ids))
        return dedup_pb2.GetSubmissionsResponse(submissions=await self._snapshots.some(request.contest, ids))

    async def ListParticipantSubmissions(
        self, request: dedup_pb2.ListParticipantSubmissionsRequest, context: AioContext
    ) -> dedup_pb2.ListParticipantSubmissionsResponse:
        requests.check_list(request)
        found = await self._snapshots.of_participant(request.contest, request.participant_id, request.limit)
        return dedup_pb2.ListParticipantSubmissionsResponse(submissions=[owned.submission for owned in found])

    async def PutVocabulary(
        self, request: dedup_pb2.PutVocabularyRequest, context: AioContext
    ) -> dedup_pb2.PutVocabularyResponse:
        requests.check_vocabulary(request)
        await self._store.vocabularies.put(request.contest, request.generator_source, request.vocabulary)
        return dedup_pb2.PutVocabularyResponse()

    async def GetVocabulary(
        self, request: dedup_pb2.GetVocabularyRequest, context: AioContext
    ) -> dedup_pb2.GetVocabularyResponse:
        vocabulary = await self._store.vocabularies.get(request.contest, request.generator_source)
        if vocabulary is None:
            return dedup_pb2.GetVocabularyResponse(unknown=True)
        if hashlib.sha256(vocabulary).hexdigest() == request.known_sha256:
            return dedup_pb2.GetVocabularyResponse(unchanged=True)
        return dedup_pb2.GetVocabularyResponse(vocabulary=vocabulary)

    async def SettleSeed(
        self, request: dedup_pb2.SettleSeedRequest, context: AioContext
    ) -> dedup_pb2.SettleSeedResponse:
        requests.check_settling(request)
        counter = request.counter if request.HasField("counter") else None
        return dedup_pb2.SettleSeedResponse(
            counter=await self._store.seeds.settle(request.contest, request.target_picture_sha256, counter)
        )

    async def RequestSeeds(
        self, request: dedup_pb2.RequestSeedsRequest, context: AioContext
    ) -> dedup_pb2.RequestSeedsResponse:
        requests.check_seeds(request)
        await self._store.seeds.request(request.jobs)
        return dedup_pb2.RequestSeedsResponse()

    async def NextSeed(self, request: dedup_pb2.NextSeedRequest, context: AioContext) -> dedup_pb2.NextSeedResponse:
        return dedup_pb2.NextSeedResponse(
            job=await self._store.seeds.next(request.contest, request.generator_source, request.scorer_source)
        )

    async def GetSeeds(self, request: dedup_pb2.GetSeedsRequest, context: AioContext) -> dedup_pb2.GetSeedsResponse:
        requests.check_contest(request.contest)
        return await self._store.seeds.public(request.contest)

    async def RevealSecret(
        self, request: dedup_pb2.RevealSecretRequest, context: AioContext
    ) -> dedup_pb2.RevealSecretResponse:
        requests.check_contest(request.contest)
        await self._store.seeds.reveal(request.contest)
        return dedup_pb2.RevealSecretResponse()

    async def GetTargetReports(
        self, request: dedup_pb2.GetTargetReportsRequest, context: AioContext
    ) -> dedup_pb2.GetTargetReportsResponse:
        requests.check_contest(request.contest)
        requests.check_targets(request.scorer_source, request.picture_sha256s)
        reports = await self._store.targets.get(request.contest, request.scorer_source, list(request.picture_sha256s))
        return dedup_pb2.GetTargetReportsResponse(reports=reports)

    async def NextTarget(
        self, request: dedup_pb2.NextTargetRequest, context: AioContext
    ) -> dedup_pb2.NextTargetResponse:
        contest, picture = await self._store.targets.next(request.contest, request.scorer_source, request.scorer_digest)
        return dedup_pb2.NextTargetResponse(picture_sha256=picture, contest=contest)

    async def PutTargetReport(
        self, request: dedup_pb2.PutTargetReportRequest, context: AioContext
    ) -> dedup_pb2.PutTargetReportResponse:
        requests.check_contest(request.contest)
        requests.check_targets(request.scorer_source, [request.report.picture_sha256])
        await self._store.targets.put(request.contest, request.scorer_source, request.report)
        return dedup_pb2.PutTargetReportResponse()

    async def ListPictures(
        self, request: dedup_pb2.ListPicturesRequest, context: AioContext
    ) -> AsyncIterator[dedup_pb2.ListPicturesResponse]:
        requests.check_contest(request.contest)
        async for pictures in self._store.retention.pictures(request.contest):
            yield dedup_pb2.ListPicturesResponse(picture_sha256s=pictures)

    async def ForgetContest(
        self, request: dedup_pb2.ForgetContestRequest, context: AioContext
    ) -> dedup_pb2.ForgetContestResponse:
        requests.check_contest(request.contest)
        return dedup_pb2.ForgetContestResponse(entries=await self._store.retention.forget(request.contest))

    async def WithdrawClient(
        self, request: dedup_pb2.WithdrawClientRequest, context: AioContext
    ) -> dedup_pb2.WithdrawClientResponse:
        requests.check_withdrawal(request)
        present = frozenset(request.present_participants)
        drawings = await self._store.withdrawal.withdraw(
            request.contest, request.client, present, dry_run=request.dry_run
        )
        return dedup_pb2.WithdrawClientResponse(drawings=drawings)

    async def GetStatistics(
        self, request: dedup_pb2.GetStatisticsRequest, context: AioContext
    ) -> dedup_pb2.GetStatisticsResponse:
        requests.check_contest(request.contest)
        return await self._snapshots.statistics(request.contest)

    async def WatchChanges(
        self, request: dedup_pb2.WatchChangesRequest, context: AioContext
    ) -> AsyncIterator[dedup_pb2.WatchChangesResponse]:
        with self._changes.listening() as listener:
            yield dedup_pb2.WatchChangesResponse(missed=True)
            while not self._stopping.is_set():
                missed, changes = await listener.take(self._heartbeat_s)
                if missed:
                    yield dedup_pb2.WatchChangesResponse(missed=True)
                for change in changes:
                    yield dedup_pb2.WatchChangesResponse(
                        contest=change.contest, submission_ids=change.submission_ids, queue_moved=change.queue_moved
                    )
                if not missed and not changes:
                    yield dedup_pb2.WatchChangesResponse()
                await asyncio.sleep(_GAP_S)

    def _give_back_if_undelivered(self, job: dedup_pb2.Job, context: AioContext) -> None:
        # The worker may hang up between the claim and its answer: nobody would draw until the lease ran out.
        def ended(_: object) -> None:
            if context.cancelled():
                self._leasing.give_back(job)

        # Typed as a class in the stubs; any callable will do.
        context.add_done_callback(cast(Any, ended))


def _result(decided: Decided) -> dedup_pb2.AdmitResult:
    if isinstance(decided, DomainError):
        return dedup_pb2.AdmitResult(status=to_status(decided).SerializeToString())
    return dedup_pb2.AdmitResult(submission=decided)
