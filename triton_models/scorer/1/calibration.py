"""The published scale from cosine to score: read and checked where the scorer loads, so that a wrong one fails early.

The scorer does not apply it. It hands the scale out beside every embedding, and whoever scores does so in float64
with the scale that belongs to these weights.
"""

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

Crop = tuple[float, float, float]
"""Left, top and side of a part of a picture, as shares of the picture's sides."""
MOST_CROPS = 16
PARTS = ("what", "look")
"""What is there (species, objects, count), and how it looks (colour, background, layout)."""


def read(path: Path, dimensions: int) -> dict[str, Any] | None:
    """Read `{"id": str, "mean": [dimensions numbers], "points": [[cosine, score], ...]}`; None if there is no file.

    A scorer whose embedding has parts that mean something says which ones: `"parts": {"what": {"first": 0, "last": 64,
    "points": [...]}, "look": {"first": 64, "last": 128, "points": [...]}}`, slices of the embedding, each on a scale of
    its own. Without them there are no sub-scores.

    Raises:
        ValueError: the mean has another length than the embedding, points do not rise, or a part is no slice of it.
    """
    if not path.exists():
        return None
    document = json.loads(path.read_text())
    mean = [float(value) for value in document["mean"]]
    if len(mean) != dimensions:
        raise ValueError(f"{path}: mean has {len(mean)} numbers, the scorer's embeddings have {dimensions}")
    parts = {name: _part(path, part, dimensions) for name, part in document.get("parts", {}).items() if name in PARTS}
    return {"id": str(document["id"]), "mean": mean, "points": _points(path, document["points"]), "parts": parts}


def crops(path: Path) -> list[Crop]:
    """Read what is embedded besides the whole picture; nothing where the calibration, if there is one, says nothing.

    Raises:
        ValueError: a crop is not inside of the picture, or its mirror image is not among them (a mirrored picture would
            get another score), or there are more than 16.
    """
    published = json.loads(path.read_text()).get("crops", []) if path.exists() else []
    found = [(float(left), float(top), float(side)) for left, top, side in published]
    for left, top, side in found:
        if min(left, top) < 0 or side < 0.1 or max(left, top) + side > 1 + 1e-9:
            raise ValueError(f"{path}: a crop {left, top, side} is no (left, top, side) inside of 1 x 1, 0.1 at least")
    if {(round(left, 6), top) for left, top, _ in found} != {
        (round(1 - left - side, 6), top) for left, top, side in found
    }:
        raise ValueError(f"{path}: crops {found} are not the same from right to left")
    if len(found) > MOST_CROPS:
        raise ValueError(f"{path}: {len(found)} crops are over the limit of {MOST_CROPS}")
    return found


def _part(path: Path, part: dict[str, Any], dimensions: int) -> dict[str, Any]:
    first, last = int(part["first"]), int(part["last"])
    if not 0 <= first < last <= dimensions:
        raise ValueError(f"{path}: a part from {first} to {last} is no slice of {dimensions} numbers")
    return {"first": first, "last": last, "points": _points(path, part["points"])}


def _points(path: Path, published: list[list[float]]) -> list[list[float]]:
    points = [[float(cosine), float(score)] for cosine, score in published]
    if len(points) < 2 or any(left[0] >= right[0] or left[1] > right[1] for left, right in pairwise(points)):
        raise ValueError(f"{path}: points must be two or more with rising cosines and scores that never fall")
    return points
