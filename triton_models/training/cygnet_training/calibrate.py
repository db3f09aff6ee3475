"""The published map from cosines to points: measured on pairs of pictures whose similarity is known.

Unrelated pictures score about nothing, pictures with one change 42, and pictures of the same caption in the sixties;
one in forty of those gets 97, so that only near copies get more.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cygnet.inference.scoring import Calibration

from .clip import CROPS, LOOK_HALF, WHAT_HALF, Vectors, centred_cosine, embed_pictures
from .dataset import family
from .grammar import ATTRIBUTES, WORLDS, Scene, World, random_scene
from .networks import Network, Processor
from .renderer import render
from .similarity import LOOK, WHAT

KINDS = ("near copy", "same caption", "one change", "same place", "unrelated")
WHOLE = slice(0, None)


@dataclass(frozen=True)
class Measured:
    """Embeddings of pairs of pictures whose similarity is known; row i of everything has the same first picture.

    `changed[i]` is the attribute in which the pair "one change" of row i differs.
    """

    first: Vectors
    others: dict[str, Vectors]
    changed: tuple[str, ...]

    def cosines(self, kind: str, mean: Vectors, part: slice = WHOLE) -> Vectors:
        """Mean-centred cosines of one kind of pairs, of one part of the embedding."""
        return centred_cosine(self.first[:, part], self.others[kind][:, part], mean[part])


def measure_pairs(clip: Network, processor: Processor, world: World, seed: int, pairs: int) -> Measured:
    """`pairs` pairs of each kind, fresh from the renderer: half of the world that is drawn, half of the whole one."""
    rng = np.random.default_rng(seed)
    worlds = [world if i % 2 else WORLDS["whole"] for i in range(pairs)]
    families = [family(rng, here) for here in worlds]
    unrelated = [unrelated_scene(scene, here, rng) for (scene, *_), here in zip(families, worlds, strict=True)]
    first = [render(scene, np.random.default_rng([seed, i])) for i, (scene, *_) in enumerate(families)]
    others = {"near copy": [_near_copy(picture, rng) for picture in first]}
    for kind, column in (("same caption", 1), ("one change", 2), ("same place", 4)):
        others[kind] = [render(scenes[column], rng) for scenes in families]
    others["unrelated"] = [render(scene, rng) for scene in unrelated]
    return Measured(
        first=embed_pictures(clip, processor, first),
        others={kind: embed_pictures(clip, processor, pictures) for kind, pictures in others.items()},
        changed=tuple(_difference(scenes[0], scenes[2]) for scenes in families),
    )


def calibration(clip: Network, processor: Processor, world: World, seed: int, pairs: int) -> dict[str, object]:
    """What `calibration.json` holds: an id, the crops, the mean embedding, and knots [cosine, score], rising in both.

    Each part has knots of its own.
    """
    measured = measure_pairs(clip, processor, world, seed, pairs)
    mean = measured.first.mean(0)
    parts = {}
    for name, part, attributes in (("what", WHAT_HALF, WHAT), ("look", LOOK_HALF, LOOK)):
        changed = np.array([attribute in attributes for attribute in measured.changed])
        parts[name] = {"first": part.start, "last": part.stop, "points": _knots(measured, mean, part, changed)}
    body = {
        "crops": CROPS,
        "mean": [round(float(value), 8) for value in mean],
        "points": _knots(measured, mean, WHOLE, np.full(pairs, True)),
        "parts": parts,
    }
    digest = hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()[:12]
    return {"id": f"cygnet-clip-{digest}", **body}


def _knots(measured: Measured, mean: Vectors, part: slice, changed: NDArray[np.bool_]) -> list[list[float]]:
    cosines = {kind: measured.cosines(kind, mean, part) for kind in KINDS}
    return _rising(
        [
            (-1.0, 0.0),
            (float(np.quantile(cosines["unrelated"], 0.5)), 0.0),
            (float(np.quantile(cosines["unrelated"], 0.95)), 10.0),
            (float(np.quantile(cosines["one change"][changed], 0.5)), 42.0),
            (float(np.quantile(cosines["same caption"], 0.5)), 66.0),
            (float(np.quantile(cosines["same caption"], 0.9)), 82.0),
            (float(np.quantile(cosines["same caption"], 0.975)), 97.0),
            (1.0, 100.0),
        ]
    )


def _rising(knots: list[tuple[float, float]]) -> list[list[float]]:
    """The knots whose cosine is above all before them, and the end. A scorer that is trained enough keeps every one."""
    points = [[knots[0][0], knots[0][1]]]
    for cosine, score in knots[1:]:
        if points[-1][0] < cosine and (cosine < 1.0 or score == 100.0):
            points.append([round(cosine, 6), score])
    if len(points) < len(knots):
        print(f"the scorer confuses kinds of pairs: {len(knots) - len(points)} knots left out of {knots}")
    return points


def read_calibration(directory: Path) -> Calibration:
    """The calibration beside the scorer's weights."""
    return Calibration.of(json.loads((directory / "calibration.json").read_text()))


def unrelated_scene(scene: Scene, world: World, rng: np.random.Generator) -> Scene:
    """A scene that shares neither species nor colour nor place."""
    while True:
        other = random_scene(rng, world)
        if all(getattr(other, name) != getattr(scene, name) for name in ("species", "colour", "background")):
            return other


def _difference(one: Scene, other: Scene) -> str:
    return next(name for name in ATTRIBUTES if getattr(one, name) != getattr(other, name))


def _near_copy(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """The picture moved by up to three pixels and saved as a JPEG, as a copied screenshot would be."""
    dx, dy = (int(v) for v in rng.integers(-3, 4, size=2))
    moved = picture.copy()
    moved.paste(picture, (-dx, -dy))
    stored = BytesIO()
    moved.save(stored, "JPEG", quality=80)
    return Image.open(BytesIO(stored.getvalue())).convert("RGB")
