"""Everything that a worker needs, and the worker, wired as their `__main__`s wire them."""

import hashlib
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from prometheus_client import REGISTRY

import cygnet.dedup.__main__ as dedup_main
import cygnet.worker.__main__ as worker_main
from cygnet.dedup.settings import DedupSettings
from cygnet.internal.v1 import dedup_pb2, dedup_pb2_grpc, document_pb2
from cygnet.platform.grpc.server import Lifetime, serving
from cygnet.platform.pictures import PictureStore
from cygnet.v1 import contest_pb2, submission_pb2
from cygnet.worker.settings import WorkerSettings

from ..dedup.environment import admit
from ..redis_urls import as_user
from ..waiting import eventually
from ..workloads import KEYS, inside_channel, worker_key_file
from .triton_double import TritonDouble

SERVED = document_pb2.Model(
    generator_source="builtin://cygnet-tiny", steps=4, size=256, scorer_source="builtin://cygnet-clip"
)
QUEUED = submission_pb2.SUBMISSION_STATE_QUEUED
DRAWING = submission_pb2.SUBMISSION_STATE_DRAWING
DONE = submission_pb2.SUBMISSION_STATE_DONE
FAILED = submission_pb2.SUBMISSION_STATE_FAILED
TARGET = b"the duck to imitate"
_TO_BASE32 = str.maketrans("0189", "qrst")


@dataclass
class Environment:
    """What a worker needs: a dedup service, a picture store and the way to a Triton."""

    dedup: "dedup_pb2_grpc.DedupServiceAsyncStub"
    dedup_port: int
    pictures: PictureStore
    folder: Path
    triton_address: Callable[[], str]
    target_sha256: str

    async def submit(self, prompt: str = "a yellow duck", *, model: document_pb2.Model = SERVED) -> str:
        """Returns the id of a new submission, by somebody new."""
        admitted = await admit(
            self.dedup,
            dedup_pb2.AdmitRequest(
                contest="test",
                participant_id=hashlib.md5(uuid.uuid4().bytes).hexdigest().translate(_TO_BASE32)[:26],
                nickname="Ada",
                request_id=str(uuid.uuid4()),
                target=contest_pb2.Target(name="duck", picture_sha256=self.target_sha256),
                prompt=prompt,
                model=model,
                policy=document_pb2.AdmissionPolicy(
                    generation=1,
                    every_ms=100,
                    burst=100,
                    pending=100,
                    max_predicted_wait_ms=86_400_000,
                    dedup_scope="DEDUP_SCOPE_CONTEST",
                ),
            ),
        )
        return admitted.submission_id

    async def submission(self, submission_id: str) -> submission_pb2.Submission:
        request = dedup_pb2.GetSubmissionsRequest(contest="test", submission_ids=[submission_id])
        [owned] = (await self.dedup.GetSubmissions(request)).submissions
        return owned.submission

    async def until_state(
        self, submission_id: str, state: submission_pb2.SubmissionState, within_s: float = 15
    ) -> submission_pb2.Submission:
        async def reached() -> submission_pb2.Submission | None:
            submission = await self.submission(submission_id)
            return submission if submission.state == state else None

        return await eventually(reached, within_s, submission_pb2.SubmissionState.Name(state))

    @asynccontextmanager
    async def working(self, *, stop_grace_s: float = 10, **changes: Any) -> AsyncIterator[None]:
        """Runs a worker; leaving the block is its SIGTERM, and the block ends when the worker has ended."""
        settings = WorkerSettings(
            dedup_address=f"127.0.0.1:{self.dedup_port}",
            triton_address=self.triton_address(),
            pictures_url=f"file://{self.folder}",
            workload_key_file=worker_key_file(self.folder),
            stop_grace_s=stop_grace_s,
            **changes,
        )
        async with AsyncExitStack() as resources:
            lifetime = Lifetime(resources)
            async with serving(await worker_main.wire(settings, lifetime), grace_s=1):
                yield
                lifetime.stopping.set()
        lifetime.raise_failure()


@asynccontextmanager
async def serving_dedup(redis_url: str, port: int = 0, **changes: Any) -> AsyncIterator[int]:
    async with AsyncExitStack() as resources:
        lifetime = Lifetime(resources)
        settings = DedupSettings(
            redis_url=as_user(redis_url, "dedup"),
            leaderboard_address="127.0.0.1:1",
            installation_keys=KEYS,
            listen=f"127.0.0.1:{port}",
            **changes,
        )
        async with serving(await dedup_main.wire(settings, lifetime), grace_s=0.1) as [bound]:
            yield bound
            lifetime.stopping.set()


@asynccontextmanager
async def worker_environment(
    redis_url: str, folder: Path, *, triton_address: Callable[[], str], target: bytes, **dedup_changes: Any
) -> AsyncIterator[Environment]:
    """Runs dedup, and stores the target's picture. `triton_address` is called when a worker starts."""
    async with AsyncExitStack() as stack:
        port = await stack.enter_async_context(serving_dedup(redis_url, **dedup_changes))
        channel = await stack.enter_async_context(inside_channel(f"127.0.0.1:{port}"))
        pictures = PictureStore(f"file://{folder}")
        target_sha256 = await pictures.put(target)
        yield Environment(
            dedup_pb2_grpc.DedupServiceStub(channel), port, pictures, folder, triton_address, target_sha256
        )


@asynccontextmanager
async def with_triton_double(
    redis_url: str, folder: Path, **dedup_changes: Any
) -> AsyncIterator[tuple[Environment, TritonDouble]]:
    """Runs a double of Triton as well."""
    triton = TritonDouble()
    await triton.start()
    try:
        async with worker_environment(
            redis_url, folder, triton_address=lambda: triton.address, target=TARGET, **dedup_changes
        ) as environment:
            yield environment, triton
    finally:
        await triton.stop()


def drawings(outcome: str) -> float:
    """Returns how many jobs of the contest came to this end."""
    labels = {"contest": "test", "outcome": outcome}
    return REGISTRY.get_sample_value("cygnet_worker_drawings_total", labels) or 0.0
