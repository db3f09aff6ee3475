"""Live servers for the tests of the public API: submission in front of the real dedup service, on a real Redis."""

import hashlib
import io
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import grpc
import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from PIL import Image

import cygnet.dedup.__main__ as dedup_main
import cygnet.submission.__main__ as submission_main
from cygnet.dedup.settings import DedupSettings
from cygnet.internal.v1 import admin_pb2, admin_pb2_grpc, dedup_pb2, dedup_pb2_grpc, document_pb2
from cygnet.platform.errors import DomainError
from cygnet.platform.grpc.server import Endpoint, Lifetime, serving
from cygnet.platform.grpc.status import from_rpc_error
from cygnet.platform.pictures import PictureStore
from cygnet.submission.settings import SubmissionSettings
from cygnet.v1 import (
    contest_pb2,
    contest_pb2_grpc,
    presence_pb2_grpc,
    submission_pb2,
    submission_pb2_grpc,
)

from ..redis_urls import as_user
from ..workloads import ADMIN_TOKEN, KEYS, callers, inside_channel


@dataclass
class Game:
    """The two services, and how a player, an organiser and a worker reach them."""

    players: "submission_pb2_grpc.SubmissionServiceAsyncStub"
    contests: "contest_pb2_grpc.ContestServiceAsyncStub"
    presence: "presence_pb2_grpc.PresenceServiceAsyncStub"
    admin: "admin_pb2_grpc.ContestAdminServiceAsyncStub"
    boards: "admin_pb2_grpc.BoardAdminServiceAsyncStub"
    seeds: "admin_pb2_grpc.SeedAdminServiceAsyncStub"
    targets: "admin_pb2_grpc.TargetAdminServiceAsyncStub"
    dedup: "dedup_pb2_grpc.DedupServiceAsyncStub"
    pictures: PictureStore
    lifetime: Lifetime
    admin_address: str
    address: str
    """host:port for players."""

    async def apply(self, **changes: object) -> admin_pb2.ApplyContestResponse:
        """Applies a contest called "test" with one target."""
        request = admin_pb2.ApplyContestRequest(document=document(), target_pictures=[DUCK])
        for path, value in changes.items():
            setattr(request.document.admission, path, value)
        return await self.admin.ApplyContest(request, metadata=(("authorization", f"Bearer {ADMIN_TOKEN}"),))

    async def schedule(self, *windows: tuple[float, float], paused: bool = False) -> None:
        """Applies windows, each given in seconds from now."""
        request = admin_pb2.ApplyContestRequest(document=document(), target_pictures=[DUCK])
        request.document.contest.paused = paused
        for opens_s, closes_s in windows:
            window = request.document.contest.windows.add()
            window.opens.FromMilliseconds(round((time.time() + opens_s) * 1000))
            window.closes.FromMilliseconds(round((time.time() + closes_s) * 1000))
        await self.admin.ApplyContest(request, metadata=(("authorization", f"Bearer {ADMIN_TOKEN}"),))

    async def join(self, nickname: str = "Ada", token: str | None = None) -> submission_pb2.JoinResponse:
        return await self.players.Join(
            submission_pb2.JoinRequest(contest="test", nickname=nickname), metadata=bearer(token)
        )

    async def submit(
        self, token: str, prompt: str, request_id: str | None = None, target: str = "duck"
    ) -> submission_pb2.Submission:
        request = submission_pb2.SubmitRequest(
            contest="test", target=target, prompt=prompt, request_id=request_id or str(uuid.uuid4())
        )
        try:
            return (await self.players.Submit(request, metadata=bearer(token))).submission
        except grpc.aio.AioRpcError as error:
            raise from_rpc_error(error) from error

    async def draw_one(self) -> dedup_pb2.Job:
        """Does what a worker does, with a made-up result: drawing itself is tested elsewhere."""
        job = (await self.dedup.Claim(dedup_pb2.ClaimRequest(worker_id="test", wait_ms=5000))).job
        await self.dedup.Complete(
            dedup_pb2.CompleteRequest(
                contest=job.contest,
                fingerprint=job.fingerprint,
                fence=job.fence,
                result=result_of(job).SerializeToString(),
            )
        )
        return job

    def watch(self, token: str, submission_id: str, after: int = 0):  # type: ignore[no-untyped-def]
        return self.players.WatchSubmission(
            submission_pb2.WatchSubmissionRequest(contest="test", submission_id=submission_id, after_revision=after),
            metadata=bearer(token),
        )


def result_of(job: dedup_pb2.Job) -> submission_pb2.Result:
    return submission_pb2.Result(
        picture_sha256=hashlib.sha256(job.canonical_prompt.encode()).hexdigest(),
        score=61.25,
        cosine=0.5,
        generator_digest="0" * 64,
        scorer_digest="1" * 64,
        calibration_id="test",
        completed_at=Timestamp(seconds=1_800_000_000),
    )


def png() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (256, 256), "gold").save(out, "PNG")
    return out.getvalue()


DUCK = png()


def document() -> document_pb2.ContestDocument:
    return document_pb2.ContestDocument(
        contest=contest_pb2.Contest(
            name="test",
            title={"en": "Draw the duck"},
            targets=[contest_pb2.Target(name="duck", picture_sha256=hashlib.sha256(DUCK).hexdigest())],
            decimals=2,
            max_prompt_chars=300,
        ),
        model=document_pb2.Model(
            generator_source="builtin://cygnet-tiny", steps=4, size=256, scorer_source="builtin://cygnet-clip"
        ),
        admission=document_pb2.AdmissionPolicy(
            every_ms=1000, burst=5, pending=3, max_predicted_wait_ms=300_000, dedup_scope="DEDUP_SCOPE_CONTEST"
        ),
    )


def bearer(token: str | None) -> tuple[tuple[str, str], ...]:
    return () if token is None else (("authorization", f"Bearer {token}"),)


@asynccontextmanager
async def playing(
    redis_url: str, folder: Path, *, dedup: dedup_pb2_grpc.DedupServiceServicer | None = None
) -> AsyncIterator[Game]:
    """Runs both services in this process, wired as their `__main__` wires them; or `dedup` in the place of the one."""
    async with AsyncExitStack() as stack:
        dedup_life, submission_life = Lifetime(stack), Lifetime(stack)
        if dedup is None:
            dedup_settings = DedupSettings(
                redis_url=as_user(redis_url, "dedup"), leaderboard_address="127.0.0.1:1", installation_keys=KEYS
            )
            endpoints = await dedup_main.wire(dedup_settings, dedup_life)
        else:
            endpoints = [Endpoint("127.0.0.1:0", [dedup], callers())]
        [dedup_port] = await stack.enter_async_context(serving(endpoints, grace_s=1))
        settings = SubmissionSettings(
            redis_url=as_user(redis_url, "submission"),
            dedup_address=f"127.0.0.1:{dedup_port}",
            pictures_url=f"file://{folder}",
            session_keys="k1:" + "s" * 32,
            admin_token=ADMIN_TOKEN,
            installation_keys=KEYS,
        )
        port, admin_port = await stack.enter_async_context(
            serving(await submission_main.wire(settings, submission_life), grace_s=1)
        )
        public = await stack.enter_async_context(grpc.aio.insecure_channel(f"127.0.0.1:{port}"))
        admin = await stack.enter_async_context(grpc.aio.insecure_channel(f"127.0.0.1:{admin_port}"))
        inside = await stack.enter_async_context(inside_channel(f"127.0.0.1:{dedup_port}"))
        yield Game(
            players=submission_pb2_grpc.SubmissionServiceStub(public),
            contests=contest_pb2_grpc.ContestServiceStub(public),
            presence=presence_pb2_grpc.PresenceServiceStub(public),
            admin=admin_pb2_grpc.ContestAdminServiceStub(admin),
            boards=admin_pb2_grpc.BoardAdminServiceStub(admin),
            seeds=admin_pb2_grpc.SeedAdminServiceStub(admin),
            targets=admin_pb2_grpc.TargetAdminServiceStub(admin),
            dedup=dedup_pb2_grpc.DedupServiceStub(inside),
            pictures=PictureStore(f"file://{folder}"),
            lifetime=submission_life,
            admin_address=f"127.0.0.1:{admin_port}",
            address=f"127.0.0.1:{port}",
        )
        submission_life.stopping.set()
        dedup_life.stopping.set()


async def raised_by(call) -> DomainError:  # type: ignore[no-untyped-def]
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await call
    return from_rpc_error(raised.value)
