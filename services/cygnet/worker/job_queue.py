"""The queue of jobs, which the dedup service keeps, as this worker sees it."""

from typing import TYPE_CHECKING

from cygnet.inference.triton import ServedModels
from cygnet.internal.v1 import dedup_pb2, document_pb2
from cygnet.platform.grpc.client import DEADLINE_S
from cygnet.v1 import submission_pb2

if TYPE_CHECKING:
    from cygnet.internal.v1.dedup_pb2_grpc import DedupServiceAsyncStub

HEARTBEATS_A_LEASE = 3
"""A lease outlives the loss of two heartbeats."""


class JobQueue:
    """Claims jobs and ends them. Every call may be repeated.

    Every call raises:
        Unavailable: dedup does not answer.
        LeaseLost: the job ended, or another worker has it; `claim` does not raise it.
    """

    def __init__(self, stub: "DedupServiceAsyncStub", *, contest: str, worker_id: str) -> None:
        """`contest` limits what is claimed, empty means any; `worker_id` is for dedup's log."""
        self._stub = stub
        self._contest = contest
        self._worker_id = worker_id

    async def claim(self, wait_s: float, served: ServedModels) -> dedup_pb2.Job | None:
        """Returns the fairest job that these models can draw, waiting for one; None when there was none.

        Cancelling it takes none.
        """
        request = dedup_pb2.ClaimRequest(
            contest=self._contest,
            worker_id=self._worker_id,
            wait_ms=round(wait_s * 1000),
            generator_source=served.generator.source,
            scorer_source=served.scorer.source,
        )
        answer = await self._stub.Claim(request, timeout=wait_s + DEADLINE_S)
        return answer.job if answer.HasField("job") else None

    async def put_vocabulary(self, served: ServedModels) -> None:
        """Tells dedup which words the generator knows."""
        await self._stub.PutVocabulary(
            dedup_pb2.PutVocabularyRequest(
                contest=self._contest, generator_source=served.generator.source, vocabulary=served.vocabulary
            )
        )

    async def settle_seed(self, job: dedup_pb2.Job, counter: int | None) -> int | None:
        """Settles which seed the target's drawings have, unless it is; returns the counter that holds."""
        request = dedup_pb2.SettleSeedRequest(
            contest=job.contest, target_picture_sha256=job.target.picture_sha256, counter=counter
        )
        answer = await self._stub.SettleSeed(request)
        return answer.counter if answer.HasField("counter") else None

    async def next_seed(self, served: ServedModels) -> dedup_pb2.Job | None:
        """Returns a target whose seed these models are to settle before anybody draws; None where there is none."""
        request = dedup_pb2.NextSeedRequest(
            contest=self._contest,
            generator_source=served.generator.source,
            scorer_source=served.scorer.source,
        )
        answer = await self._stub.NextSeed(request)
        return answer.job if answer.HasField("job") else None

    async def next_target(self, served: ServedModels) -> dedup_pb2.NextTargetResponse:
        """Returns a target that this scorer is to look at; one without a picture where there is none."""
        return await self._stub.NextTarget(
            dedup_pb2.NextTargetRequest(
                contest=self._contest, scorer_source=served.scorer.source, scorer_digest=served.scorer.digest
            )
        )

    async def put_target_report(self, served: ServedModels, contest: str, report: document_pb2.TargetReport) -> None:
        """Says what the scorer found out about a target of a contest."""
        await self._stub.PutTargetReport(
            dedup_pb2.PutTargetReportRequest(contest=contest, scorer_source=served.scorer.source, report=report)
        )

    async def heartbeat(self, job: dedup_pb2.Job) -> None:
        """Keeps a lease."""
        request = dedup_pb2.HeartbeatRequest(contest=job.contest, fingerprint=job.fingerprint, fence=job.fence)
        # An answer that comes after the next heartbeat is due is of no use.
        await self._stub.Heartbeat(request, timeout=min(DEADLINE_S, heartbeat_pause_s(job)))

    async def complete(self, job: dedup_pb2.Job, result: bytes) -> None:
        """Ends a job with its result, a serialized cygnet.v1.Result."""
        await self._stub.Complete(
            dedup_pb2.CompleteRequest(contest=job.contest, fingerprint=job.fingerprint, fence=job.fence, result=result)
        )

    async def release(self, job: dedup_pb2.Job, failure: submission_pb2.Failure | None) -> None:
        """Gives a job back, or fails it for good."""
        await self._stub.Release(
            dedup_pb2.ReleaseRequest(contest=job.contest, fingerprint=job.fingerprint, fence=job.fence, failure=failure)
        )


def heartbeat_pause_s(job: dedup_pb2.Job) -> float:
    """Returns how many seconds lie between two heartbeats of a job."""
    return job.lease_ms / 1000 / HEARTBEATS_A_LEASE
