"""Steps, ranks and decimals: what is written beside a rank never contradicts it."""

from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cygnet.internal.v1 import results_pb2
from cygnet.leaderboard.ranking import MOST_DECIMALS, displayed, nickname_key, standings, steps
from cygnet.leaderboard.values import LogEntry, Row
from cygnet.v1 import submission_pb2

scores = st.one_of(
    st.floats(0, 100),
    # Close together, where four decimals begin to matter.
    st.integers(0, 400).map(lambda n: 72.3 + n / 40_000),
    st.integers(0, 1_000_000).map(lambda n: n / 10_000),
)


def rows(values: list[float]) -> list[Row]:
    best_first = sorted(values, key=steps, reverse=True)
    return [row(score) for score in best_first]


def row(score: float) -> Row:
    result = submission_pb2.Result(score=score)
    delivery = results_pb2.DeliveredResult(result=result.SerializeToString())
    return Row(LogEntry(delivery, result), "Ada", steps(score), 0)


@pytest.mark.parametrize(
    ("score", "expected"),
    [
        (0.0, 0),
        (100.0, 1_000_000),
        # 72.3 is a little less than 72.3 as a float, and 72.3 * 10000 a little less than 723000.
        (72.3, 723_000),
        (0.1 + 0.2, 3_000),
        (1.00005, 10_001),
        (2.675, 26_750),
        (99.99996, 1_000_000),
        (99.99994, 999_999),
        (5e-324, 0),
    ],
)
def test_steps_are_what_four_decimals_show(score: float, expected: int) -> None:
    assert steps(score) == expected


@given(st.integers(0, 1_000_000))
def test_every_number_of_four_decimals_is_its_own_step(n: int) -> None:
    assert steps(float(f"{n / 10_000:.4f}")) == n


@given(scores, scores)
def test_steps_keep_the_order(one: float, other: float) -> None:
    assert steps(min(one, other)) <= steps(max(one, other))


@given(scores, st.integers(0, 4))
def test_rounding_is_half_up_from_the_exact_value(score: float, decimals: int) -> None:
    unit = Decimal(10) ** -decimals
    assert displayed(score, decimals) == Decimal(score).quantize(unit, ROUND_HALF_UP)
    assert abs(displayed(score, decimals) - Decimal(score)) <= unit / 2


@given(st.lists(scores, max_size=30), st.integers(0, 4))
def test_ranks_are_competition_ranks(values: list[float], decimals: int) -> None:
    for standing in standings(rows(values), None, decimals):
        better = sum(steps(value) > steps(standing.score) for value in values)
        assert standing.rank == 1 + better


@given(st.lists(scores, max_size=30), st.integers(0, 4))
def test_two_scores_look_the_same_if_and_only_if_they_share_a_rank(values: list[float], decimals: int) -> None:
    made = standings(rows(values), None, decimals)
    for one, other in zip(made, made[1:], strict=False):
        look = [str(displayed(standing.score, standing.decimals)) for standing in (one, other)]
        assert (look[0] == look[1]) == (one.rank == other.rank)


@given(st.lists(scores, min_size=1, max_size=30), st.integers(0, 4))
def test_there_are_no_more_decimals_than_it_takes(values: list[float], least: int) -> None:
    made = standings(rows(values), None, least)
    for standing in made:
        assert least <= standing.decimals <= MOST_DECIMALS
        if standing.decimals > least:
            fewer = standing.decimals - 1
            others = [other.score for other in made if other.rank != standing.rank]
            assert displayed(standing.score, fewer) in {displayed(score, fewer) for score in others}


def test_the_first_score_that_is_not_shown_counts_as_a_neighbour() -> None:
    head = rows([80.0, 72.3041])
    [worse] = rows([72.3012])
    assert [standing.decimals for standing in standings(head, worse, 2)] == [2, 3]
    assert [standing.decimals for standing in standings(head, None, 2)] == [2, 2]


@pytest.mark.parametrize(
    "same",
    [
        "ada lovelace",
        "ADA  LOVELACE",
        "\u200bAda Lovelace",
        "\uff21da Lovelace ",
        "\u0410d\u0430 L\u043evelac\u0435",  # Cyrillic A, a, o, e
        "\u0391DA L\u039fVELACE",  # Greek capitals A, O
    ],
)
def test_spellings_of_one_nickname(same: str) -> None:
    assert nickname_key(same) == nickname_key("Ada Lovelace")


def test_other_nicknames_are_others() -> None:
    assert len({nickname_key(name) for name in ("ada", "adam", "오리", "오 리", "", "утка", "утки")}) == 7
