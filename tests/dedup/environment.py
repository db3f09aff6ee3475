"""An environment for tests of the dedup service: replicas on a real Redis, and a result log to deliver to."""

import asyncio
import base64
import hashlib
import itertools
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar, cast

import grpc
import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from google.rpc import status_pb2

from cygnet.dedup.__main__ import wire
from cygnet.dedup.admission import identity
from cygnet.dedup.settings import DedupSettings
from cygnet.dedup.store import Store
from cygnet.dedup.values import Admission, Bucket, Decision, Pace
from cygnet.internal.v1 import dedup_pb2, dedup_pb2_grpc, document_pb2, results_pb2, results_pb2_grpc
from cygnet.platform.errors import DomainError, FieldViolation, InvalidRequest
from cygnet.platform.grpc.server import Endpoint, Lifetime, serving
from cygnet.platform.grpc.status import from_rpc_error, from_status
from cygnet.v1 import contest_pb2, submission_pb2

from ..redis_urls import as_user
from ..workloads import KEYS, callers, inside_channel

if TYPE_CHECKING:
    from cygnet.internal.v1.dedup_pb2_grpc import DedupServiceAsyncStub

CONTEST = "pycon-kr"
CLIP = "builtin://clip"
MODEL = document_pb2.Model(generator_source="builtin://x", steps=4, size=256, scorer_source=CLIP)
requests_made = itertools.count()
M = TypeVar("M")


def participant(number: int) -> str:
    return base64.b32encode(hashlib.sha256(b"%d" % number).digest()).decode().lower()[:26]


def admit_request(
    prompt: str = "a duck",
    who: int = 1,
    *,
    request_id: str = "",
    contest: str = CONTEST,
    model: document_pb2.Model = MODEL,
    **policy: int,
) -> dedup_pb2.AdmitRequest:
    limits = {"every_ms": 10_000, "burst": 3, "pending": 2, "max_predicted_wait_ms": 300_000, **policy}
    return dedup_pb2.AdmitRequest(
        contest=contest,
        participant_id=participant(who),
        nickname=f"player {who}",
        request_id=request_id or f"request-number-{next(requests_made)}",
        target=contest_pb2.Target(name="duck", picture_sha256="0" * 64),
        prompt=prompt,
        model=model,
        policy=document_pb2.AdmissionPolicy(generation=5, dedup_scope=document_pb2.DEDUP_SCOPE_CONTEST, **limits),
    )


def admission_of(request: dedup_pb2.AdmitRequest, *, max_queue: int = 100) -> Admission:
    """Returns what the service makes of a request whose prompt is canonical."""
    return Admission(
        request=request,
        model=request.model,
        submission_id=identity.submission_id(request),
        fingerprint=identity.fingerprint(b"secret", request, request.model, request.prompt),
        canonical_prompt=request.prompt,
        pace=Pace((), 0),
        max_queue=max_queue,
    )


async def decide(store: Store, admission: Admission, submit_bucket: Bucket, now_ms: int) -> Decision:
    """Has the store decide on one submission."""
    [decision] = await store.admit([admission], submit_bucket, now_ms)
    return decision


def result(**fields: Any) -> submission_pb2.Result:
    """Returns a picture and its score, as a worker sends them."""
    usual: dict[str, Any] = {
        "picture_sha256": "a" * 64,
        "score": 61.234567890123456,
        "cosine": 0.5,
        "generator_digest": "g",
        "scorer_digest": "s",
        "calibration_id": "c",
        "completed_at": Timestamp(seconds=1_800_000_000),
    }
    return submission_pb2.Result(**(usual | fields))


def drawn(job: dedup_pb2.Job, score: float = 61.234567890123456) -> dedup_pb2.CompleteRequest:
    return leased(dedup_pb2.CompleteRequest, job, result=result(score=score).SerializeToString())


def leased(kind: Callable[..., M], job: dedup_pb2.Job, **more: object) -> M:
    return kind(contest=job.contest, fingerprint=job.fingerprint, fence=job.fence, **more)


@dataclass
class ResultLog(results_pb2_grpc.ResultLogServiceServicer):
    """The leaderboard's side of the outbox: counts a delivery once, and every time that it came."""

    log: dict[str, results_pb2.DeliveredResult] = field(default_factory=dict)
    came: Counter[str] = field(default_factory=Counter)
    refuses: set[str] = field(default_factory=set)
    answers_are_lost: int = 0
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def RecordResults(
        self, request: results_pb2.RecordResultsRequest, context: object
    ) -> results_pb2.RecordResultsResponse:
        if bad := [result for result in request.results if result.delivery_id in self.refuses]:
            raise InvalidRequest(FieldViolation("results", bad[0].delivery_id))
        new = [result for result in request.results if result.delivery_id not in self.log]
        async with self.changed:
            for result in request.results:
                self.came[result.delivery_id] += 1
                self.log.setdefault(result.delivery_id, result)
            self.changed.notify_all()
        if self.answers_are_lost:
            self.answers_are_lost -= 1
            raise RuntimeError("recorded, and the answer is lost")
        return results_pb2.RecordResultsResponse(appended=len(new))

    async def has(self, count: int) -> None:
        """Waits until `count` deliveries are in the log."""
        async with self.changed, asyncio.timeout(60):
            await self.changed.wait_for(lambda: len(self.log) >= count)

    @asynccontextmanager
    async def listening(self, port: int = 0) -> AsyncIterator[int]:
        async with serving([Endpoint(f"127.0.0.1:{port}", [self], callers())], grace_s=1) as ports:
            yield ports[0]


async def admit(dedup: "DedupServiceAsyncStub", request: dedup_pb2.AdmitRequest) -> submission_pb2.Submission:
    """Has one submission decided on; raises the error that is its decision."""
    [result] = (await dedup.AdmitMany(dedup_pb2.AdmitManyRequest(requests=[request]), wait_for_ready=True)).results
    if result.HasField("status"):
        raise from_status(status_pb2.Status.FromString(result.status))
    return result.submission


@dataclass
class Replica:
    """A running dedup service and a client of it."""

    dedup: "DedupServiceAsyncStub"
    stopping: asyncio.Event

    async def admit(self, request: dedup_pb2.AdmitRequest) -> submission_pb2.Submission:
        return await admit(self.dedup, request)

    async def claim(self, wait_ms: int = 30_000, contest: str = CONTEST) -> dedup_pb2.Job:
        claimed = await self.dedup.Claim(dedup_pb2.ClaimRequest(contest=contest, worker_id="w", wait_ms=wait_ms))
        assert claimed.HasField("job")
        return claimed.job

    async def read(self, *submissions: submission_pb2.Submission) -> list[submission_pb2.Submission]:
        ids = [each.submission_id for each in submissions]
        found = await self.dedup.GetSubmissions(dedup_pb2.GetSubmissionsRequest(contest=CONTEST, submission_ids=ids))
        return [owned.submission for owned in found.submissions]


@asynccontextmanager
async def replica(redis_url: str, leaderboard_port: int, **more: int) -> AsyncIterator[Replica]:
    settings = DedupSettings.model_validate(
        {
            "redis_url": as_user(redis_url, "dedup"),
            "installation_keys": KEYS,
            "leaderboard_address": f"127.0.0.1:{leaderboard_port}",
            **more,
        }
    )
    async with AsyncExitStack() as resources:
        lifetime = Lifetime(resources)
        endpoints = await wire(settings, lifetime)
        async with serving(endpoints, grace_s=1) as ports:
            # A channel of its own for every client: they share connections otherwise.
            options = [("grpc.use_local_subchannel_pool", 1)]
            async with inside_channel(f"127.0.0.1:{ports[0]}", options) as channel:
                yield Replica(dedup_pb2_grpc.DedupServiceStub(channel), lifetime.stopping)
            lifetime.stopping.set()


@asynccontextmanager
async def two_replicas(redis_url: str, results: ResultLog) -> AsyncIterator[tuple[Replica, Replica]]:
    """Two replicas on one Redis; a lease outlasts every test."""
    async with (
        results.listening() as port,
        replica(redis_url, port, lease_ms=600_000) as one,
        replica(redis_url, port, lease_ms=600_000) as other,
    ):
        yield one, other


@asynccontextmanager
async def raised(kind: type[DomainError]) -> AsyncIterator[list[DomainError]]:
    """Expects a call to fail with a domain error, and yields the list that it is put in."""
    errors: list[DomainError] = []
    with pytest.raises((grpc.aio.AioRpcError, DomainError)) as failed:
        yield errors
    error = failed.value
    errors.append(from_rpc_error(error) if isinstance(error, grpc.aio.AioRpcError) else cast(DomainError, error))
    assert isinstance(errors[0], kind), errors
