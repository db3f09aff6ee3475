"""The published scale from cosine to score: read and checked where the scorer loads, so that a wrong one fails early.

The scorer does not apply it. It hands the scale out beside every embedding, and whoever scores does so in float64
with the scale that belongs to these weights (`cygnet.inference.scoring`).
"""

import json
from pathlib import Path
from typing import Any

from cygnet.inference.scoring import Calibration, NotScorable

Crop = tuple[float, float, float]
"""Left, top and side of a part of a picture, as shares of the picture's sides."""
MAX_CROPS = 16
PUBLISHED = ("id", "mean", "points", "parts", "targets")


def read(path: Path, dimensions: int) -> dict[str, Any] | None:
    """Read `{"id": str, "mean": [dimensions numbers], "points": [[cosine, score], ...]}`; None if there is no file.

    A scorer whose embedding has parts with a meaning names them: `"parts": {"what": {"first": 0, "last": 64,
    "points": [...]}, "look": {"first": 64, "last": 128, "points": [...]}}`, slices of the embedding, each on a scale of
    its own. Without them there are no sub-scores. Targets that it was fitted for have points of their own:
    `"targets": [{"embedding": [dimensions numbers], "points": [...]}]`.

    Raises:
        ValueError: it cannot be used, or is for embeddings of another length.
    """
    if not path.exists():
        return None
    document = json.loads(path.read_text())
    try:
        calibration = Calibration.of(document)
        calibration.check()
    except (NotScorable, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path}: {error}") from error
    if len(calibration.mean) != dimensions:
        raise ValueError(f"{path}: mean has {len(calibration.mean)} numbers, the scorer's embeddings have {dimensions}")
    return {name: document[name] for name in PUBLISHED if name in document}


def crops(path: Path) -> list[Crop]:
    """Read what is embedded besides the whole picture; nothing where the calibration, if there is one, says nothing.

    Raises:
        ValueError: a crop is not inside of the picture, or its mirror image is not among them (one side would
            count for more), or there are more than 16.
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
