"""What all figures share: the colours they wear, how they are asked to look, and where things are put on them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .vector import Colour, Pen, mix

INK: Colour = (38, 36, 46)
PAPER: Colour = (252, 252, 250)
BEAK: Colour = (245, 140, 30)
ROSE: Colour = (246, 170, 170)
PALETTE: dict[str, Colour] = {
    "yellow": (252, 212, 50),
    "white": (250, 250, 248),
    "black": (58, 56, 68),
    "red": (222, 52, 50),
    "blue": (50, 96, 214),
    "green": (46, 150, 72),
    "pink": (250, 150, 190),
    "orange": (246, 148, 40),
}


@dataclass(frozen=True)
class Coat:
    """The colours of one figure: body, a shade of it for wings and depth, a light of it for bellies, beak, lines."""

    body: Colour
    shade: Colour
    light: Colour
    beak: Colour
    line: Colour


def coat_of(colour: str) -> Coat:
    """The coat for a colour word. An orange body gets a redder beak, so that the beak stays visible."""
    body = PALETTE[colour]
    shade = mix(body, (60, 70, 120), 0.22) if colour == "white" else mix(body, INK, 0.24)
    if colour == "black":
        shade = (30, 29, 38)
    beak = (206, 74, 30) if colour in ("orange", "red", "yellow") else BEAK
    return Coat(body, shade, mix(body, PAPER, 0.55), beak, PAPER if colour == "black" else INK)


@dataclass(frozen=True)
class Look:
    """How a figure is asked to look. Water hides the feet of one that is `afloat`.

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
    where the letters of sleep begin to rise and how far they lean.
    """

    head: tuple[float, float, float, float]
    eyes: tuple[tuple[float, float, float], tuple[float, float, float]]
    neck: tuple[float, float, float, float]
    hand: tuple[float, float, float]
    dreams: tuple[float, float, float] = (0.0, 0.0, 0.0)


@dataclass(frozen=True)
class Figure:
    """A species: how it is drawn, where things sit on it, and which of the looks it knows."""

    draw: Callable[[Pen, Coat, Look], None]
    anchors: Anchors
    floats: bool = False
    flies: bool = False
    sleeps: bool = True


def draw_eye(pen: Pen, x: float, y: float, size: float, coat: Coat, look: Look) -> None:
    """A round eye that looks ahead, or a thick arc when it is closed."""
    if look.sleeping:
        draw_closed_eye(pen, x, y, size * 1.1, coat.line)
    else:
        pen.ellipse(x, y, size, size * 1.1, PAPER)
        pen.ellipse(x + size * 0.22, y, size * 0.62, size * 0.72, INK)


def draw_closed_eye(pen: Pen, x: float, y: float, size: float, colour: Colour) -> None:
    """A thick arc that hangs down."""
    arc = [(x - size, y - size * 0.1), (x - size * 0.5, y + size * 0.5), (x, y + size * 0.7)]
    arc += [(2 * x - a, b) for a, b in arc[1::-1]]
    pen.stroke(arc, [size * 0.45] * 5, colour)
