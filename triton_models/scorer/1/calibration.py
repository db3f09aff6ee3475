"""The published scale from cosine to score: read and checked where the scorer loads, so that a wrong one fails early.

The scorer does not apply it. It hands the scale out beside every embedding, and whoever scores does so in float64
with the scale that belongs to these weights.
"""

import json
from itertools import pairwise
from pathlib import Path
from typing import Any


def read(path: Path, dimensions: int) -> dict[str, Any] | None:
    """Read `{"id": str, "mean": [dimensions numbers], "points": [[cosine, score], ...]}`; None if there is no file.

    Raises:
        ValueError: the mean has another length than the embedding, or the points do not rise.
    """
    if not path.exists():
        return None
    document = json.loads(path.read_text())
    mean = [float(value) for value in document["mean"]]
    points = [[float(cosine), float(score)] for cosine, score in document["points"]]
    if len(mean) != dimensions:
        raise ValueError(f"{path}: mean has {len(mean)} numbers, the scorer's embeddings have {dimensions}")
    if len(points) < 2 or any(left[0] >= right[0] or left[1] > right[1] for left, right in pairwise(points)):
        raise ValueError(f"{path}: points must be two or more with rising cosines and scores that never fall")
    return {"id": str(document["id"]), "mean": mean, "points": points}
