"""A figure: how it is drawn, which poses it knows, and where accessories sit on it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .palette import INK, PAPER, Palette
from .vector import Colour, Pen


@dataclass(frozen=True)
class Look:
    """How a figure looks. Water hides the feet of one that is `afloat`.

    `pose` is "usual", "flying" or "sleeping"; `accessory` is "" or a name in `accessories.ACCESSORIES`.
    """

    afloat: bool = False
    pose: str = "usual"
    accessory: str = ""

    @property
    def flying(self) -> bool:
        return self.pose == "flying"

    @property
    def sleeping(self) -> bool:
        return self.pose == "sleeping"

    @property
    def standing(self) -> bool:
        """Whether the feet are seen on the ground."""
        return not self.afloat and not self.flying


@dataclass(frozen=True)
class Anchors:
    """Where accessories and sleep sit, in the figure's unit frame; turns are in radians, clockwise.

    `head` is the middle of a hat's brim, the hat's width and its turn; `eyes` are middles and radii of spectacles;
    `neck` is the middle of a scarf, its width and its turn; `hand` is the middle and the width of a cup; `dreams` is
    where a sleeper's letters Z begin to rise and how far they lean.
    """

    head: tuple[float, float, float, float]
    eyes: tuple[tuple[float, float, float], tuple[float, float, float]]
    neck: tuple[float, float, float, float]
    hand: tuple[float, float, float]
    dreams: tuple[float, float, float] = (0.0, 0.0, 0.0)


@dataclass(frozen=True)
class Figure:
    """A species: how it is drawn, where things sit on it, and which poses it knows."""

    draw: Callable[[Pen, Palette, Look], None]
    anchors: Anchors
    floats: bool = False
    flies: bool = False
    sleeps: bool = True


def draw_eye(pen: Pen, x: float, y: float, size: float, palette: Palette, look: Look) -> None:
    """A round eye that looks ahead, or a thick arc when it is closed."""
    if look.sleeping:
        draw_closed_eye(pen, x, y, size * 1.1, palette.line)
    else:
        pen.ellipse(x, y, size, size * 1.1, PAPER)
        pen.ellipse(x + size * 0.22, y, size * 0.62, size * 0.72, INK)


def draw_closed_eye(pen: Pen, x: float, y: float, size: float, colour: Colour) -> None:
    """A thick arc that hangs down."""
    arc = [(x - size, y - size * 0.1), (x - size * 0.5, y + size * 0.5), (x, y + size * 0.7)]
    arc += [(2 * x - a, b) for a, b in arc[1::-1]]
    pen.stroke(arc, [size * 0.45] * 5, colour)
