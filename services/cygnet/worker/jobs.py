"""Jobs, from the dedup service over gRPC."""

from typing import TYPE_CHECKING

import grpc

from cygnet.inference.triton import Ready
from cygnet.internal.v1 import dedup_pb2
from cygnet.platform.grpc.client import DEADLINE_S
from cygnet.platform.grpc.status import from_rpc_error
from cygnet.v1 import submission_pb2
from cygnet.worker.handling import HEARTBEATS_A_LEASE
from cygnet.worker.values import Failure, Job, Model, Result, Target

if TYPE_CHECKING:
    from cygnet.internal.v1.dedup_pb2_grpc import DedupServiceAsyncStub


class DedupJobs:
    """Claims jobs and ends them. Raises domain errors; `Unavailable` when dedup does not answer."""

    def __init__(self, stub: "DedupServiceAsyncStub", *, contest: str, worker_id: str) -> None:
        """`contest` limits what is claimed, empty means any; `worker_id` is for dedup's log."""
        self._stub = stub
        self._contest = contest
        self._worker_id = worker_id

    async def claim(self, wait_s: float, serves: Ready) -> Job | None:
        """Returns the fairest job that can be drawn with what is served, waiting for one; None when there was none.

        Cancelling it takes none.
        """
        request = dedup_pb2.ClaimRequest(
            contest=self._contest,
            worker_id=self._worker_id,
            wait_ms=round(wait_s * 1000),
            generator_source=serves.generator.source,
            scorer_source=serves.scorer.source,
        )
        try:
            answer = await self._stub.Claim(request, timeout=wait_s + DEADLINE_S)
        except grpc.aio.AioRpcError as error:
            raise from_rpc_error(error) from error
        return _job(answer.job) if answer.HasField("job") else None

    async def heartbeat(self, job: Job) -> None:
        """Keeps a lease. Raises LeaseLost."""
        request = dedup_pb2.HeartbeatRequest(contest=job.contest, fingerprint=job.fingerprint, fence=job.fence)
        try:
            # An answer that comes after the next heartbeat is due is of no use.
            await self._stub.Heartbeat(request, timeout=min(DEADLINE_S, job.lease_s / HEARTBEATS_A_LEASE))
        except grpc.aio.AioRpcError as error:
            raise from_rpc_error(error) from error

    async def complete(self, job: Job, result: Result) -> None:
        """Ends a job with its result. Safe to repeat. Raises LeaseLost when somebody else has it."""
        request = dedup_pb2.CompleteRequest(
            contest=job.contest,
            fingerprint=job.fingerprint,
            fence=job.fence,
            result=submission_pb2.Result(
                picture_sha256=result.picture_sha256,
                score=result.score,
                cosine=result.cosine,
                # None leaves the field unset.
                what_score=result.explanation.what_score,
                look_score=result.explanation.look_score,
                heat=result.explanation.heat,
                seed=result.seed,
                generator_digest=result.generator_digest,
                scorer_digest=result.scorer_digest,
                calibration_id=result.calibration_id,
            ).SerializeToString(),
        )
        try:
            await self._stub.Complete(request, timeout=DEADLINE_S)
        except grpc.aio.AioRpcError as error:
            raise from_rpc_error(error) from error

    async def release(self, job: Job, failure: Failure | None) -> None:
        """Gives a job back, or fails it for good. Safe to repeat. Raises LeaseLost."""
        request = dedup_pb2.ReleaseRequest(contest=job.contest, fingerprint=job.fingerprint, fence=job.fence)
        if failure is not None:
            request.failure.CopyFrom(submission_pb2.Failure(reason=failure.reason, message=failure.message))
        try:
            await self._stub.Release(request, timeout=DEADLINE_S)
        except grpc.aio.AioRpcError as error:
            raise from_rpc_error(error) from error


def _job(message: dedup_pb2.Job) -> Job:
    return Job(
        contest=message.contest,
        fingerprint=message.fingerprint,
        fence=message.fence,
        lease_s=message.lease_ms / 1000,
        prompt=message.canonical_prompt,
        seed=message.seed,
        target=Target(message.target.name, message.target.picture_sha256),
        model=Model(
            message.model.generator_source, message.model.steps, message.model.size, message.model.scorer_source
        ),
        attempt=message.attempt,
    )
