"""The shipped generator and scorer together, through the server: what is drawn scores as what was asked for.

How well each is trained is measured where they are trained; this says that the two fit each other and the targets.
"""

from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from cygnet.inference.scoring import Calibration
from cygnet.inference.triton import TritonClient

from .conftest import Server, Weights

pytestmark = pytest.mark.triton

TARGETS = Path(__file__).parents[2] / "services" / "cygnet" / "contest" / "targets"
SEEDS = range(6)


@pytest.fixture
async def triton(server: Server, weights: Weights) -> AsyncIterator[TritonClient]:
    if not weights.shipped:
        pytest.skip("the shipped weights are not in triton_models/weights")
    client = TritonClient(server.url)
    yield client
    await client.close()


def score(one: NDArray[np.float32], other: NDArray[np.float32], calibration: Calibration) -> float:
    """Centred cosine in float64, mapped through the published points."""
    left, right = (vector.astype(np.float64) - np.array(calibration.mean) for vector in (one, other))
    cosine = left @ right / (np.linalg.norm(left) * np.linalg.norm(right))
    cosines, scores = zip(*calibration.points, strict=True)
    return float(np.interp(cosine, cosines, scores))


async def test_the_defaults_are_the_embedded_models(triton: TritonClient) -> None:
    ready = await triton.probe(patience_s=60)
    assert (ready.generator.source, ready.scorer.source) == ("builtin://cygnet-tiny", "builtin://cygnet-clip")


async def test_a_target_is_its_own_best_copy(triton: TritonClient) -> None:
    duck, swan = [await triton.embed((TARGETS / f"{name}.png").read_bytes()) for name in ("duck", "swan")]
    calibration = duck.scorer.calibration
    assert calibration is not None
    assert score(duck.vector, duck.vector, calibration) == pytest.approx(100)
    assert score(duck.vector, swan.vector, calibration) < 50


async def test_drawings_score_higher_on_what_was_asked_for(triton: TritonClient, weights: Weights) -> None:
    targets = {name: await triton.embed((TARGETS / f"{name}.png").read_bytes()) for name in ("duck", "swan")}
    calibration = targets["duck"].scorer.calibration
    assert calibration is not None
    means: dict[tuple[str, str], float] = {}
    for asked in targets:
        drawings = [await triton.draw_and_score(f"a {asked}", seed, weights.steps, weights.size) for seed in SEEDS]
        for name, target in targets.items():
            scores = [score(drawing.embedding, target.vector, calibration) for drawing in drawings]
            means[asked, name] = float(np.mean(scores))
    assert means["duck", "duck"] > means["swan", "duck"]
    assert means["swan", "swan"] > means["duck", "swan"]
