"""The published map from cosines to points: measured on pairs of pictures whose likeness is known.

Each kind of pair pins one knot: unrelated pictures score about nothing, namesakes in the sixties, near copies 97.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image

from .clip import Vectors, centred_cosine, embed_pictures
from .grammar import BACKGROUNDS, COLOURS, SPECIES, Scene, change_one, random_scene
from .networks import Network, Processor
from .renderer import render

KINDS = ("near copy", "same caption", "one change", "same place", "unrelated")


def measure_pairs(
    clip: Network, processor: Processor, mean: Vectors | None, seed: int, pairs: int
) -> tuple[dict[str, Vectors], Vectors]:
    """Mean-centred cosines of `pairs` pairs of each kind, fresh from the renderer, and the mean that was subtracted.

    Entry i of every kind has the same first picture. Where `mean` is None it is taken from those first pictures.
    """
    rng = np.random.default_rng(seed)
    scenes = [random_scene(rng) for _ in range(pairs)]
    first = [render(scene, np.random.default_rng([seed, i])) for i, scene in enumerate(scenes)]
    others: dict[str, list[Image.Image]] = {"near copy": [_near_copy(picture, rng) for picture in first]}
    for kind in KINDS[1:]:
        others[kind] = [render(_partner(kind, scene, rng), rng) for scene in scenes]
    base = embed_pictures(clip, processor, first)
    middle = base.mean(0) if mean is None else mean
    cosines = {kind: centred_cosine(base, embed_pictures(clip, processor, others[kind]), middle) for kind in KINDS}
    return cosines, middle


def calibration(clip: Network, processor: Processor, seed: int, pairs: int) -> dict[str, object]:
    """What `calibration.json` holds: an id, the mean embedding, and the knots [cosine, score], rising in both."""
    cosines, mean = measure_pairs(clip, processor, None, seed, pairs)
    knots = [
        (-1.0, 0.0),
        (float(np.quantile(cosines["unrelated"], 0.5)), 0.0),
        (float(np.quantile(cosines["unrelated"], 0.95)), 10.0),
        (float(np.quantile(cosines["one change"], 0.5)), 42.0),
        (float(np.quantile(cosines["same caption"], 0.5)), 66.0),
        (float(np.quantile(cosines["same caption"], 0.9)), 82.0),
        (float(np.quantile(cosines["near copy"], 0.6)), 97.0),
        (1.0, 100.0),
    ]
    points = _rising(knots)
    body = {"mean": [round(float(value), 8) for value in mean], "points": points}
    digest = hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()[:12]
    return {"id": f"cygnet-clip-{digest}", **body}


def _rising(knots: list[tuple[float, float]]) -> list[list[float]]:
    """The knots whose cosine is above all before them, and the end. A scorer that has learned keeps every one."""
    points = [[knots[0][0], knots[0][1]]]
    for cosine, points_there in knots[1:]:
        if points[-1][0] < cosine and (cosine < 1.0 or points_there == 100.0):
            points.append([round(cosine, 6), points_there])
    if len(points) < len(knots):
        print(f"the scorer confuses kinds of pairs: {len(knots) - len(points)} knots left out of {knots}")
    return points


def score(cosine: float, points: list[list[float]]) -> float:
    """The piecewise linear map of `calibration.json`, 0 to 100."""
    return float(np.interp(cosine, [p[0] for p in points], [p[1] for p in points]))


def read_calibration(directory: Path) -> tuple[Vectors, list[list[float]]]:
    """The mean and the knots beside the scorer's weights."""
    record = json.loads((directory / "calibration.json").read_text())
    return np.asarray(record["mean"]), record["points"]


def _partner(kind: str, scene: Scene, rng: np.random.Generator) -> Scene:
    if kind == "same caption":
        return scene
    if kind == "one change":
        return change_one(scene, rng)
    stranger = Scene(
        species=_other(scene.species, list(SPECIES), rng),
        colour=_other(scene.colour, list(COLOURS), rng),
        background=_other(scene.background, list(BACKGROUNDS), rng),
        hat=bool(rng.random() < 0.25),
        count=2 if rng.random() < 0.25 else 1,
    )
    return replace(stranger, background=scene.background) if kind == "same place" else stranger


def _other(value: str, values: list[str], rng: np.random.Generator) -> str:
    return str(rng.choice([other for other in values if other != value]))


def _near_copy(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """The picture moved by up to three pixels and saved as a JPEG, as a copied screenshot would be."""
    dx, dy = (int(v) for v in rng.integers(-3, 4, size=2))
    moved = picture.transform(picture.size, Image.Transform.AFFINE, (1, 0, dx, 0, 1, dy))
    moved.paste(picture, (-dx, -dy))
    stored = BytesIO()
    moved.save(stored, "JPEG", quality=80)
    return Image.open(BytesIO(stored.getvalue())).convert("RGB")
