"""Wires and runs the worker."""

import os
import socket
import time
from collections.abc import Sequence

from cygnet.inference.triton import TritonClient
from cygnet.internal.v1 import dedup_pb2_grpc
from cygnet.platform.clock import now_ms
from cygnet.platform.grpc.client import channel
from cygnet.platform.grpc.server import Endpoint, Lifetime, run
from cygnet.platform.grpc.workloads import WorkloadTokens
from cygnet.platform.pictures import PictureStore
from cygnet.worker.announcement import Announcement
from cygnet.worker.job_queue import JobQueue
from cygnet.worker.loop import Worker
from cygnet.worker.readiness import Readiness
from cygnet.worker.scored_generator import ScoredGenerator
from cygnet.worker.settings import WorkerSettings
from cygnet.worker.targets import TargetExaminer, prepare_targets
from cygnet.worker.telemetry import Telemetry


async def wire(settings: WorkerSettings, lifetime: Lifetime) -> Sequence[Endpoint]:
    """Builds the worker; what it serves is its health."""
    dedup = await lifetime.resources.enter_async_context(
        channel(settings.dedup_address, token=WorkloadTokens(settings.workload_key_file.read_text))
    )
    triton = TritonClient(settings.triton_address, patience_s=settings.patience_s)
    # A process that exits breaks its connection, which Triton takes for a cancellation: what is in flight comes first.
    lifetime.resources.push_async_callback(triton.close, patience_s=settings.patience_s)
    pictures, telemetry = PictureStore(settings.pictures_url), Telemetry()
    await lifetime.set_ready(False)
    jobs = JobQueue(
        dedup_pb2_grpc.DedupServiceStub(dedup),
        contest=settings.contest,
        worker_id=f"{socket.gethostname()[:100]}-{os.getpid()}",
    )
    announcement = Announcement(jobs)
    readiness = Readiness(triton, telemetry, lifetime.set_ready, announcement.until_taken, clock=time.monotonic)
    generator = ScoredGenerator(triton, pictures, jobs)
    worker = Worker(
        jobs,
        generator,
        pictures,
        readiness,
        telemetry,
        slots=settings.concurrency,
        claim_wait_s=settings.claim_wait_s,
        clock=now_ms,
    )
    lifetime.spawn(readiness.run(), "the probing of Triton")
    lifetime.spawn(worker.run(), "the work")
    lifetime.spawn(announcement.repeat(readiness), "the announcement of the model's words")
    steps = [generator.settle_next, TargetExaminer(jobs, triton, pictures).examine_next]
    lifetime.spawn(prepare_targets(readiness, steps), "the preparation of targets")
    # Undone first: what is in hand ends while everything that it needs is still there.
    lifetime.resources.push_async_callback(worker.stop, settings.stop_grace_s)
    return [Endpoint(settings.listen)]


if __name__ == "__main__":
    settings = WorkerSettings()
    run("worker", settings, lambda lifetime: wire(settings, lifetime))
