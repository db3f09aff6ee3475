"""The figures without life: a boat, a house, a tree, and a sun that smiles."""

from __future__ import annotations

import numpy as np

from .figure import Anchors, Figure, Look, draw_eye
from .palette import BODIES, INK, PAPER, Palette
from .vector import Colour, Pen, mix

WOOD: Colour = (128, 84, 50)


def draw_boat(pen: Pen, palette: Palette, look: Look) -> None:
    """A sailing boat: a hull in the colour, a wooden mast, two pale sails."""
    pen.polygon([(-0.04, -0.92), (0.04, -0.92), (0.04, 0.3), (-0.04, 0.3)], WOOD)
    sail: Colour = PAPER if palette.body != BODIES["white"] else (216, 222, 240)
    pen.polygon([(0.08, -0.86), (0.78, 0.14), (0.08, 0.14)], sail)
    pen.polygon([(-0.08, -0.62), (-0.62, 0.14), (-0.08, 0.14)], mix(sail, (60, 70, 120), 0.16))
    pen.blob(
        [
            (-0.98, 0.24),
            (-0.5, 0.3),
            (0.0, 0.31),
            (0.5, 0.3),
            (0.98, 0.24),
            (0.82, 0.56),
            (0.58, 0.78),
            (0.0, 0.82),
            (-0.58, 0.78),
            (-0.82, 0.56),
        ],
        palette.body,
    )
    pen.polygon([(-0.86, 0.46), (0.86, 0.46), (0.8, 0.57), (-0.8, 0.57)], palette.shade)


def draw_house(pen: Pen, palette: Palette, look: Look) -> None:
    """A house: walls in the colour, a dark roof with a chimney, a door and two windows."""
    pen.polygon([(0.36, -0.75), (0.58, -0.75), (0.58, -0.2), (0.36, -0.2)], (150, 96, 78))
    pen.polygon([(-0.7, -0.2), (0.7, -0.2), (0.7, 0.9), (-0.7, 0.9)], palette.body)
    pen.polygon([(0.0, -0.88), (0.94, -0.14), (-0.94, -0.14)], (122, 74, 62))
    pen.polygon([(-0.16, 0.34), (0.16, 0.34), (0.16, 0.9), (-0.16, 0.9)], (98, 62, 44))
    for x in (-0.43, 0.43):
        pen.polygon([(x - 0.17, 0.12), (x + 0.17, 0.12), (x + 0.17, 0.46), (x - 0.17, 0.46)], PAPER)
        pen.polygon([(x - 0.12, 0.17), (x + 0.12, 0.17), (x + 0.12, 0.41), (x - 0.12, 0.41)], (150, 208, 240))


def draw_tree(pen: Pen, palette: Palette, look: Look) -> None:
    """A tree: a thick brown trunk with two boughs, a round crown of leaves in the colour."""
    pen.blob([(-0.12, 0.2), (0.12, 0.2), (0.14, 0.7), (0.3, 0.92), (-0.3, 0.92), (-0.14, 0.7)], WOOD)
    pen.stroke([(0.0, 0.6), (0.34, 0.3)], [0.12, 0.09], WOOD)
    pen.stroke([(0.0, 0.66), (-0.32, 0.34)], [0.12, 0.09], WOOD)
    for x, y, radius in ((-0.46, 0.08, 0.4), (0.46, 0.08, 0.4), (0.0, 0.14, 0.36)):
        pen.ellipse(x, y, radius, radius * 0.85, palette.shade)
    for x, y, radius in ((-0.38, -0.12, 0.42), (0.38, -0.12, 0.42), (0.0, -0.45, 0.48), (0.0, -0.05, 0.4)):
        pen.ellipse(x, y, radius, radius * 0.95, palette.body)
    for x, y in ((-0.28, -0.42), (0.2, -0.6), (0.42, -0.14), (-0.45, 0.02), (0.0, -0.1)):
        pen.ellipse(x, y, 0.11, 0.08, palette.light)


def draw_sun(pen: Pen, palette: Palette, look: Look) -> None:
    """A sun: a disc in the colour that smiles, and twelve pointed rays about it."""
    for turn in np.linspace(0, 2 * np.pi, 12, endpoint=False):
        cos, sin = float(np.cos(turn)), float(np.sin(turn))
        base, reach, half = 0.5, 1.0, 0.17
        corners = [(base, -half), (reach, 0.0), (base, half)]
        pen.polygon([(a * cos - b * sin, a * sin + b * cos) for a, b in corners], palette.body)
    pen.ellipse(0, 0, 0.66, 0.66, palette.shade)
    pen.ellipse(0, 0, 0.58, 0.58, palette.body)
    for side in (-1, 1):
        draw_eye(pen, side * 0.2, -0.12, 0.12, palette, look)
        pen.ellipse(side * 0.37, 0.1, 0.1, 0.08, mix(palette.body, (240, 90, 100), 0.55))
    smile = [(-0.24, 0.14), (-0.14, 0.26), (0.0, 0.31), (0.14, 0.26), (0.24, 0.14)]
    pen.stroke(smile, [0.08] * 5, palette.line if palette.line == PAPER else INK)


THINGS = {
    "boat": Figure(
        draw_boat,
        Anchors(
            head=(0.0, -0.8, 0.36, 0.0),
            eyes=((-0.26, 0.5, 0.24), (0.26, 0.5, 0.24)),
            neck=(0.0, -0.12, 0.8, 0.0),
            hand=(0.66, 0.02, 0.42),
        ),
        floats=True,
        sleeps=False,
    ),
    "house": Figure(
        draw_house,
        Anchors(
            head=(0.0, -0.8, 0.42, 0.0),
            eyes=((-0.43, 0.29, 0.3), (0.43, 0.29, 0.3)),
            neck=(0.0, -0.08, 1.56, 0.0),
            hand=(0.88, 0.66, 0.44),
        ),
        sleeps=False,
    ),
    "tree": Figure(
        draw_tree,
        Anchors(
            head=(0.0, -0.82, 0.44, 0.0),
            eyes=((-0.26, -0.2, 0.23), (0.26, -0.2, 0.23)),
            neck=(0.0, 0.42, 0.56, 0.0),
            hand=(0.7, 0.64, 0.44),
        ),
        sleeps=False,
    ),
    "sun": Figure(
        draw_sun,
        Anchors(
            head=(0.0, -0.56, 0.5, 0.0),
            eyes=((-0.22, -0.12, 0.23), (0.22, -0.12, 0.23)),
            neck=(0.0, 0.46, 0.96, 0.0),
            hand=(0.82, 0.5, 0.44),
        ),
        sleeps=False,
    ),
}
