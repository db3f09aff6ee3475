"""Draws a scene: the background, then the figures where chance puts them; scene and seed settle every byte."""

from __future__ import annotations

import numpy as np
from PIL import Image

from .backgrounds import WATERLINES, draw_background, draw_foreground
from .figures import FIGURES, coat_of
from .grammar import Scene
from .vector import Pen, finish, new_sheet

FLOATING = ("duck", "swan", "boat")


def render(scene: Scene, rng: np.random.Generator, size: int = 256) -> Image.Image:
    """An RGB picture of `size` pixels a side; every free choice comes from `rng`."""
    sheet = new_sheet(size, (255, 255, 255))
    draw_background(sheet, scene.background, rng)
    afloat = scene.background == "pond"
    for x, y, scale, turn, mirrored in _places(scene, rng):
        pen = Pen(sheet, x, y, scale, turn, mirrored)
        FIGURES[scene.species](pen, coat_of(scene.colour), scene.hat, afloat and scene.species in FLOATING)
        if afloat:
            draw_foreground(pen, scene.species)
    return finish(sheet)


def _places(scene: Scene, rng: np.random.Generator) -> list[tuple[float, float, float, float, bool]]:
    """(x, y, scale, turn, mirrored) for each figure, in shares of the side; a hat needs room above."""
    turn_spread = 0.03 if scene.species in ("house", "boat") else 0.07
    ground = WATERLINES.get(scene.background)
    places = []
    for index in range(scene.count):
        scale = rng.uniform(0.33, 0.41) if scene.count == 1 else rng.uniform(0.215, 0.25)
        if scene.hat:
            scale *= 0.9
        home, freedom = (0.5, 0.07) if scene.count == 1 else ((0.27, 0.73)[index], 0.02)
        x = home + rng.uniform(-freedom, freedom)
        middle = 0.5 if ground is None else ground - 0.3 * scale
        y = middle + rng.uniform(-0.04, 0.04) + (0.05 if scene.hat else 0.0)
        places.append((x, y, scale, rng.uniform(-turn_spread, turn_spread), bool(rng.random() < 0.5)))
    return places
