"""What any process on the machine, or any pod, tries on the services as they are wired, without a token."""

from collections.abc import AsyncIterator, Awaitable
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any

import grpc
import pytest
import redis.asyncio as aioredis

import cygnet.dedup.__main__ as dedup_main
import cygnet.leaderboard.__main__ as leaderboard_main
from cygnet.dedup.settings import DedupSettings
from cygnet.internal.v1 import dedup_pb2, dedup_pb2_grpc, document_pb2, results_pb2, results_pb2_grpc
from cygnet.leaderboard.settings import LeaderboardSettings
from cygnet.platform.grpc.server import Lifetime, serving
from cygnet.platform.grpc.workloads import WORKER, Workload

from ..dedup.environment import CONTEST, admit, admit_request, drawn
from ..redis_urls import as_user
from ..workloads import ADMIN_TOKEN, KEYS, bearer, inside_channel

if TYPE_CHECKING:
    from cygnet.internal.v1.dedup_pb2_grpc import DedupServiceAsyncStub
    from cygnet.internal.v1.results_pb2_grpc import ResultLogServiceAsyncStub


@pytest.fixture
async def addresses(redis_client: aioredis.Redis, redis_url: str) -> AsyncIterator[tuple[str, str]]:
    """The ports of dedup and of the leaderboard."""
    async with AsyncExitStack() as stack:
        lifetime = Lifetime(stack)
        dedup = DedupSettings(
            redis_url=as_user(redis_url, "dedup"), installation_keys=KEYS, leaderboard_address="127.0.0.1:1"
        )
        board = LeaderboardSettings(
            redis_url=as_user(redis_url, "leaderboard"), installation_keys=KEYS, admin_token=ADMIN_TOKEN
        )
        endpoints = [*await dedup_main.wire(dedup, lifetime), *await leaderboard_main.wire(board, lifetime)]
        ports = await stack.enter_async_context(serving(endpoints, grace_s=0.1))
        yield f"127.0.0.1:{ports[0]}", f"127.0.0.1:{ports[1]}"
        lifetime.stopping.set()


async def code_of(call: Awaitable[Any]) -> grpc.StatusCode:
    try:
        await call
    except grpc.aio.AioRpcError as error:
        return error.code()
    return grpc.StatusCode.OK


async def test_nobody_puts_a_forged_score_on_the_board(addresses: tuple[str, str]) -> None:
    async with grpc.aio.insecure_channel(addresses[1]) as anybody:
        results: ResultLogServiceAsyncStub = results_pb2_grpc.ResultLogServiceStub(anybody)
        forged = results_pb2.RecordResultsRequest(
            contest="test", results=[results_pb2.DeliveredResult(delivery_id="a" * 26)]
        )
        assert await code_of(results.RecordResults(forged)) is grpc.StatusCode.UNAUTHENTICATED
        stolen = bearer(Workload(WORKER, "test"))
        assert await code_of(results.RecordResults(forged, metadata=stolen)) is grpc.StatusCode.PERMISSION_DENIED


async def test_nobody_claims_a_job_or_reads_what_others_wrote(addresses: tuple[str, str]) -> None:
    async with grpc.aio.insecure_channel(addresses[0]) as anybody, inside_channel(addresses[0]) as inside:
        submitted = await admit(dedup_pb2_grpc.DedupServiceStub(inside), admit_request())
        dedup: DedupServiceAsyncStub = dedup_pb2_grpc.DedupServiceStub(anybody)
        claim = dedup_pb2.ClaimRequest(contest=CONTEST, worker_id="w")
        read = dedup_pb2.GetSubmissionsRequest(contest=CONTEST, submission_ids=[submitted.submission_id])
        watch = dedup_pb2.WatchChangesRequest()
        worker, foreign = bearer(Workload(WORKER, CONTEST)), bearer(Workload(WORKER, "other"))
        for call in (dedup.Claim(claim), dedup.GetSubmissions(read), dedup.WatchChanges(watch).read()):
            assert await code_of(call) is grpc.StatusCode.UNAUTHENTICATED
        for call in (
            dedup.Claim(claim, metadata=foreign),
            dedup.GetSubmissions(read, metadata=worker),
            dedup.WatchChanges(watch, metadata=worker).read(),
        ):
            assert await code_of(call) is grpc.StatusCode.PERMISSION_DENIED
        assert await code_of(dedup.Claim(claim, metadata=worker)) is grpc.StatusCode.OK


async def test_the_seeds_of_another_contest_are_not_told(addresses: tuple[str, str]) -> None:
    """With candidate seeds its players could try prompts at home: the weights are open."""
    asked = admit_request()
    wanted = dedup_pb2.Job(contest=CONTEST, target=asked.target, model=asked.model, ladder=["a duck", "a red duck"])
    async with inside_channel(addresses[0]) as inside, grpc.aio.insecure_channel(addresses[0]) as stolen:
        service: DedupServiceAsyncStub = dedup_pb2_grpc.DedupServiceStub(inside)
        await service.RequestSeeds(dedup_pb2.RequestSeedsRequest(jobs=[wanted]))
        dedup: DedupServiceAsyncStub = dedup_pb2_grpc.DedupServiceStub(stolen)
        models = {"generator_source": asked.model.generator_source, "scorer_source": asked.model.scorer_source}
        foreign = bearer(Workload(WORKER, "other"))
        for contest in ("", CONTEST):
            call = dedup.NextSeed(dedup_pb2.NextSeedRequest(contest=contest, **models), metadata=foreign)
            assert await code_of(call) is grpc.StatusCode.PERMISSION_DENIED
        own = dedup_pb2.NextSeedRequest(contest="other", **models)
        assert not (await dedup.NextSeed(own, metadata=foreign)).HasField("job")
        right = dedup_pb2.NextSeedRequest(contest=CONTEST, **models)
        assert (await dedup.NextSeed(right, metadata=bearer(Workload(WORKER, CONTEST)))).job.candidate_seeds


async def test_a_worker_completes_only_what_it_has_the_lease_of(addresses: tuple[str, str]) -> None:
    worker = bearer(Workload(WORKER, CONTEST))
    async with inside_channel(addresses[0]) as inside, grpc.aio.insecure_channel(addresses[0]) as stolen:
        await admit(dedup_pb2_grpc.DedupServiceStub(inside), admit_request())
        dedup: DedupServiceAsyncStub = dedup_pb2_grpc.DedupServiceStub(stolen)
        claim = dedup_pb2.ClaimRequest(contest=CONTEST, worker_id="w", wait_ms=9000)
        forged = drawn((await dedup.Claim(claim, metadata=worker)).job, 100.0)
        forged.fence += 1
        assert await code_of(dedup.Complete(forged, metadata=worker)) is grpc.StatusCode.ABORTED


@pytest.mark.parametrize("named", ["", CONTEST])
async def test_a_stolen_key_of_one_contest_says_nothing_of_the_models_of_another(
    addresses: tuple[str, str], named: str
) -> None:
    """With words of its own players would be misread, with a report of its own an organiser deceived."""
    source, scorer, picture = "builtin://tiny", "builtin://clip", "a" * 64
    report = document_pb2.TargetReport(picture_sha256=picture, scorer_digest="b" * 64, problem="forged")
    foreign = bearer(Workload(WORKER, "other"))
    async with inside_channel(addresses[0]) as inside, grpc.aio.insecure_channel(addresses[0]) as stolen:
        service: DedupServiceAsyncStub = dedup_pb2_grpc.DedupServiceStub(inside)
        wanted = dedup_pb2.GetTargetReportsRequest(contest=CONTEST, scorer_source=scorer, picture_sha256s=[picture])
        words = dedup_pb2.GetVocabularyRequest(contest=CONTEST, generator_source=source)
        await service.GetTargetReports(wanted)
        dedup: DedupServiceAsyncStub = dedup_pb2_grpc.DedupServiceStub(stolen)
        put = dedup_pb2.PutVocabularyRequest(contest=named, generator_source=source)
        following = dedup_pb2.NextTargetRequest(contest=named, scorer_source=scorer, scorer_digest="b" * 64)
        reported = dedup_pb2.PutTargetReportRequest(contest=named, scorer_source=scorer, report=report)
        for call in (
            dedup.PutVocabulary(put, metadata=foreign),
            dedup.NextTarget(following, metadata=foreign),
            dedup.PutTargetReport(reported, metadata=foreign),
        ):
            assert await code_of(call) is grpc.StatusCode.PERMISSION_DENIED
        # In its own contest it may say what it likes: that is that contest's alone.
        put.contest = following.contest = reported.contest = "other"
        await dedup.PutVocabulary(put, metadata=foreign)
        assert not (await dedup.NextTarget(following, metadata=foreign)).picture_sha256
        await dedup.PutTargetReport(reported, metadata=foreign)
        assert (await service.GetVocabulary(words)).unknown
        assert not (await service.GetTargetReports(wanted)).reports
