"""The worker against the real dedup service on a real Redis, wired as its `__main__` wires it.

Triton alone is a double (triton_double.py says why).
"""

import asyncio
import hashlib
import shutil
import uuid
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import pytest
import redis.asyncio as aioredis

import cygnet.dedup.__main__ as dedup_main
import cygnet.worker.__main__ as worker_main
from cygnet.dedup.settings import DedupSettings
from cygnet.platform.metrics import HANDLED
from cygnet.platform.pictures import PictureStore
from cygnet.platform.server import Lifetime, serving
from cygnet.v1 import contest_pb2, dedup_pb2, dedup_pb2_grpc, submission_pb2
from cygnet.worker.scoring import cosine, score
from cygnet.worker.settings import WorkerSettings
from cygnet.worker.telemetry import DRAWINGS

from .triton_double import CALIBRATION, TritonDouble, embedding_of, picture_of

pytestmark = pytest.mark.redis

TARGET = b"the duck to imitate"
QUEUED = submission_pb2.SUBMISSION_STATE_QUEUED
DRAWING = submission_pb2.SUBMISSION_STATE_DRAWING
DONE = submission_pb2.SUBMISSION_STATE_DONE
FAILED = submission_pb2.SUBMISSION_STATE_FAILED


async def until(fact: Callable[[], Coroutine[Any, Any, bool]] | Callable[[], bool], within_s: float = 15) -> None:
    """Waits for a fact."""
    async with asyncio.timeout(within_s):
        while True:
            holds = fact()
            if await holds if asyncio.iscoroutine(holds) else holds:
                return
            await asyncio.sleep(0.01)


@dataclass
class House:
    """A dedup service, a picture store and a double of Triton: everything that a worker needs."""

    dedup: "dedup_pb2_grpc.DedupServiceAsyncStub"
    dedup_port: int
    pictures: PictureStore
    folder: Path
    triton: TritonDouble

    async def submit(self, prompt: str = "a yellow duck", *, generator: str = "builtin://cygnet-tiny") -> str:
        """Returns the id of a new submission, by somebody new."""
        answer = await self.dedup.Admit(
            dedup_pb2.AdmitRequest(
                contest="test",
                participant_id=hashlib.md5(uuid.uuid4().bytes).hexdigest().translate(_TO_BASE32)[:26],
                nickname="Ada",
                request_id=str(uuid.uuid4()),
                target=contest_pb2.Target(name="duck", picture_sha256=hashlib.sha256(TARGET).hexdigest()),
                prompt=prompt,
                model=contest_pb2.Model(
                    generator_source=generator, steps=4, size=256, scorer_source="builtin://cygnet-clip"
                ),
                policy=contest_pb2.AdmissionPolicy(
                    generation=1,
                    every_ms=100,
                    burst=100,
                    pending=100,
                    max_predicted_wait_ms=86_400_000,
                    dedup_scope="DEDUP_SCOPE_CONTEST",
                ),
            )
        )
        return answer.submission.submission_id

    async def submission(self, submission_id: str) -> submission_pb2.Submission:
        request = dedup_pb2.GetSubmissionsRequest(contest="test", submission_ids=[submission_id])
        [owned] = (await self.dedup.GetSubmissions(request)).submissions
        return owned.submission

    async def until_state(self, submission_id: str, state: int) -> submission_pb2.Submission:
        async def holds() -> bool:
            return (await self.submission(submission_id)).state == state

        await until(holds)
        return await self.submission(submission_id)

    @asynccontextmanager
    async def working(self, *, stop_grace_s: float = 10, **changes: Any) -> AsyncIterator[None]:
        """Runs a worker; leaving the block is its SIGTERM, and the block ends when the worker has ended."""
        settings = WorkerSettings(
            dedup_address=f"127.0.0.1:{self.dedup_port}",
            triton_address=f"127.0.0.1:{self.triton.port}",
            pictures_url=f"file://{self.folder}",
            stop_grace_s=stop_grace_s,
            **changes,
        )
        async with AsyncExitStack() as resources:
            lifetime = Lifetime(resources)
            async with serving(await worker_main.wire(settings, lifetime), grace_s=1):
                yield
                lifetime.stopping.set()
        lifetime.raise_failure()


_TO_BASE32 = str.maketrans("0189", "qrst")


@asynccontextmanager
async def serving_dedup(redis_url: str, port: int = 0, **changes: Any) -> AsyncIterator[int]:
    async with AsyncExitStack() as resources:
        lifetime = Lifetime(resources)
        settings = DedupSettings(
            redis_url=redis_url, leaderboard_address="127.0.0.1:1", listen=f"127.0.0.1:{port}", **changes
        )
        async with serving(await dedup_main.wire(settings, lifetime), grace_s=0.1) as [bound]:
            yield bound
            lifetime.stopping.set()


@asynccontextmanager
async def furnished(redis_url: str, folder: Path, **dedup_changes: Any) -> AsyncIterator[House]:
    async with AsyncExitStack() as stack:
        port = await stack.enter_async_context(serving_dedup(redis_url, **dedup_changes))
        channel = await stack.enter_async_context(grpc.aio.insecure_channel(f"127.0.0.1:{port}"))
        triton = TritonDouble()
        await triton.start()
        stack.push_async_callback(triton.stop)
        pictures = PictureStore(f"file://{folder}")
        await pictures.put(TARGET)
        yield House(dedup_pb2_grpc.DedupServiceStub(channel), port, pictures, folder, triton)


@pytest.fixture
async def house(redis_url: str, redis_client: aioredis.Redis, tmp_path: Path) -> AsyncIterator[House]:
    async with furnished(redis_url, tmp_path) as house:
        yield house


def drawings(outcome: str) -> float:
    return DRAWINGS.labels("test", outcome)._value.get()


async def test_a_job_is_drawn_scored_stored_and_completed_once(house: House) -> None:
    completed = drawings("completed")
    async with house.working():
        submitted = await house.submit("A yellow  DUCK")
        done = await house.until_state(submitted, DONE)
    picture = picture_of("a yellow duck", done.result.seed)
    similarity = cosine(embedding_of(picture), embedding_of(TARGET), CALIBRATION["mean"])
    # To the last bit: the same numbers went through two services and a store.
    assert done.result.cosine == similarity
    assert done.result.score == score(similarity, CALIBRATION["points"])
    assert done.result.picture_sha256 == hashlib.sha256(picture).hexdigest()
    assert await house.pictures.get(done.result.picture_sha256) == picture
    assert (done.result.generator_digest, done.result.scorer_digest) == ("a" * 64, "b" * 64)
    assert done.result.calibration_id == "double-1"
    assert house.triton.prompts == ["a yellow duck"]
    assert drawings("completed") == completed + 1


async def test_the_target_is_embedded_once_for_all_jobs(house: House) -> None:
    async with house.working(concurrency=4):
        submitted = [await house.submit(f"duck number {i}") for i in range(8)]
        for each in submitted:
            await house.until_state(each, DONE)
    assert house.triton.embedded == [TARGET]


async def test_what_triton_has_in_hand_is_bounded(house: House) -> None:
    house.triton.gate.clear()
    submitted = [await house.submit(f"duck number {i}") for i in range(6)]
    async with house.working(concurrency=2):
        await until(lambda: house.triton.at_work == 2)
        house.triton.gate.set()
        for each in submitted:
            await house.until_state(each, DONE)
    assert house.triton.most_at_work == 2
    assert sorted(house.triton.prompts) == [f"duck number {i}" for i in range(6)]


async def test_a_long_drawing_keeps_its_lease(redis_url: str, redis_client: aioredis.Redis, tmp_path: Path) -> None:
    async with furnished(redis_url, tmp_path, lease_ms=300) as house:
        house.triton.gate.clear()
        submitted = await house.submit()
        async with house.working():
            await until(lambda: house.triton.at_work == 1)
            await asyncio.sleep(1.5)  # five leases: what is tested is that nothing happens
            house.triton.gate.set()
            await house.until_state(submitted, DONE)
        assert len(house.triton.prompts) == 1


@pytest.mark.parametrize(("heard_from", "lease_ms"), [("Heartbeat", 300), ("Complete", 10_000)])
async def test_a_result_whose_lease_was_lost_is_discarded_and_the_work_goes_on(
    redis_url: str, redis_client: aioredis.Redis, tmp_path: Path, heard_from: str, lease_ms: int
) -> None:
    refusals = HANDLED.labels("unary", "cygnet.v1.DedupService", heard_from, "Aborted")._value
    async with furnished(redis_url, tmp_path, lease_ms=lease_ms) as house:
        refused, lost = refusals.get(), drawings("lease_lost")
        house.triton.gate.clear()
        submitted = await house.submit()
        async with house.working():
            await until(lambda: house.triton.at_work == 1)
            job = await _taken_away(house, redis_client)
            theirs = submission_pb2.Result(
                picture_sha256="c" * 64, score=1.5, cosine=0.1, seed=job.seed,
                generator_digest="d" * 64, scorer_digest="e" * 64, calibration_id="theirs",
            )  # fmt: skip
            await house.dedup.Complete(
                dedup_pb2.CompleteRequest(contest="test", fingerprint=job.fingerprint, fence=job.fence, result=theirs)
            )
            if heard_from == "Heartbeat":
                await until(lambda: refusals.get() > refused)
            house.triton.gate.set()
            await house.until_state(await house.submit("a swan"), DONE)
        assert refusals.get() == refused + 1
        assert drawings("lease_lost") == lost + 1
        assert (await house.submission(submitted)).result.calibration_id == "theirs"
        assert house.triton.cancelled == 0


async def _taken_away(house: House, redis_client: aioredis.Redis) -> dedup_pb2.Job:
    """Has somebody else claim the job that the worker draws."""
    [key] = [key async for key in redis_client.scan_iter("dedup:{test}:job:*")]
    fingerprint = key.decode().rpartition(":")[2]
    await house.dedup.Release(dedup_pb2.ReleaseRequest(contest="test", fingerprint=fingerprint, fence=1))
    answer = await house.dedup.Claim(dedup_pb2.ClaimRequest(contest="test", worker_id="another", wait_ms=5000))
    assert answer.job.fingerprint == fingerprint
    return answer.job


async def test_triton_goes_away_in_the_middle_and_the_job_is_drawn_when_it_is_back(house: House) -> None:
    returned = drawings("returned")
    house.triton.gate.clear()
    submitted = await house.submit()
    async with house.working():
        await until(lambda: house.triton.at_work == 1)
        await house.triton.stop()
        await house.until_state(submitted, QUEUED)
        assert drawings("returned") == returned + 1
        house.triton.gate.set()
        await house.triton.start()
        await house.until_state(submitted, DONE)
    assert house.triton.prompts == ["a yellow duck"] * 2
    assert house.triton.probes >= 2


async def test_nothing_is_claimed_before_triton_draws(house: House) -> None:
    await house.triton.stop()
    submitted = await house.submit()
    async with house.working():
        await asyncio.sleep(0.5)  # what is tested is that nothing happens
        assert (await house.submission(submitted)).state == QUEUED
        await house.triton.start()
        await house.until_state(submitted, DONE)


async def test_without_a_calibration_players_wait_and_no_score_is_invented(house: House) -> None:
    house.triton.calibration = None
    submitted = await house.submit()
    async with house.working():
        await until(lambda: house.triton.probes >= 2)
        assert (await house.submission(submitted)).state == QUEUED
        house.triton.calibration = CALIBRATION
        await house.until_state(submitted, DONE)


async def test_told_to_stop_it_finishes_what_is_in_hand_and_claims_nothing_more(house: House) -> None:
    house.triton.gate.clear()
    first = await house.submit()
    async with house.working():
        await until(lambda: house.triton.at_work == 1)
        second = await house.submit("a swan")
        asyncio.get_running_loop().call_later(0.3, house.triton.gate.set)
    assert (await house.submission(first)).state == DONE
    assert (await house.submission(second)).state == QUEUED


async def test_out_of_time_it_gives_back_what_is_in_hand_and_lets_triton_finish(house: House) -> None:
    house.triton.gate.clear()
    submitted = await house.submit()

    async def open_the_gate_once_it_was_given_back() -> None:
        await house.until_state(submitted, QUEUED)
        house.triton.gate.set()

    async with house.working(stop_grace_s=0.2):
        await until(lambda: house.triton.at_work == 1)
        opening = asyncio.create_task(open_the_gate_once_it_was_given_back())
        await house.until_state(submitted, DRAWING)
    await opening
    assert (await house.submission(submitted)).state == QUEUED
    assert (house.triton.at_work, house.triton.cancelled) == (0, 0)


async def test_a_contest_that_wants_another_model_fails_openly(house: House) -> None:
    async with house.working():
        failed = await house.until_state(await house.submit(generator="hf://somebody/something"), FAILED)
        assert failed.failure.reason == "MODEL_NOT_SERVED"
        assert (
            failed.failure.message == "the contest wants hf://somebody/something, Triton serves builtin://cygnet-tiny"
        )
        await house.until_state(await house.submit("a swan"), DONE)


async def test_a_drawing_that_triton_refuses_fails_openly(house: House) -> None:
    house.triton.refuses = (grpc.StatusCode.INVALID_ARGUMENT, "SIZE must be a multiple of 64")
    async with house.working():
        failed = await house.until_state(await house.submit(), FAILED)
        assert failed.failure.reason == "DRAWING_FAILED"
        assert "SIZE must be a multiple of 64" in failed.failure.message
        house.triton.refuses = None
        await house.until_state(await house.submit("a swan"), DONE)


async def test_a_target_without_a_picture_fails_openly(house: House) -> None:
    shutil.rmtree(house.folder / "pictures")
    async with house.working():
        failed = await house.until_state(await house.submit(), FAILED)
    assert failed.failure.reason == "DRAWING_FAILED"
    assert "the target's picture is not stored" in failed.failure.message


async def test_a_picture_store_that_fails_costs_nobody_a_drawing(house: House) -> None:
    async with house.working():
        await house.until_state(await house.submit(), DONE)
        folder, away = house.folder / "pictures", house.folder / "away"
        folder.rename(away)
        folder.write_text("a file where the folder was")
        returned = drawings("returned")
        submitted = await house.submit("a swan")
        await until(lambda: drawings("returned") > returned)
        folder.unlink()
        away.rename(folder)
        done = await house.until_state(submitted, DONE)
    assert await house.pictures.exists(done.result.picture_sha256)


async def test_dedup_is_away_when_the_drawing_is_ready_and_gets_the_result_when_it_is_back(
    redis_url: str, redis_client: aioredis.Redis, tmp_path: Path
) -> None:
    async with AsyncExitStack() as stack:
        triton, pictures = TritonDouble(), PictureStore(f"file://{tmp_path}")
        await pictures.put(TARGET)
        await triton.start()
        stack.push_async_callback(triton.stop)
        triton.gate.clear()
        dedup = AsyncExitStack()
        port = await dedup.enter_async_context(serving_dedup(redis_url))
        channel = await stack.enter_async_context(grpc.aio.insecure_channel(f"127.0.0.1:{port}"))
        house = House(dedup_pb2_grpc.DedupServiceStub(channel), port, pictures, tmp_path, triton)
        submitted = await house.submit()
        async with house.working():
            await until(lambda: triton.at_work == 1)
            await dedup.aclose()
            triton.gate.set()
            await until(lambda: len(list(tmp_path.rglob("*.png"))) == 2)
            async with serving_dedup(redis_url, port):
                await house.until_state(submitted, DONE)
        assert triton.prompts == ["a yellow duck"]
