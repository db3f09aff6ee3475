"""The worker with the real Triton and the real dedup: what comes out is what the formula says of the stored bytes."""

import asyncio
import io
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import redis.asyncio as aioredis
from PIL import Image, ImageDraw

from cygnet.inference.scoring import cosine, score
from cygnet.inference.triton import TritonClient
from cygnet.internal.v1 import document_pb2

from ..worker.environment import DONE, QUEUED, Environment, worker_environment
from .conftest import Server, Weights

PATIENCE_S = 120
"""The models import torch first, on whatever the machine has left."""


def target() -> bytes:
    image = Image.new("RGB", (128, 128), "skyblue")
    ImageDraw.Draw(image).ellipse((30, 40, 100, 100), fill="gold")
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


@pytest.fixture
async def env(
    redis_url: str, redis_client: aioredis.Redis, tmp_path: Path, server: Server
) -> AsyncIterator[Environment]:
    async with worker_environment(redis_url, tmp_path, triton_address=lambda: server.url, target=target()) as env:
        yield env


@pytest.fixture
def model(weights: Weights) -> document_pb2.Model:
    return document_pb2.Model(
        generator_source=weights.generator, steps=weights.steps, size=weights.size, scorer_source=weights.scorer
    )


async def test_a_score_follows_from_the_stored_bytes(
    env: Environment, model: document_pb2.Model, server: Server
) -> None:
    async with env.working():
        done = await env.until_state(await env.submit("a red duck in the snow", model=model), DONE, PATIENCE_S)
    picture = await env.pictures.get(done.result.picture_sha256)
    triton = TritonClient(server.url)
    try:
        drawn, imitated = await triton.embed(picture), await triton.embed(target())
    finally:
        await triton.close()
    calibration = drawn.scorer.calibration
    assert calibration is not None
    similarity = cosine(drawn.vector, imitated.vector, calibration.mean)
    # Embedded again, in other company: fp32 keeps a cosine to the eighth digit.
    assert done.result.cosine == pytest.approx(similarity, abs=1e-6)
    # The map itself is exact.
    assert done.result.score == score(done.result.cosine, calibration.points)
    assert done.result.calibration_id == calibration.id
    assert done.result.scorer_digest == drawn.scorer.digest


async def test_a_worker_that_is_out_of_time_does_not_hurt_triton(env: Environment, model: document_pb2.Model) -> None:
    long = document_pb2.Model()
    long.CopyFrom(model)
    long.steps = 50
    async with env.working(stop_grace_s=0.01):
        submitted = [await env.submit(f"duck number {i}", model=long) for i in range(4)]
        await asyncio.wait(
            {asyncio.create_task(env.until_state(each, DONE, PATIENCE_S)) for each in submitted},
            return_when=asyncio.FIRST_COMPLETED,
        )
    states = [(await env.submission(each)).state for each in submitted]
    assert QUEUED in states
    async with env.working():
        for each in submitted:
            await env.until_state(each, DONE, PATIENCE_S)
