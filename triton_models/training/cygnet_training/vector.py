"""A pen for flat vector drawings: smooth closed outlines in a local frame, filled by Pillow with supersampling."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

Colour = tuple[int, int, int]
Points = Sequence[tuple[float, float]]
SUPERSAMPLING = 3
EDGE = 0.008


def new_sheet(size: int, paper: Colour) -> Image.Image:
    """An empty sheet, SUPERSAMPLING times larger than the picture of `size` pixels that `finish` makes of it."""
    return Image.new("RGB", (size * SUPERSAMPLING, size * SUPERSAMPLING), paper)


def finish(sheet: Image.Image) -> Image.Image:
    """Averages the supersampled sheet down to the picture; exact means, so the result is the same everywhere."""
    return sheet.reduce(SUPERSAMPLING)


def mix(one: Colour, other: Colour, share: float) -> Colour:
    """`share` of the way from one colour to the other."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue


@lru_cache(maxsize=512)
def _smooth(points: tuple[tuple[float, float], ...], steps: int) -> NDArray[np.float64]:
    """A closed uniform Catmull-Rom curve through the points, (n * steps, 2).

    Source: E. Catmull, R. Rom, "A class of local interpolating splines", 1974.
    """
    at = np.asarray(points, dtype=np.float64)
    before, after, second = np.roll(at, 1, 0), np.roll(at, -1, 0), np.roll(at, -2, 0)
    t = (np.arange(steps) / steps)[:, None, None]
    curve = 0.5 * (
        2 * at
        + (after - before) * t
        + (2 * before - 5 * at + 4 * after - second) * t**2
        + (3 * at - before - 3 * after + second) * t**3
    )
    return np.asarray(curve.transpose(1, 0, 2).reshape(-1, 2))


@dataclass(frozen=True)
class Pen:
    """Draws in a frame whose unit square [-1, 1]² (x right, y down) is scaled, turned, mirrored and moved.

    `x`, `y` and `scale` are in shares of the sheet's side; `turn` is in radians, clockwise. An `outlined` pen makes
    line drawings.
    """

    sheet: Image.Image
    x: float = 0.5
    y: float = 0.5
    scale: float = 0.5
    turn: float = 0.0
    mirrored: bool = False
    outlined: bool = False

    def _to_sheet(self, points: NDArray[np.float64]) -> list[tuple[float, float]]:
        side = self.sheet.width
        cos, sin = np.cos(self.turn), np.sin(self.turn)
        x, y = points[:, 0] * cos - points[:, 1] * sin, points[:, 0] * sin + points[:, 1] * cos
        if self.mirrored:
            x = -x
        placed = np.stack([self.x + x * self.scale, self.y + y * self.scale], 1) * side
        return [(float(a), float(b)) for a, b in placed]

    def polygon(self, points: Points | NDArray[np.float64], colour: Colour) -> None:
        """Fills a polygon with straight sides; an outlined pen washes it lightly and draws its edge instead."""
        corners = self._to_sheet(np.asarray(points, dtype=np.float64))
        if self.outlined:
            edge = max(1, round(self.sheet.width * EDGE))
            wash, ink = mix(colour, (255, 255, 255), 0.6), mix(colour, (30, 28, 36), 0.5)
            ImageDraw.Draw(self.sheet).polygon(corners, fill=wash, outline=ink, width=edge)
        else:
            ImageDraw.Draw(self.sheet).polygon(corners, fill=colour)

    def blob(self, points: Points, colour: Colour) -> None:
        """Fills the smooth closed curve through the points."""
        self.polygon(_smooth(tuple(points), 8), colour)

    def ellipse(self, x: float, y: float, rx: float, ry: float, colour: Colour, turn: float = 0.0) -> None:
        """Fills an ellipse about (x, y), turned by `turn` radians in the local frame."""
        angle = np.linspace(0, 2 * np.pi, 40, endpoint=False)
        a, b = rx * np.cos(angle), ry * np.sin(angle)
        cos, sin = np.cos(turn), np.sin(turn)
        self.polygon(np.stack([x + a * cos - b * sin, y + a * sin + b * cos], 1), colour)

    def stroke(self, points: Points, widths: Sequence[float], colour: Colour) -> None:
        """Fills a tapering ribbon along a smooth open curve; `widths` are full widths at the points."""
        ends = (points[0], *points, points[-1])
        curve = _smooth(tuple(ends), 10)[10 : -10 * 2]
        width = np.interp(np.linspace(0, len(points) - 1, len(curve)), range(len(points)), widths)
        along = np.gradient(curve, axis=0)
        normal = np.stack([-along[:, 1], along[:, 0]], 1)
        normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-9)
        side = normal * width[:, None] / 2
        self.polygon(np.concatenate([curve + side, (curve - side)[::-1]]), colour)
        for (x, y), w in ((points[0], widths[0]), (points[-1], widths[-1])):
            self.ellipse(x, y, w / 2, w / 2, colour)
