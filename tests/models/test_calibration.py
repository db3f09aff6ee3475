"""The scorer's calibration: what it accepts is checked where it loads, and the services refuse the same documents."""

import json
import math
from pathlib import Path
from typing import Any

import pytest

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
        ({"points": [[0.0, 0.0]]}, "two points or more"),
        ({"points": [[0.5, 0.0], [0.5, 10.0]]}, "rising cosines"),
        ({"points": [[0.5, 10.0], [0.6, 9.0]]}, "never fall"),
        (
            {"parts": {"what": {"first": 0, "last": 3, "points": [[0.0, 0.0], [1.0, 100.0]]}}},
            "no slice of the embedding",
        ),
        (
            {"parts": {"look": {"first": 1, "last": 1, "points": [[0.0, 0.0], [1.0, 100.0]]}}},
            "no slice of the embedding",
        ),
        ({"parts": {"look": {"first": 1, "last": 2, "points": [[0.0, 0.0]]}}}, "two points or more"),
        ({"targets": [{"embedding": [1.0], "points": [[0.0, 0.0], [1.0, 100.0]]}]}, "has shape"),
        ({"targets": [{"embedding": [1.0, 0.0], "points": [[0.0, 0.0]]}]}, "two points or more"),
        ({"targets": [{"points": [[0.0, 0.0], [1.0, 100.0]]}]}, "embedding"),
        ({"id": ""}, "1 to 128 characters"),
        ({"mean": [0.0, math.inf]}, "no finite number"),
        ({"points": [[0.0, 0.0], [math.nan, 100.0]]}, "no finite number"),
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
    assert read(path, 2) == whole
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
