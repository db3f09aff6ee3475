"""The score follows from the published formula, to the last bit, and a scale that cannot be used gives none."""

import math
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cygnet.inference.scoring import Calibration, NotScorable, Part, cosine, part_score, score

Vector = npt.NDArray[np.float32]

DIMENSIONS = 6


SLICE = Part(1, 4, ((0.0, 10.0), (1.0, 90.0)))
SCALE = Calibration("test-1", (0.0,) * DIMENSIONS, ((0.0, 0.0), (0.5, 60.0), (0.9, 97.0), (1.0, 100.0)))


numbers = st.floats(-4, 4, width=32)
embeddings = st.lists(numbers, min_size=DIMENSIONS, max_size=DIMENSIONS).map(lambda v: np.array(v, dtype=np.float32))
means = st.lists(st.floats(-1, 1), min_size=DIMENSIONS, max_size=DIMENSIONS)


@st.composite
def scales(draw: st.DrawFn) -> list[tuple[float, float]]:
    cosines = sorted(draw(st.sets(st.floats(-1, 1), min_size=2, max_size=8)))
    scores = sorted(draw(st.lists(st.floats(0, 100), min_size=len(cosines), max_size=len(cosines))))
    return list(zip(cosines, scores, strict=True))


def formula(picture: Vector, target: Vector, mean: Sequence[float]) -> float:
    """The docstring's formula with exact sums: each is a fraction, rounded to the nearest float once."""
    x = [float(value) - centre for value, centre in zip(picture, mean, strict=True)]
    y = [float(value) - centre for value, centre in zip(target, mean, strict=True)]

    def total(pairs: Sequence[tuple[float, float]]) -> float:
        return float(sum((Fraction(a * b) for a, b in pairs), Fraction(0)))

    norms = math.sqrt(total(list(zip(x, x, strict=True)))) * math.sqrt(total(list(zip(y, y, strict=True))))
    return max(-1.0, min(1.0, total(list(zip(x, y, strict=True))) / norms))


@given(embeddings, embeddings, means)
def test_the_cosine_is_the_formula_to_the_last_bit(picture: Vector, target: Vector, mean: list[float]) -> None:
    try:
        expected = formula(picture, target, mean)
    except ZeroDivisionError:
        with pytest.raises(NotScorable):
            cosine(picture, target, mean)
        return
    assert cosine(picture, target, mean) == expected


def test_the_cosine_agrees_with_numpy() -> None:
    random = np.random.default_rng(7)
    for _ in range(50):
        picture, target = random.normal(size=(2, 512)).astype(np.float32)
        mean = random.normal(size=512) * 0.1
        x, y = picture.astype(np.float64) - mean, target.astype(np.float64) - mean
        expected = x @ y / (np.linalg.norm(x) * np.linalg.norm(y))
        assert cosine(picture, target, mean.tolist()) == pytest.approx(expected, abs=1e-14)


def test_the_order_of_dimensions_changes_no_bit() -> None:
    random = np.random.default_rng(8)
    picture, target = random.normal(size=(2, 512)).astype(np.float32)
    mean = random.normal(size=512) * 0.1
    order = random.permutation(512)
    assert cosine(picture[order], target[order], mean[order].tolist()) == cosine(picture, target, mean.tolist())


def test_a_picture_is_as_similar_as_can_be_to_itself() -> None:
    picture = np.random.default_rng(9).normal(size=512).astype(np.float32)
    mean = [0.01] * 512
    assert cosine(picture, picture, mean) == pytest.approx(1.0, abs=1e-15)
    assert -1.0 <= cosine(picture, picture, mean) <= 1.0


@pytest.mark.parametrize(
    ("picture", "target", "mean"),
    [
        ([1, 2], [1, 2, 3], (0.0, 0.0)),
        ([1, 2, 3], [1, 2, 3], (0.0, 0.0)),
        ([float("nan"), 1], [1, 2], (0.0, 0.0)),
        ([float("inf"), 1], [1, 2], (0.0, 0.0)),
        ([0.5, 0.5], [1, 2], (0.5, 0.5)),
        ([[1, 2]], [1, 2], (0.0, 0.0)),
    ],
)
def test_embeddings_that_do_not_fit_give_no_score(picture: object, target: object, mean: tuple[float, ...]) -> None:
    with pytest.raises(NotScorable):
        cosine(np.array(picture, dtype=np.float32), np.array(target, dtype=np.float32), mean)


def test_the_map_goes_through_its_points_and_is_flat_outside() -> None:
    points = SCALE.points
    assert [score(c, points) for c, _ in points] == [s for _, s in points]
    assert score(-1.0, points) == 0.0
    assert score(1.0000000001, points) == 100.0
    assert score(0.25, points) == 30.0
    assert score(0.7, points) == 60.0 + (97.0 - 60.0) * ((0.7 - 0.5) / (0.9 - 0.5))


@given(scales(), st.floats(-1, 1), st.floats(-1, 1))
def test_the_map_never_falls_and_never_leaves_its_ends(
    points: list[tuple[float, float]], one: float, other: float
) -> None:
    lower, higher = score(min(one, other), points), score(max(one, other), points)
    assert points[0][1] <= lower <= higher <= points[-1][1]


def test_a_part_is_scored_by_its_own_slice_and_points() -> None:
    random = np.random.default_rng(10)
    picture, target = random.normal(size=(2, DIMENSIONS)).astype(np.float32)
    mean = random.normal(size=DIMENSIONS).tolist()
    similarity = cosine(picture[1:4], target[1:4], mean[1:4])
    assert part_score(picture, target, mean, SLICE) == score(similarity, SLICE.points)
    elsewhere = picture + np.array([1, 0, 0, 0, 1, 1], dtype=np.float32)
    assert part_score(elsewhere, target, mean, SLICE) == part_score(picture, target, mean, SLICE)


def test_a_scorer_without_parts_gives_no_sub_scores() -> None:
    picture = np.ones(DIMENSIONS, dtype=np.float32)
    assert part_score(picture, picture, SCALE.mean, SCALE.what) is None


def test_a_good_calibration_passes() -> None:
    SCALE.check()
    replace(SCALE, what=replace(SLICE, first=0, last=3), look=replace(SLICE, first=3, last=DIMENSIONS)).check()


def test_a_calibration_is_read_as_it_is_published() -> None:
    document: dict[str, Any] = {
        "id": "test-1",
        "mean": [0.0] * DIMENSIONS,
        "points": [[0.0, 0.0], [0.5, 60.0], [0.9, 97.0], [1.0, 100.0]],
        "crops": [],
    }
    assert Calibration.of(document) == SCALE
    part = {"first": 1, "last": 4, "points": [[0.0, 10.0], [1.0, 90.0]]}
    document["parts"] = {"look": part, "of another kind": part}
    assert Calibration.of(document) == replace(SCALE, look=SLICE)


@pytest.mark.parametrize(
    "wrong",
    [
        replace(SCALE, id=""),
        replace(SCALE, id="x" * 129),
        replace(SCALE, points=()),
        replace(SCALE, points=((0.0, 0.0),)),
        replace(SCALE, points=((0.5, 0.0), (0.5, 100.0))),
        replace(SCALE, points=((0.5, 0.0), (0.4, 100.0))),
        replace(SCALE, points=((0.0, 50.0), (0.5, 49.0))),
        replace(SCALE, points=((0.0, -1.0), (0.5, 49.0))),
        replace(SCALE, points=((0.0, 0.0), (0.5, 100.5))),
        replace(SCALE, points=((0.0, 0.0), (float("nan"), 100.0))),
        replace(SCALE, points=((0.0, 0.0), (float("inf"), 100.0))),
        replace(SCALE, mean=(float("nan"),) * DIMENSIONS),
        replace(SCALE, what=replace(SLICE, first=0, last=DIMENSIONS + 1)),
        replace(SCALE, look=replace(SLICE, first=2, last=2)),
        replace(SCALE, look=replace(SLICE, first=-1, last=2)),
        replace(SCALE, what=replace(SLICE, points=((0.0, 0.0),))),
        replace(SCALE, what=replace(SLICE, points=((0.0, 0.0), (1.0, 101.0)))),
    ],
)
def test_a_calibration_that_cannot_be_used_is_refused(wrong: Calibration) -> None:
    with pytest.raises(NotScorable):
        wrong.check()


def test_a_known_target_has_points_of_its_own() -> None:
    """Whatever its embedding lost by rounding; another target has the general ones."""
    own = ((-1.0, 0.0), (1.0, 50.0))
    document = {"id": "a", "mean": [0.0, 0.1], "points": [[-1.0, 0.0], [1.0, 100.0]]}
    calibration = Calibration.of(
        {**document, "targets": [{"embedding": [0.6, 0.8], "points": [[-1.0, 0.0], [1.0, 50.0]]}]}
    )
    assert calibration.points_for(np.array([0.6001, 0.8], dtype=np.float32)) == own
    assert calibration.points_for(np.array([0.8, 0.6], dtype=np.float32)) == calibration.points
