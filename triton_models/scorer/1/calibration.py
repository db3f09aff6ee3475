"""The published scale from cosine to score: read and checked where the scorer loads, so that a wrong one fails early.

The scorer does not apply it. It hands the scale out beside every embedding, and whoever scores does so in float64
with the scale that belongs to these weights. They refuse what is refused here (`cygnet.inference.scoring`; a test
compares the two), since that scale may come from any server.
"""

import json
import math
from itertools import pairwise
from pathlib import Path
from typing import Any

Crop = tuple[float, float, float]
"""Left, top and side of a part of a picture, as shares of the picture's sides."""
MAX_CROPS = 16
PARTS = ("what", "look")
"""What is there (species, objects, count), and how it looks (colour, background, layout)."""


def read(path: Path, dimensions: int) -> dict[str, Any] | None:
    """Read `{"id": str, "mean": [dimensions numbers], "points": [[cosine, score], ...]}`; None if there is no file.

    A scorer whose embedding has parts with a meaning names them: `"parts": {"what": {"first": 0, "last": 64,
    "points": [...]}, "look": {"first": 64, "last": 128, "points": [...]}}`, slices of the embedding, each on a scale of
    its own. Without them there are no sub-scores.

    Raises:
        ValueError: the id is empty or too long, the mean has another length than the embedding, a number is not finite,
            points do not rise within 0 to 100, or a part is no slice of the embedding.
    """
    if not path.exists():
        return None
    document = json.loads(path.read_text())
    identity = str(document["id"])
    if not 1 <= len(identity) <= 128:
        raise ValueError(f"{path}: the id must have 1 to 128 characters")
    mean = [float(value) for value in document["mean"]]
    if len(mean) != dimensions:
        raise ValueError(f"{path}: mean has {len(mean)} numbers, the scorer's embeddings have {dimensions}")
    if not all(map(math.isfinite, mean)):
        raise ValueError(f"{path}: mean has a number that is not finite")
    parts = {name: _part(path, part, dimensions) for name, part in document.get("parts", {}).items() if name in PARTS}
    return {"id": identity, "mean": mean, "points": _points(path, document["points"]), "parts": parts}


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
    if len(found) > MAX_CROPS:
        raise ValueError(f"{path}: {len(found)} crops are over the limit of {MAX_CROPS}")
    return found


def _part(path: Path, part: dict[str, Any], dimensions: int) -> dict[str, Any]:
    first, last = int(part["first"]), int(part["last"])
    if not 0 <= first < last <= dimensions:
        raise ValueError(f"{path}: a part from {first} to {last} is no slice of {dimensions} numbers")
    return {"first": first, "last": last, "points": _points(path, part["points"])}


def _points(path: Path, published: list[list[float]]) -> list[list[float]]:
    points = [[float(cosine), float(score)] for cosine, score in published]
    if not all(math.isfinite(number) for point in points for number in point):
        raise ValueError(f"{path}: points have a number that is not finite")
    if len(points) < 2 or any(left[0] >= right[0] or left[1] > right[1] for left, right in pairwise(points)):
        raise ValueError(f"{path}: points must be two or more with rising cosines and scores that never fall")
    if points[0][1] < 0 or points[-1][1] > 100:
        raise ValueError(f"{path}: the scores of points must be 0 to 100")
    return points
