"""Each composed target's own scale: points fitted on what the generator draws as a description says more and more.

One map for all targets would reward the easy ones: how far a drawing of the right words stays from its target depends
on the target. So for each the noun alone gets few points, each part of its description as many as the next, and the
whole description, drawn from many seeds, is spread over the upper end of the scale.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np

from .clip import Vectors, centred_cosine, embed_pictures
from .evaluate import Weights
from .progress import progress
from .targets import COMPOSED, describe_target, draw_target

SEEDS = 12
ATTEMPTS = 4
PARTS = 4
"""Subject, colour, place, and what it wears or how many: the rungs before those of composition."""
NOUN, ALL_PARTS, ALL = 14.0, 63.0, 84.0
"""The points of the noun alone, of all parts, and of all parts with their composition, each in the median."""
SPREAD = ((0.1, 78.0), (0.9, 92.0))
"""Quantiles of drawings of the whole description, and their points."""
RUNGS = tuple(np.linspace(NOUN, ALL_PARTS, PARTS))


def write_target_scales(weights: Weights, path: Path, seeds: int = SEEDS) -> None:
    """Adds the scales to the calibration at `path` and renews its id, a digest of all of it."""
    document = json.loads(path.read_text())
    document["targets"] = [_scale(weights, name, seeds) for name in progress(list(COMPOSED), desc="scales")]
    body = {key: value for key, value in document.items() if key != "id"}
    digest = hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()[:12]
    path.write_text(json.dumps({"id": f"cygnet-clip-{digest}", **body}) + "\n")


def _scale(weights: Weights, name: str, seeds: int) -> dict[str, object]:
    target = embed_pictures(weights.clip, weights.processor, [draw_target(name)])
    cosines = np.array([_contest(weights, name, target, seed) for seed in range(seeds)])
    medians, whole = np.median(cosines, axis=0), cosines[:, -1]
    composed = np.linspace(ALL_PARTS, ALL, cosines.shape[1] - PARTS + 1)[1:]
    knots = list(zip(medians, (*RUNGS, *composed), strict=True))
    knots += [(float(np.quantile(whole, share)), points) for share, points in SPREAD]
    points = [(-1.0, 0.0), (float(medians[0]) - 0.25, 0.0)]
    for cosine, score in sorted(knots, key=lambda knot: knot[1]):
        if cosine > points[-1][0] and cosine < 1.0:
            points.append((round(float(cosine), 6), round(float(score), 2)))
    return {
        "embedding": [round(float(value), 5) for value in target[0]],
        "points": [*map(list, points), [1.0, 100.0]],
    }


def _contest(weights: Weights, name: str, target: Vectors, number: int) -> Vectors:
    """The cosines of one contest's rungs: of the first seed whose rungs rise, as a contest chooses its counter."""
    rungs = weights.vocabulary.ladder(describe_target(name))
    best: Vectors | None = None
    for attempt in range(ATTEMPTS):
        drawn = [weights.draw(rung, number * ATTEMPTS + attempt) for rung in rungs]
        embedded = embed_pictures(weights.clip, weights.processor, drawn)
        cosines = centred_cosine(embedded, np.repeat(target, len(drawn), 0), weights.mean)
        if best is None or np.diff(cosines).min() > np.diff(best).min():
            best = cosines
        if np.diff(cosines).min() > 0:
            break
    assert best is not None
    return best
