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


def test_light_and_a_shift_cost_little_and_what_is_missing_costs_much(played: Played) -> None:
    rows = list(game.picture_rows(*played))
    for change in ("light of 90%", "light of 110%", "a crop of 10%", "a shift of 8 pixels"):
        assert statistics.median(figures(rows, change)) < 14, change
    for lack in ("a wrong count", game.HEADLESS):
        assert statistics.median(figures(rows, lack)) > 6, lack


@pytest.fixture(scope="module")
def judge(weights: Weights) -> game.Judge:
    return game.judge_of(weights, "sea-swan")


def test_the_top_is_no_tie(judge: game.Judge) -> None:
    """Those who describe all parts differ in what else they say."""
    rows = list(game.wording_rows(judge, game.seeds_of(judge, 1)))
    assert min(figures(rows, "full descriptions")) > 8
    assert max(figures(rows, "within 3 points")) < 0.25


def test_there_is_much_to_find(judge: game.Judge, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(game, "NEIGHBOURS", 120)
    [row] = game.distinct_rows(judge, game.seeds_of(judge, 1))
    assert row.figures[0] > 15, "in a tenth of what `make bench-game` tries"


def test_luck_and_a_macro_of_random_edits_win_nothing(judge: game.Judge) -> None:
    rows = list(game.luck_rows(judge, game.seeds_of(judge, 1)))
    assert max(figures(rows, "spellings")) < 2
    assert max(figures(rows, "the best of ten")) < 8


def test_the_plain_duck_rewards_words_and_no_wrong_ones(weights: Weights) -> None:
    rows = list(game.level_rows(weights, "duck", 1))
    assert figures(rows, "by described ones")[0] > 0.9
    for order in (
        "naive above wrong-one, points",
        "described above wrong-one, points",
        "wrong-one above wrong, points",
    ):
        assert figures(rows, order)[0] > 0, order
    assert figures(rows, "say nothing") == [0.0]
