"""The shipped generator and scorer together, through the server: a drawing scores highest against its own target.

How well each is trained is measured where they are trained; this says that the two fit each other and the targets.
"""

from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from tritonclient.grpc.aio import InferenceServerClient

from cygnet.inference.scoring import Calibration, cosine, score
from cygnet.inference.triton import TritonClient

from .conftest import Server, Weights

TARGETS = Path(__file__).parents[2] / "services" / "cygnet" / "contest" / "targets"
SEEDS = range(6)


@pytest.fixture
async def triton(server: Server, weights: Weights) -> AsyncIterator[TritonClient]:
    if not weights.shipped:
        pytest.skip("the shipped weights are not in triton_models/weights")
    client = TritonClient(server.url)
    yield client
    await client.close()


def similarity(one: NDArray[np.float32], other: NDArray[np.float32], calibration: Calibration) -> float:
    return score(cosine(one, other, calibration.mean), calibration.points)


async def test_the_defaults_are_the_embedded_models(triton: TritonClient) -> None:
    ready = await triton.probe(patience_s=60)
    assert (ready.generator.source, ready.scorer.source) == ("builtin://cygnet-tiny", "builtin://cygnet-clip")


async def test_the_words_that_the_model_knows_come_with_the_probe_and_not_with_a_picture(
    triton: TritonClient, server: Server, weights: Weights
) -> None:
    ready = await triton.probe(patience_s=60)
    assert ready.vocabulary == (weights.generator_path / "vocabulary.json").read_bytes()
    async with InferenceServerClient(server.url) as client:
        config = (await client.get_model_config("draw_and_score")).config
    assert "VOCABULARY" not in {output.name for output in config.output}


async def test_a_target_is_its_own_best_copy(triton: TritonClient) -> None:
    duck, swan = [await triton.embed((TARGETS / f"{name}.png").read_bytes()) for name in ("duck", "swan")]
    calibration = duck.scorer.calibration
    assert calibration is not None
    assert similarity(duck.vector, duck.vector, calibration) == pytest.approx(100)
    assert similarity(duck.vector, swan.vector, calibration) < 50


async def test_drawings_score_higher_on_their_own_target(triton: TritonClient, weights: Weights) -> None:
    targets = {name: await triton.embed((TARGETS / f"{name}.png").read_bytes()) for name in ("duck", "swan")}
    calibration = targets["duck"].scorer.calibration
    assert calibration is not None
    means: dict[tuple[str, str], float] = {}
    for prompted in targets:
        drawings = [await triton.draw_and_score(f"a {prompted}", seed, weights.steps, weights.size) for seed in SEEDS]
        for name, target in targets.items():
            scores = [similarity(drawing.embedding, target.vector, calibration) for drawing in drawings]
            means[prompted, name] = float(np.mean(scores))
    assert means["duck", "duck"] > means["swan", "duck"]
    assert means["swan", "swan"] > means["duck", "swan"]
