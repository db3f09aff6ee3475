"""From two embeddings to a score, the same to the last bit wherever it is computed.

cosine = sum(x_i * y_i) / (sqrt(sum(x_i^2)) * sqrt(sum(y_i^2))) with x and y the embeddings of picture and target in
float64, less the calibration's mean. Sums are correctly rounded (`math.fsum`), so neither the order of summation nor
a vector library's version changes a result, and a receipt can be checked on any machine.

score = the calibration's points (cosine, score) joined by straight lines, flat outside of them. A target that the
calibration knows has points of its own, since one is easier to draw than another.

A sub-score is the same of a slice of both embeddings, on the slice's own points, where the calibration names the slice.
"""

import math
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

SAME_TARGET = 0.9999
"""The cosine from which an embedding is that of a target that the calibration has points for."""


class NotScorable(ValueError):
    """The calibration is none, or does not fit the embeddings: there is no score, and none is invented."""


@dataclass(frozen=True, slots=True)
class Part:
    """A slice of the embedding, from `first` to before `last`, that has a meaning and a scale of its own."""

    first: int
    last: int
    points: Sequence[tuple[float, float]]

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> "Part":
        """Reads a part of a published calibration."""
        return cls(document["first"], document["last"], _points(document))


@dataclass(frozen=True, slots=True)
class TargetScale:
    """A target by its embedding, and the points that were fitted on drawings for it."""

    embedding: Sequence[float]
    points: Sequence[tuple[float, float]]

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> "TargetScale":
        """Reads one of a published calibration's targets."""
        return cls(tuple(document["embedding"]), _points(document))


@dataclass(frozen=True, slots=True)
class Calibration:
    """The published scale of one scorer: cosines are taken after subtracting `mean`, then mapped through `points`.

    `mean` has the embedding's length; `points` are (cosine, score) with rising cosines. A scorer that was not trained
    to keep apart what is there and how it looks has neither part.
    """

    id: str
    mean: Sequence[float]
    points: Sequence[tuple[float, float]]
    what: Part | None = None
    look: Part | None = None
    targets: Sequence[TargetScale] = ()

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> "Calibration":
        """Reads a published calibration, without saying whether it can be used: see `check`."""
        parts = {name: Part.of(part) for name, part in document.get("parts", {}).items() if name in ("what", "look")}
        targets = tuple(map(TargetScale.of, document.get("targets", ())))
        return cls(document["id"], tuple(document["mean"]), _points(document), **parts, targets=targets)

    def points_for(self, target: NDArray[np.float32]) -> Sequence[tuple[float, float]]:
        """Returns the points of the target with this embedding: its own where the calibration has them.

        Raises:
            NotScorable: as `cosine` does.
        """
        for scale in self.targets:
            if cosine(target, np.array(scale.embedding, dtype=np.float32), self.mean) >= SAME_TARGET:
                return scale.points
        return self.points

    def check(self) -> None:
        """Checks that the calibration can be used; that it fits the embeddings is checked by `cosine`.

        Raises:
            NotScorable: it cannot.
        """
        if not 1 <= len(self.id) <= 128:
            raise NotScorable("the calibration has no id of 1 to 128 characters")
        if not all(map(math.isfinite, self.mean)):
            raise NotScorable("the calibration holds what is no finite number")
        _check_points(self.points)
        for part in (self.what, self.look):
            if part is not None:
                if not 0 <= part.first < part.last <= len(self.mean):
                    raise NotScorable("a part of the calibration is no slice of the embedding")
                _check_points(part.points)
        for scale in self.targets:
            _check_points(scale.points)
            _centred(np.array(scale.embedding, dtype=np.float32), self.mean)


def _points(document: Mapping[str, Any]) -> tuple[tuple[float, float], ...]:
    return tuple((cosine, score) for cosine, score in document["points"])


def _check_points(points: Sequence[tuple[float, float]]) -> None:
    if not all(math.isfinite(number) for point in points for number in point):
        raise NotScorable("the calibration holds what is no finite number")
    if len(points) < 2 or any(a[0] >= b[0] or a[1] > b[1] for a, b in pairwise(points)):
        raise NotScorable("the calibration needs two points or more, with rising cosines and scores that never fall")
    if points[0][1] < 0 or points[-1][1] > 100:
        raise NotScorable("the calibration leaves the scores of 0 to 100")


def cosine(picture: NDArray[np.float32], target: NDArray[np.float32], mean: Sequence[float]) -> float:
    """Returns the cosine of two embeddings, centred on the mean: -1 to 1.

    Raises:
        NotScorable: an embedding has another length than the mean, no finite numbers, or no direction.
    """
    x, y = _centred(picture, mean), _centred(target, mean)
    product = _norm(x) * _norm(y)
    if not product > 0:
        raise NotScorable("an embedding equals the mean: it has no direction")
    # Rounding may carry it past 1 by a few units in the last place.
    return max(-1.0, min(1.0, math.fsum(a * b for a, b in zip(x, y, strict=True)) / product))


def part_score(
    picture: NDArray[np.float32], target: NDArray[np.float32], mean: Sequence[float], part: Part | None
) -> float | None:
    """Returns the sub-score of a part, 0 to 100; None where the calibration has no such part.

    Raises:
        NotScorable: as `cosine` does.
    """
    if part is None:
        return None
    span = slice(part.first, part.last)
    return score(cosine(picture[span], target[span], mean[span]), part.points)


def score(cosine: float, points: Sequence[tuple[float, float]]) -> float:
    """Returns the score of a cosine, 0 to 100; it never falls as the cosine rises."""
    if cosine <= points[0][0]:
        return points[0][1]
    if cosine >= points[-1][0]:
        return points[-1][1]
    right = bisect_right(points, cosine, key=lambda point: point[0])
    (low, from_score), (high, to_score) = points[right - 1], points[right]
    on_the_line = from_score + (to_score - from_score) * ((cosine - low) / (high - low))
    # Rounding must not carry it past the end of its line.
    return max(from_score, min(to_score, on_the_line))


def _centred(embedding: NDArray[np.float32], mean: Sequence[float]) -> list[float]:
    if embedding.shape != (len(mean),):
        raise NotScorable(f"an embedding has shape {embedding.shape}, the calibration's mean has {len(mean)} numbers")
    if not np.isfinite(embedding).all():
        raise NotScorable("an embedding holds what is no finite number")
    return [value - centre for value, centre in zip(embedding.astype(np.float64).tolist(), mean, strict=True)]


def _norm(vector: Sequence[float]) -> float:
    return math.sqrt(math.fsum(value * value for value in vector))
