"""Draws a scene: the background, then the figures where chance puts them; scene and seed determine every byte."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image

from .backgrounds import WATERLINES, WATERS, draw_background, draw_foreground
from .figure import Look
from .grammar import USUAL_COLOUR, Scene
from .palette import palette_of
from .species import FIGURES, draw_figure
from .styles import apply_style
from .surroundings import apply_light, draw_before, draw_behind
from .vector import Pen, finish, new_sheet

# By count: the range of scales, where each figure stands, and how far chance moves it.
SCALES = {1: (0.35, 0.39), 2: (0.22, 0.245), 3: (0.155, 0.17)}
HOMES = {1: (0.5,), 2: (0.27, 0.73), 3: (0.18, 0.5, 0.82)}
FREEDOMS = {1: 0.04, 2: 0.015, 3: 0.01}
SIZE_FACTORS = {"usual": 1.0, "small": 0.55, "big": 1.25}
SIDE_HOMES = {"left": 0.28, "right": 0.72}
STEADY = ("house", "boat", "tree")
NEEDS_ROOM_ABOVE = ("hat", "crown")


@dataclass(frozen=True)
class Place:
    """Where one figure stands, in shares of the picture's side, and how it is turned."""

    x: float
    y: float
    scale: float
    turn: float
    mirrored: bool

    @property
    def frame(self) -> tuple[float, float, float]:
        """The middle and the scale."""
        return self.x, self.y, self.scale


def render(scene: Scene, rng: np.random.Generator, size: int = 256) -> Image.Image:
    """An RGB picture of `size` pixels a side; every free choice comes from `rng`."""
    sheet = new_sheet(size, (255, 255, 255))
    outlined = scene.style == "line"
    page = Pen(sheet, outlined=outlined)
    draw_background(page, scene.background, rng)
    sheet.paste(apply_light(sheet, scene.light))
    draw_behind(page, scene)
    wet = scene.background in WATERS and scene.pose != "flying"
    floats = FIGURES[scene.species].floats
    look = Look(afloat=wet and floats, pose=scene.pose, accessory=scene.accessory)
    look_of_companion = Look(afloat=wet and scene.companion != "" and FIGURES[scene.companion].floats)
    for index, place in enumerate(places_of(scene, rng)):
        pen = Pen(sheet, place.x, place.y, place.scale, place.turn, place.mirrored, outlined)
        if index == 1 and scene.companion:
            draw_figure(pen, scene.companion, palette_of(USUAL_COLOUR[scene.companion]), look_of_companion)
            floats = look_of_companion.afloat
        else:
            draw_figure(pen, scene.species, palette_of(scene.colour), look)
        if wet:
            draw_foreground(pen, scene.background, floats)
    draw_before(page, scene)
    return apply_style(finish(sheet), scene.style, rng)


def places_of(scene: Scene, rng: np.random.Generator) -> list[Place]:
    """Where chance puts the figures of a scene."""
    turn_spread = 0.02 if scene.species in STEADY else 0.04
    ground = None if scene.pose == "flying" else WATERLINES.get(scene.background)
    crowned = scene.accessory in NEEDS_ROOM_ABOVE
    sideways = scene.side in SIDE_HOMES
    number = 2 if scene.companion else scene.count
    places = []
    for home in HOMES[number]:
        scale = rng.uniform(*SCALES[number]) * SIZE_FACTORS[scene.size]
        scale *= (0.9 if crowned else 1.0) * (0.72 if sideways else 1.0)
        freedom = FREEDOMS[number]
        x = (SIDE_HOMES[scene.side] if sideways else home) + rng.uniform(-freedom, freedom)
        middle = (0.46 if scene.pose == "flying" else 0.5) if ground is None else ground - 0.3 * scale
        y = middle + rng.uniform(-0.02, 0.02) + (0.05 if crowned else 0.0)
        mirrored = bool(rng.random() < 0.5) if not scene.facing else scene.facing == "left"
        places.append(Place(x, y, scale, rng.uniform(-turn_spread, turn_spread), mirrored))
    return places
