"""The worker against the real dedup service on a real Redis, wired as its `__main__` wires it.

Triton alone is a double (triton_double.py says why).
"""

import asyncio
import hashlib
import shutil
from contextlib import AsyncExitStack
from pathlib import Path

import grpc
import pytest
import redis.asyncio as aioredis
from google.protobuf.timestamp_pb2 import Timestamp

import cygnet.worker.__main__ as worker_main
from cygnet.inference.occlusion import heat_map
from cygnet.inference.scoring import cosine, score
from cygnet.internal.v1 import dedup_pb2, dedup_pb2_grpc
from cygnet.platform.grpc.metrics import HANDLED
from cygnet.platform.images import pixels_sha256
from cygnet.platform.pictures import PictureStore
from cygnet.v1 import contest_pb2, submission_pb2
from cygnet.worker import announcement
from cygnet.worker.job_queue import JobQueue

from ..waiting import eventually
from ..workloads import inside_channel
from .environment import (
    DONE,
    DRAWING,
    FAILED,
    QUEUED,
    SERVED,
    TARGET,
    Environment,
    drawings,
    serving_dedup,
    with_triton_double,
)
from .triton_double import CALIBRATION, TritonDouble, embedding_of, picture_of, regions_of

VOCABULARY = (Path(__file__).parents[2] / "triton_models/weights/cygnet-tiny/vocabulary.json").read_bytes()


async def test_a_job_is_drawn_scored_stored_and_completed_once(env: Environment, triton: TritonDouble) -> None:
    completed = drawings("completed")
    async with env.working():
        submitted = await env.submit("A yellow  DUCK")
        done = await env.until_state(submitted, DONE)
    picture = picture_of("a yellow duck", triton.seeds[-1])
    similarity = cosine(embedding_of(picture), embedding_of(TARGET), CALIBRATION["mean"])
    # To the last bit: the same numbers went through two services and a store.
    assert done.result.cosine == similarity
    assert done.result.score == score(similarity, CALIBRATION["points"])
    assert done.result.picture_sha256 == hashlib.sha256(picture).hexdigest()
    assert done.result.pixels_sha256 == pixels_sha256(picture)
    assert await env.pictures.get(done.result.picture_sha256) == picture
    assert (done.result.generator_digest, done.result.scorer_digest) == ("a" * 64, "b" * 64)
    assert done.result.calibration_id == "double-1"
    part = CALIBRATION["parts"]["what"]
    similarity = cosine(embedding_of(picture)[:20], embedding_of(TARGET)[:20], CALIBRATION["mean"][:20])
    assert done.result.what_score == score(similarity, part["points"])
    # The double's scorer has no such part.
    assert not done.result.HasField("look_score")
    maps = heat_map(embedding_of(picture), regions_of(picture), embedding_of(TARGET), CALIBRATION["mean"])
    assert (done.result.heat, done.result.negative_heat) == maps
    assert not done.result.HasField("fitted_chars")
    assert triton.prompts == ["a yellow duck"]
    assert drawings("completed") == completed + 1


async def test_a_prompt_that_is_too_long_for_the_model_says_how_much_of_it_fitted(
    env: Environment, triton: TritonDouble
) -> None:
    triton.fits = 8
    async with env.working():
        long = await env.until_state(await env.submit("a yellow duck"), DONE)
        short = await env.until_state(await env.submit("a duck"), DONE)
    assert long.result.fitted_chars == 8
    assert not short.result.HasField("fitted_chars")


async def test_the_models_vocabulary_reaches_dedup(
    env: Environment, triton: TritonDouble, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(announcement, "AGAIN_S", 0.05)

    async def known() -> bytes:
        request = dedup_pb2.GetVocabularyRequest(generator_source="builtin://cygnet-tiny")
        return (await env.dedup.GetVocabulary(request)).vocabulary

    triton.vocabulary = b"no vocabulary"
    async with env.working():
        await eventually(lambda: "cannot be used" in caplog.text)
        # Whoever draws is not held up by it.
        await env.until_state(await env.submit(), DONE)
        assert await known() == b""
    triton.vocabulary = VOCABULARY
    async with env.working():
        await eventually(known)
    assert await known() == VOCABULARY


async def test_a_result_reaches_the_player_as_the_worker_wrote_it_by_its_own_clock(
    env: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[bytes] = []
    complete = JobQueue.complete

    async def observed(self: JobQueue, job: dedup_pb2.Job, result: bytes) -> None:
        sent.append(result)
        await complete(self, job, result)

    monkeypatch.setattr(JobQueue, "complete", observed)
    monkeypatch.setattr(worker_main, "now_ms", lambda: 1_790_000_000_123)
    async with env.working():
        done = await env.until_state(await env.submit(), DONE)
    assert done.result.completed_at.ToMilliseconds() == 1_790_000_000_123
    assert [done.result.SerializeToString()] == sent


async def test_the_target_is_embedded_once_for_all_jobs(env: Environment, triton: TritonDouble) -> None:
    async with env.working(concurrency=4):
        submitted = [await env.submit(f"duck number {i}") for i in range(8)]
        for each in submitted:
            await env.until_state(each, DONE)
    assert triton.embedded == [TARGET]


async def test_seeds_are_settled_before_anybody_draws(env: Environment, triton: TritonDouble) -> None:
    wanted = dedup_pb2.Job(
        contest="test",
        target=contest_pb2.Target(name="duck", picture_sha256=env.target_sha256),
        model=SERVED,
        ladder=["a duck", "a red duck"],
    )
    await env.dedup.RequestSeeds(dedup_pb2.RequestSeedsRequest(jobs=[wanted]))

    async def settled() -> bool:
        asked = dedup_pb2.SettleSeedRequest(contest="test", target_picture_sha256=env.target_sha256)
        return (await env.dedup.SettleSeed(asked)).HasField("counter")

    async with env.working():
        await eventually(settled)
    assert set(triton.prompts) == {"a duck", "a red duck"}


async def test_what_triton_has_in_hand_is_bounded(env: Environment, triton: TritonDouble) -> None:
    triton.gate.clear()
    submitted = [await env.submit(f"duck number {i}") for i in range(6)]
    async with env.working(concurrency=2):
        await eventually(lambda: triton.at_work == 2)
        triton.gate.set()
        for each in submitted:
            await env.until_state(each, DONE)
    assert triton.most_at_work == 2
    assert sorted(triton.prompts) == [f"duck number {i}" for i in range(6)]


async def test_a_long_drawing_keeps_its_lease(redis_url: str, redis_client: aioredis.Redis, tmp_path: Path) -> None:
    async with with_triton_double(redis_url, tmp_path, lease_ms=300) as (env, triton):
        triton.gate.clear()
        submitted = await env.submit()
        async with env.working():
            await eventually(lambda: triton.at_work == 1)
            await asyncio.sleep(1.5)  # five leases: what is tested is that nothing happens
            triton.gate.set()
            await env.until_state(submitted, DONE)
        assert len(triton.prompts) == 1


@pytest.mark.parametrize(("refusing", "lease_ms"), [("Heartbeat", 300), ("Complete", 10_000)])
async def test_a_result_whose_lease_was_lost_is_discarded_and_the_work_goes_on(
    redis_url: str, redis_client: aioredis.Redis, tmp_path: Path, refusing: str, lease_ms: int
) -> None:
    refusals = HANDLED.labels("unary", "cygnet.internal.v1.DedupService", refusing, "Aborted")._value
    async with with_triton_double(redis_url, tmp_path, lease_ms=lease_ms) as (env, triton):
        refused, lost = refusals.get(), drawings("lease_lost")
        triton.gate.clear()
        submitted = await env.submit()
        async with env.working():
            await eventually(lambda: triton.at_work == 1)
            job = await _taken_away(env, redis_client)
            theirs = submission_pb2.Result(
                picture_sha256="c" * 64, score=1.5, cosine=0.1,
                generator_digest="d" * 64, scorer_digest="e" * 64, calibration_id="theirs",
                completed_at=Timestamp(seconds=1_800_000_000),
            ).SerializeToString()  # fmt: skip
            await env.dedup.Complete(
                dedup_pb2.CompleteRequest(contest="test", fingerprint=job.fingerprint, fence=job.fence, result=theirs)
            )
            if refusing == "Heartbeat":
                await eventually(lambda: refusals.get() > refused)
            triton.gate.set()
            await env.until_state(await env.submit("a swan"), DONE)
        assert refusals.get() == refused + 1
        assert drawings("lease_lost") == lost + 1
        assert (await env.submission(submitted)).result.calibration_id == "theirs"
        assert triton.cancelled == 0


async def _taken_away(env: Environment, redis_client: aioredis.Redis) -> dedup_pb2.Job:
    """Has somebody else claim the job that the worker draws."""
    [key] = [key async for key in redis_client.scan_iter("dedup:{test}:job:*")]
    fingerprint = key.decode().rpartition(":")[2]
    await env.dedup.Release(dedup_pb2.ReleaseRequest(contest="test", fingerprint=fingerprint, fence=1))
    answer = await env.dedup.Claim(dedup_pb2.ClaimRequest(contest="test", worker_id="another", wait_ms=5000))
    assert answer.job.fingerprint == fingerprint
    return answer.job


async def test_triton_goes_away_in_the_middle_and_the_job_is_drawn_when_it_is_back(
    env: Environment, triton: TritonDouble
) -> None:
    returned = drawings("returned")
    triton.gate.clear()
    submitted = await env.submit()
    async with env.working():
        await eventually(lambda: triton.at_work == 1)
        await triton.stop()
        await env.until_state(submitted, QUEUED)
        # The worker counts it once dedup has answered.
        await eventually(lambda: drawings("returned") == returned + 1)
        triton.gate.set()
        await triton.start()
        await env.until_state(submitted, DONE)
    assert triton.prompts == ["a yellow duck"] * 2
    assert triton.probes >= 2


async def test_nothing_is_claimed_before_triton_draws(env: Environment, triton: TritonDouble) -> None:
    await triton.stop()
    submitted = await env.submit()
    async with env.working():
        await asyncio.sleep(0.5)  # what is tested is that nothing happens
        assert (await env.submission(submitted)).state == QUEUED
        await triton.start()
        await env.until_state(submitted, DONE)


async def test_without_a_calibration_players_wait_and_no_score_is_invented(
    env: Environment, triton: TritonDouble
) -> None:
    triton.calibration = None
    submitted = await env.submit()
    async with env.working():
        await eventually(lambda: triton.probes >= 2)
        assert (await env.submission(submitted)).state == QUEUED
        triton.calibration = CALIBRATION
        await env.until_state(submitted, DONE)


async def test_told_to_stop_it_finishes_what_is_in_hand_and_claims_nothing_more(
    env: Environment, triton: TritonDouble
) -> None:
    triton.gate.clear()
    first = await env.submit()
    async with env.working():
        await eventually(lambda: triton.at_work == 1)
        second = await env.submit("a swan")
        asyncio.get_running_loop().call_later(0.3, triton.gate.set)
    assert (await env.submission(first)).state == DONE
    assert (await env.submission(second)).state == QUEUED


async def test_out_of_time_it_gives_back_what_is_in_hand_and_lets_triton_finish(
    env: Environment, triton: TritonDouble
) -> None:
    triton.gate.clear()
    submitted = await env.submit()

    async def open_the_gate_once_it_was_given_back() -> None:
        await env.until_state(submitted, QUEUED)
        triton.gate.set()

    async with env.working(stop_grace_s=0.2):
        await eventually(lambda: triton.at_work == 1)
        opening = asyncio.create_task(open_the_gate_once_it_was_given_back())
        await env.until_state(submitted, DRAWING)
    await opening
    assert (await env.submission(submitted)).state == QUEUED
    assert (triton.at_work, triton.cancelled) == (0, 0)


async def test_a_drawing_that_triton_refuses_fails_openly(env: Environment, triton: TritonDouble) -> None:
    triton.refuses = (grpc.StatusCode.INVALID_ARGUMENT, "SIZE must be a multiple of 64")
    async with env.working():
        failed = await env.until_state(await env.submit(), FAILED)
        assert failed.failure.reason == "DRAWING_FAILED"
        assert "SIZE must be a multiple of 64" in failed.failure.message
        triton.refuses = None
        await env.until_state(await env.submit("a swan"), DONE)


async def test_a_target_without_a_picture_fails_openly(env: Environment, triton: TritonDouble) -> None:
    shutil.rmtree(env.folder / "pictures")
    async with env.working():
        failed = await env.until_state(await env.submit(), FAILED)
    assert failed.failure.reason == "DRAWING_FAILED"
    assert "the target's picture is not stored" in failed.failure.message


async def test_a_picture_store_that_fails_costs_nobody_a_drawing(env: Environment, triton: TritonDouble) -> None:
    async with env.working():
        await env.until_state(await env.submit(), DONE)
        folder, away = env.folder / "pictures", env.folder / "away"
        folder.rename(away)
        folder.write_text("a file where the folder was")
        returned = drawings("returned")
        submitted = await env.submit("a swan")
        await eventually(lambda: drawings("returned") > returned)
        folder.unlink()
        away.rename(folder)
        done = await env.until_state(submitted, DONE)
    assert await env.pictures.exists(done.result.picture_sha256)


async def test_dedup_is_away_when_the_drawing_is_ready_and_gets_the_result_when_it_is_back(
    redis_url: str, redis_client: aioredis.Redis, tmp_path: Path
) -> None:
    async with AsyncExitStack() as stack:
        triton, pictures = TritonDouble(), PictureStore(f"file://{tmp_path}")
        await triton.start()
        stack.push_async_callback(triton.stop)
        triton.gate.clear()
        dedup = AsyncExitStack()
        port = await dedup.enter_async_context(serving_dedup(redis_url))
        channel = await stack.enter_async_context(inside_channel(f"127.0.0.1:{port}"))
        target_sha256 = await pictures.put(TARGET)
        stub = dedup_pb2_grpc.DedupServiceStub(channel)
        env = Environment(stub, port, pictures, tmp_path, lambda: triton.address, target_sha256)
        submitted = await env.submit()
        async with env.working():
            await eventually(lambda: triton.at_work == 1)
            await dedup.aclose()
            triton.gate.set()
            await eventually(lambda: len(list(tmp_path.rglob("*.png"))) == 2)
            async with serving_dedup(redis_url, port):
                await env.until_state(submitted, DONE)
        assert triton.prompts == ["a yellow duck"]


async def test_a_picture_that_cannot_be_decoded_fails_openly_and_is_not_stored(
    env: Environment, triton: TritonDouble
) -> None:
    triton.draws = b"no picture"
    async with env.working():
        failed = await env.until_state(await env.submit(), FAILED)
    assert failed.failure.message.startswith("the generator's picture is no readable PNG")
    assert len(list(env.folder.rglob("*.png"))) == 1, "the target's alone"
