"""The places: water, sky, land, city and a plain sheet, each with a few large things that chance moves about."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .vector import Colour, Pen, mix

# Where the middle of a standing or floating figure belongs, in shares of the height.
WATERLINES = {"pond": 0.66, "meadow": 0.68, "night": 0.66, "sea": 0.64, "snow": 0.68, "city": 0.7}
WATERS: dict[str, Colour] = {"pond": (96, 170, 214), "sea": (38, 112, 176)}
WATER = WATERS["pond"]
PLAIN: tuple[Colour, ...] = ((240, 226, 200), (202, 226, 222), (220, 210, 236), (214, 214, 216))


def draw_background(pen: Pen, name: str, rng: np.random.Generator) -> None:
    """Fills the pen's whole sheet with the named place."""
    _PLACES[name](pen, rng)


def draw_foreground(pen: Pen, place: str, floats: bool) -> None:
    """The water that covers a figure's underside, with two ripples, in the figure's own frame."""
    water = WATERS[place]
    level = 0.66 if floats else 0.8
    pen.ellipse(0.0, level + 0.24, 1.1, 0.2, water)
    pen.ellipse(0.0, level + 0.12, 0.95, 0.05, mix(water, (255, 255, 255), 0.55))
    pen.ellipse(0.0, level + 0.16, 0.9, 0.045, water)


def _fill(pen: Pen, top: float, bottom: float, colour: Colour) -> None:
    pen.polygon([(-1, top * 2 - 1), (1, top * 2 - 1), (1, bottom * 2 - 1), (-1, bottom * 2 - 1)], colour)


def cloud(pen: Pen, x: float, y: float, size: float, colour: Colour) -> None:
    """A cloud of four puffs."""
    for dx, dy, radius in ((-0.9, 0.1, 0.55), (0.0, -0.25, 0.8), (0.9, 0.05, 0.6), (0.0, 0.25, 0.9)):
        pen.ellipse(x + dx * size, y + dy * size, radius * size * 1.2, radius * size * 0.75, colour)


def _pond(pen: Pen, rng: np.random.Generator) -> None:
    shore = rng.uniform(0.38, 0.42)
    _fill(pen, 0.0, 1.0, WATER)
    _fill(pen, 0.0, shore, (206, 234, 224))
    pen.ellipse(rng.uniform(-0.4, 0.4), shore * 2 - 1, rng.uniform(0.8, 0.95), 0.22, (128, 190, 118))
    _fill(pen, shore - 0.045, shore, (128, 190, 118))
    for side in (-1, 1):
        x, y = side * rng.uniform(0.7, 0.82), rng.uniform(0.78, 0.86)
        pen.ellipse(x, y, 0.17, 0.07, (70, 150, 92))


def _sky(pen: Pen, rng: np.random.Generator) -> None:
    _fill(pen, 0.0, 1.0, (156, 208, 246))
    side = 1 if rng.random() < 0.5 else -1
    pen.ellipse(side * 0.76, -0.76, 0.17, 0.17, (255, 226, 110))
    cloud(pen, -side * rng.uniform(0.55, 0.65), rng.uniform(-0.76, -0.7), rng.uniform(0.2, 0.23), (244, 250, 255))
    for where in (-1, 1):
        cloud(
            pen,
            where * rng.uniform(0.55, 0.65),
            rng.uniform(0.76, 0.82),
            rng.uniform(0.22, 0.26),
            (244, 250, 255),
        )


def _meadow(pen: Pen, rng: np.random.Generator) -> None:
    _fill(pen, 0.0, 1.0, (214, 238, 250))
    hill = rng.uniform(0.06, 0.12)
    pen.ellipse(rng.uniform(-0.3, 0.3), hill + 1.2, 2.2, 1.25, (176, 218, 130))
    _fill(pen, 0.7, 1.0, (156, 206, 110))
    pen.ellipse(rng.uniform(-0.6, 0.6), 0.5, 1.8, 0.2, (156, 206, 110))
    for x in (-0.8, -0.5, 0.5, 0.8):
        at, y = x + rng.uniform(-0.05, 0.05), rng.uniform(0.78, 0.86)
        petal: Colour = (255, 250, 240) if rng.random() < 0.5 else (250, 170, 190)
        pen.ellipse(at, y, 0.07, 0.07, petal)
        pen.ellipse(at, y, 0.03, 0.03, (250, 200, 60))


def _night(pen: Pen, rng: np.random.Generator) -> None:
    sky: Colour = (52, 64, 128)
    _fill(pen, 0.0, 1.0, sky)
    side = 1 if rng.random() < 0.5 else -1
    x, y = side * rng.uniform(0.67, 0.73), rng.uniform(-0.75, -0.71)
    pen.ellipse(x, y, 0.19, 0.19, (250, 240, 190))
    pen.ellipse(x + 0.09, y - 0.05, 0.16, 0.16, sky)
    for at in ((-0.85, -0.3), (-0.35, -0.82), (0.1, -0.68), (0.85, -0.25), (-side * 0.7, -0.62)):
        pen.ellipse(at[0] + rng.uniform(-0.03, 0.03), at[1] + rng.uniform(-0.03, 0.03), 0.032, 0.032, (250, 244, 210))
    pen.ellipse(rng.uniform(-0.25, 0.25), 1.1, 1.9, rng.uniform(0.65, 0.69), (78, 104, 122))


def _plain(pen: Pen, rng: np.random.Generator) -> None:
    _fill(pen, 0.0, 1.0, PLAIN[int(rng.integers(len(PLAIN)))])


def _sea(pen: Pen, rng: np.random.Generator) -> None:
    water = WATERS["sea"]
    horizon = rng.uniform(0.32, 0.36)
    _fill(pen, 0.0, 1.0, (252, 226, 196))
    side = 1 if rng.random() < 0.5 else -1
    pen.ellipse(side * rng.uniform(0.55, 0.65), horizon * 2 - 1, 0.26, 0.26, (255, 190, 96))
    _fill(pen, horizon, 1.0, water)
    _fill(pen, horizon, horizon + 0.1, mix(water, (255, 255, 255), 0.12))
    crest: Colour = mix(water, (255, 255, 255), 0.62)
    for row, y in enumerate((0.52, 0.72, 0.92)):
        for x in (-0.9, -0.3, 0.3, 0.9):
            at = x + (0.3 if row % 2 else 0.0) + rng.uniform(-0.03, 0.03)
            pen.ellipse(at, y, 0.16, 0.05, crest)
            pen.ellipse(at, y + 0.035, 0.17, 0.05, water)


def _snow(pen: Pen, rng: np.random.Generator) -> None:
    _fill(pen, 0.0, 1.0, (176, 196, 222))
    for side in (-1, 1):
        x = side * rng.uniform(0.68, 0.78)
        for y, half in ((-0.05, 0.24), (-0.28, 0.19), (-0.48, 0.13)):
            pen.polygon([(x - half, y + 0.2), (x + half, y + 0.2), (x, y - 0.14)], (72, 112, 104))
    hill = rng.uniform(0.13, 0.17)
    pen.ellipse(rng.uniform(-0.25, 0.25), hill + 1.2, 2.3, 1.22, (236, 242, 250))
    for x in (-0.8, -0.35, 0.05, 0.42, 0.8):
        for y in (-0.8, -0.4):
            pen.ellipse(x + rng.uniform(-0.06, 0.06), y + rng.uniform(-0.07, 0.07), 0.035, 0.035, (250, 252, 255))


def _city(pen: Pen, rng: np.random.Generator) -> None:
    _fill(pen, 0.0, 1.0, (226, 214, 224))
    wall: tuple[Colour, ...] = ((134, 140, 164), (158, 150, 170), (116, 128, 152))
    for index, x in enumerate((-0.95, -0.56, -0.18, 0.2, 0.58, 0.95)):
        top = (-0.5, -0.76, -0.38, -0.68, -0.44, -0.62)[index] + rng.uniform(-0.06, 0.06)
        pen.polygon([(x - 0.18, top), (x + 0.18, top), (x + 0.18, 0.5), (x - 0.18, 0.5)], wall[index % 3])
        for y in np.arange(top + 0.12, 0.3, 0.3):
            pen.polygon([(x - 0.1, y), (x + 0.1, y), (x + 0.1, y + 0.14), (x - 0.1, y + 0.14)], (250, 232, 170))
    _fill(pen, 0.72, 1.0, (112, 112, 120))
    for x in (-0.75, -0.25, 0.25, 0.75):
        pen.polygon([(x - 0.12, 0.8), (x + 0.12, 0.8), (x + 0.12, 0.85), (x - 0.12, 0.85)], (240, 236, 224))


_PLACES: dict[str, Callable[[Pen, np.random.Generator], None]] = {
    "pond": _pond,
    "sky": _sky,
    "meadow": _meadow,
    "night": _night,
    "plain": _plain,
    "sea": _sea,
    "snow": _snow,
    "city": _city,
}
