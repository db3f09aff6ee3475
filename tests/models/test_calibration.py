"""The scorer's calibration: what it accepts is checked where it loads, and the services refuse the same documents."""

import json
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cygnet.inference.scoring import Calibration, NotScorable

REPOSITORY = Path(__file__).parents[2] / "triton_models"
DIMENSIONS = 4


@pytest.fixture(autouse=True)
def scorer_path(monkeypatch: pytest.MonkeyPatch) -> None:
    """Triton puts a model's version folder on the path of its process."""
    monkeypatch.syspath_prepend(str(REPOSITORY / "scorer" / "1"))


@pytest.mark.parametrize(
    ("changed", "complaint"),
    [
        ({"mean": [0.0]}, "mean has 1 numbers"),
        ({"points": [[0.0, 0.0]]}, "two or more"),
        ({"points": [[0.5, 0.0], [0.5, 10.0]]}, "rising"),
        ({"points": [[0.5, 10.0], [0.6, 9.0]]}, "never fall"),
        ({"parts": {"what": {"first": 0, "last": 3, "points": [[0.0, 0.0], [1.0, 100.0]]}}}, "no slice of 2"),
        ({"parts": {"look": {"first": 1, "last": 1, "points": [[0.0, 0.0], [1.0, 100.0]]}}}, "no slice of 2"),
        ({"parts": {"look": {"first": 1, "last": 2, "points": [[0.0, 0.0]]}}}, "two or more"),
        ({"id": ""}, "1 to 128 characters"),
        ({"mean": [0.0, math.inf]}, "not finite"),
        ({"points": [[0.0, 0.0], [math.nan, 100.0]]}, "not finite"),
        ({"points": [[0.0, 0.0], [1.0, 101.0]]}, "0 to 100"),
    ],
)
def test_a_calibration_that_does_not_fit_is_refused(tmp_path: Path, changed: dict[str, Any], complaint: str) -> None:
    from calibration import read

    points = [[0.0, 0.0], [1.0, 100.0]]
    whole = {"id": "a", "mean": [0.0, 0.0], "points": points}
    document = {**whole, "parts": {"what": {"first": 0, "last": 1, "points": points}}}
    path = tmp_path / "calibration.json"
    path.write_text(json.dumps(whole))
    assert read(path, 2) == {**whole, "parts": {}}
    path.write_text(json.dumps(document))
    assert read(path, 2) == document
    path.write_text(json.dumps({**document, **changed}))
    with pytest.raises(ValueError, match=complaint):
        read(path, 2)


def test_a_scorer_without_a_calibration_is_one(tmp_path: Path) -> None:
    from calibration import crops, read

    assert read(tmp_path / "calibration.json", 2) is None
    assert crops(tmp_path / "calibration.json") == []


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        ([[0.2, 0.0, 0.9], [0.0, 0.0, 0.9]], "inside of 1 x 1"),
        ([[-0.1, 0.0, 0.5], [0.6, 0.0, 0.5]], "inside of 1 x 1"),
        ([[0.5, 0.5, 0.0]], "inside of 1 x 1"),
        ([[0.0, 0.0, 0.9]], "not the same from right to left"),
        ([[0.05, 0.05, 0.9]] * 17, "over the limit of 16"),
    ],
)
def test_crops_that_are_not_fair_are_refused(tmp_path: Path, wrong: list[list[float]], complaint: str) -> None:
    from calibration import crops

    path = tmp_path / "calibration.json"
    path.write_text(json.dumps({"crops": [[0.0, 0.0, 0.9], [0.1, 0.0, 0.9]]}))
    assert crops(path) == [(0.0, 0.0, 0.9), (0.1, 0.0, 0.9)]
    path.write_text(json.dumps({"crops": wrong}))
    with pytest.raises(ValueError, match=complaint):
        crops(path)


values = st.sampled_from([-1.0, -0.5, 0.0, 0.3, 0.5, 1.0, math.nan, math.inf])
scores = st.sampled_from([-1.0, 0.0, 10.0, 66.0, 100.0, 100.5, math.nan])
points = st.lists(st.tuples(values, scores).map(list), max_size=4) | st.just([[-1.0, 0.0], [0.5, 66.0], [1.0, 100.0]])
parts = st.fixed_dictionaries(
    {"first": st.integers(-1, DIMENSIONS), "last": st.integers(-1, DIMENSIONS + 1), "points": points}
)
documents = st.fixed_dictionaries(
    {
        "id": st.sampled_from(["", "a", "a" * 128, "a" * 129]),
        "mean": st.lists(st.sampled_from([0.0, 0.1, math.nan]), min_size=DIMENSIONS, max_size=DIMENSIONS)
        | st.just([0.0] * DIMENSIONS),
        "points": points,
        "parts": st.dictionaries(st.sampled_from(["what", "look", "unknown"]), parts, max_size=2),
    }
)


@given(document=documents)
def test_the_services_refuse_the_calibrations_that_the_scorer_refuses(
    document: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The scorer's process imports nothing of `cygnet`, so the rules are written twice."""
    from calibration import read

    path = tmp_path_factory.getbasetemp() / "calibration.json"
    path.write_text(json.dumps(document))
    try:
        read(path, DIMENSIONS)
        scorer_accepts = True
    except ValueError:
        scorer_accepts = False
    try:
        Calibration.of(document).check()
        services_accept = True
    except NotScorable:
        services_accept = False
    assert scorer_accepts == services_accept
