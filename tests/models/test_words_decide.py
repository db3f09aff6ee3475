"""Words decide: with the shipped weights, whoever describes the picture better scores better.

Each rule of `make bench-game` on few contests: floors below the figures of the model card, so that a worse model cannot
slip in, and a slightly worse day does not fail.
"""

import statistics
from pathlib import Path

import pytest
from tests.bench import game

from cygnet_training.evaluate import Weights, load_weights
from cygnet_training.targets import COMPOSED

WEIGHTS = Path(__file__).parents[2] / "triton_models" / "weights"
SECRETS = 2
Played = tuple[game.Judge, list[int]]


@pytest.fixture(scope="module")
def weights() -> Weights:
    return load_weights(WEIGHTS)


@pytest.fixture(scope="module", params=list(COMPOSED))
def played(request: pytest.FixtureRequest, weights: Weights) -> Played:
    judge = game.judge_of(weights, request.param)
    return judge, game.seeds_of(judge, SECRETS)


def figures(rows: list[game.Row], ending: str) -> list[float]:
    return [figure for row in rows if row.what.endswith(ending) for figure in row.figures]


def test_effort_pays_part_by_part_in_both_languages(played: Played) -> None:
    rows = list(game.ladder_rows(*played))
    assert min(figures(rows, "Spearman, en")) > 0.8
    assert min(figures(rows, "Spearman, ko")) > 0.8
    assert max(figures(rows, "the noun alone")) < 30
    assert statistics.median(figures(rows, "the composition")) > 70


def test_what_is_not_read_is_worth_nothing(played: Played) -> None:
    judge, [seed, *_] = played
    whole = game.rungs_of(judge)[-1]
    picture = judge.weights.draw(whole, seed).tobytes()
    for ending in ("masterpiece, 8k", "trending on artstation", "멋지게", "!!!", "zxq " * 50):
        assert judge.weights.draw(f"{whole} {ending}", seed).tobytes() == picture
