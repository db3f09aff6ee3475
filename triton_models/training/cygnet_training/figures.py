"""The figures: each species drawn in a unit frame, facing right, standing on y = 0.9 or floating at y = 0.5."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .vector import Colour, Pen, mix

INK: Colour = (38, 36, 46)
PAPER: Colour = (252, 252, 250)
BEAK: Colour = (245, 140, 30)
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
    """The colours of one figure: body, a shade of it for wings and depth, a light of it for bellies, its beak."""

    body: Colour
    shade: Colour
    light: Colour
    beak: Colour
    outline: Colour


def coat_of(colour: str) -> Coat:
    """The coat for a colour word. An orange body gets a redder beak, so that the beak stays visible."""
    body = PALETTE[colour]
    shade = mix(body, (60, 70, 120), 0.22) if colour == "white" else mix(body, INK, 0.24)
    if colour == "black":
        shade = (30, 29, 38)
    beak = (206, 74, 30) if colour in ("orange", "red", "yellow") else BEAK
    return Coat(body, shade, mix(body, PAPER, 0.55), beak, mix(shade, INK, 0.25))


def draw_hat(pen: Pen, x: float, y: float, width: float, turn: float = 0.0) -> None:
    """A purple top hat with a gold band whose brim's middle is at (x, y) and whose crown is `width` wide."""
    hat, band = (112, 52, 140), (250, 205, 60)
    half, high = width / 2, width * 0.85
    pen.polygon([(x - half, y), (x - half * 1.1, y - high), (x + half * 1.1, y - high), (x + half, y)], hat)
    pen.polygon(
        [
            (x - half, y - high * 0.1),
            (x - half, y - high * 0.36),
            (x + half, y - high * 0.36),
            (x + half, y - high * 0.1),
        ],
        band,
    )
    pen.ellipse(x, y, half * 1.75, width * 0.13, hat, turn)


def _eye(pen: Pen, x: float, y: float, size: float) -> None:
    pen.ellipse(x, y, size, size * 1.1, PAPER)
    pen.ellipse(x + size * 0.22, y, size * 0.62, size * 0.72, INK)


def draw_duck(pen: Pen, coat: Coat, hat: bool, afloat: bool) -> None:
    """A plump duck: big round head close on the body, broad flat beak, tail up."""
    if not afloat:
        for x in (-0.1, 0.2):
            pen.stroke([(x, 0.65), (x, 0.9)], [0.09, 0.09], coat.beak)
            pen.ellipse(x + 0.1, 0.92, 0.17, 0.06, coat.beak)
    pen.blob(
        [
            (-0.98, -0.2),
            (-0.72, -0.02),
            (-0.35, 0.02),
            (0.1, 0.0),
            (0.5, 0.02),
            (0.72, 0.28),
            (0.6, 0.58),
            (0.2, 0.76),
        ]
        + [(-0.3, 0.75), (-0.7, 0.56), (-0.93, 0.2)],
        coat.body,
    )
    pen.ellipse(0.36, 0.02, 0.3, 0.26, coat.body)
    pen.blob([(0.66, -0.46), (0.86, -0.42), (1.06, -0.33), (0.98, -0.2), (0.7, -0.2)], coat.beak)
    pen.blob([(0.66, -0.3), (0.86, -0.26), (1.02, -0.22), (0.9, -0.13), (0.68, -0.16)], mix(coat.beak, INK, 0.25))
    pen.ellipse(0.36, -0.36, 0.4, 0.38, coat.body)
    pen.blob(
        [(-0.62, 0.14), (-0.3, 0.08), (0.12, 0.14), (0.24, 0.32), (0.04, 0.52), (-0.34, 0.54), (-0.56, 0.4)],
        coat.shade,
    )
    _eye(pen, 0.47, -0.42, 0.11)
    if hat:
        draw_hat(pen, 0.32, -0.68, 0.46)


def draw_swan(pen: Pen, coat: Coat, hat: bool, afloat: bool) -> None:
    """A swan: a long S-shaped neck, a small head, a raised feathered wing."""
    beak = BEAK if coat.beak == BEAK else coat.beak
    if not afloat:
        for x in (-0.25, 0.05):
            pen.stroke([(x, 0.7), (x, 0.9)], [0.07, 0.07], INK)
            pen.ellipse(x + 0.07, 0.92, 0.14, 0.05, INK)
    pen.blob(
        [
            (-1.0, -0.02),
            (-0.7, 0.1),
            (-0.3, 0.12),
            (0.15, 0.18),
            (0.48, 0.22),
            (0.56, 0.44),
            (0.4, 0.68),
            (0.0, 0.8),
        ]
        + [(-0.45, 0.76), (-0.8, 0.52)],
        coat.body,
    )
    pen.stroke(
        [(0.4, 0.48), (0.6, 0.24), (0.52, -0.04), (0.36, -0.3), (0.34, -0.58), (0.5, -0.76)],
        [0.32, 0.28, 0.22, 0.19, 0.18, 0.2],
        coat.body,
    )
    pen.blob([(0.68, -0.84), (0.84, -0.74), (0.98, -0.6), (0.8, -0.62), (0.66, -0.64)], beak)
    pen.blob([(0.62, -0.86), (0.76, -0.78), (0.74, -0.66), (0.62, -0.66)], INK)
    pen.ellipse(0.53, -0.77, 0.18, 0.145, coat.body, 0.35)
    pen.blob(
        [
            (-0.98, -0.3),
            (-0.6, -0.22),
            (-0.1, -0.06),
            (0.26, 0.2),
            (0.16, 0.46),
            (-0.25, 0.56),
            (-0.62, 0.4),
            (-0.86, 0.1),
        ],
        coat.body,
    )
    pen.blob([(-0.84, -0.06), (-0.45, 0.08), (0.0, 0.22), (0.1, 0.38), (-0.24, 0.48), (-0.58, 0.34)], coat.shade)
    pen.ellipse(0.57, -0.8, 0.045, 0.05, INK if coat.body != PALETTE["black"] else PAPER)
    if hat:
        draw_hat(pen, 0.5, -0.9, 0.3)


def draw_penguin(pen: Pen, coat: Coat, hat: bool, afloat: bool) -> None:
    """An upright egg with a white front, flippers held out and flat feet."""
    for x in (-0.24, 0.24):
        pen.ellipse(x, 0.88, 0.22, 0.09, BEAK)
    for side in (-1, 1):
        pen.blob(
            [
                (side * 0.4, -0.2),
                (side * 0.62, 0.05),
                (side * 0.8, 0.42),
                (side * 0.6, 0.4),
                (side * 0.42, 0.22),
            ],
            coat.shade,
        )
    pen.blob(
        [
            (0, -0.9),
            (0.34, -0.72),
            (0.46, -0.3),
            (0.56, 0.25),
            (0.42, 0.75),
            (0, 0.9),
            (-0.42, 0.75),
            (-0.56, 0.25),
            (-0.46, -0.3),
            (-0.34, -0.72),
        ],
        coat.body,
    )
    front: Colour = PAPER if coat.body != PALETTE["white"] else (214, 220, 236)
    pen.blob(
        [
            (0, -0.2),
            (0.3, -0.06),
            (0.38, 0.3),
            (0.28, 0.7),
            (0, 0.8),
            (-0.28, 0.7),
            (-0.38, 0.3),
            (-0.3, -0.06),
        ],
        front,
    )
    pen.ellipse(-0.15, -0.5, 0.17, 0.2, front)
    pen.ellipse(0.15, -0.5, 0.17, 0.2, front)
    pen.ellipse(-0.12, -0.5, 0.075, 0.085, INK)
    pen.ellipse(0.12, -0.5, 0.075, 0.085, INK)
    pen.polygon([(-0.15, -0.38), (0.15, -0.38), (0, -0.16)], BEAK)
    if hat:
        draw_hat(pen, 0.0, -0.78, 0.44)


def draw_cat(pen: Pen, coat: Coat, hat: bool, afloat: bool) -> None:
    """A sitting cat seen from the front: pointed ears, tail curled up at the side."""
    pen.stroke([(0.3, 0.78), (0.72, 0.72), (0.86, 0.36), (0.74, 0.04)], [0.2, 0.19, 0.17, 0.15], coat.shade)
    pen.blob(
        [
            (0, -0.1),
            (0.34, 0.1),
            (0.48, 0.5),
            (0.44, 0.84),
            (0, 0.9),
            (-0.44, 0.84),
            (-0.48, 0.5),
            (-0.34, 0.1),
        ],
        coat.body,
    )
    pen.ellipse(0, 0.5, 0.24, 0.32, coat.light)
    for side in (-1, 1):
        pen.ellipse(side * 0.22, 0.86, 0.17, 0.09, coat.shade)
        pen.polygon([(side * 0.16, -0.62), (side * 0.5, -0.96), (side * 0.56, -0.36)], coat.body)
        pen.polygon([(side * 0.28, -0.62), (side * 0.45, -0.8), (side * 0.48, -0.46)], (246, 170, 170))
    pen.ellipse(0, -0.32, 0.56, 0.44, coat.body)
    pen.ellipse(0, -0.14, 0.24, 0.18, coat.light)
    for side in (-1, 1):
        pen.ellipse(side * 0.24, -0.38, 0.11, 0.13, PAPER)
        pen.ellipse(side * 0.23, -0.38, 0.06, 0.11, INK)
    pen.polygon([(-0.08, -0.22), (0.08, -0.22), (0, -0.12)], (226, 96, 110))
    if hat:
        draw_hat(pen, 0.0, -0.7, 0.5)


def draw_fish(pen: Pen, coat: Coat, hat: bool, afloat: bool) -> None:
    """A round fish with a fan tail, a fin on its back and a pale belly."""
    pen.blob([(-0.5, 0.0), (-0.76, -0.3), (-1.0, -0.42), (-0.92, 0.02), (-1.0, 0.46), (-0.76, 0.32)], coat.shade)
    pen.blob([(-0.3, -0.4), (-0.14, -0.7), (0.2, -0.72), (0.4, -0.4), (0.1, -0.2)], coat.shade)
    pen.blob(
        [
            (0.96, 0.04),
            (0.7, -0.34),
            (0.2, -0.5),
            (-0.3, -0.38),
            (-0.66, 0.0),
            (-0.3, 0.42),
            (0.2, 0.54),
            (0.7, 0.38),
        ],
        coat.body,
    )
    pen.blob(
        [(0.8, 0.22), (0.4, 0.26), (-0.1, 0.26), (-0.4, 0.22), (-0.2, 0.42), (0.2, 0.52), (0.62, 0.42)],
        coat.light,
    )
    pen.blob([(0.1, 0.02), (-0.2, -0.08), (-0.36, 0.1), (-0.22, 0.28), (0.06, 0.2)], coat.shade)
    _eye(pen, 0.56, -0.12, 0.14)
    if hat:
        draw_hat(pen, 0.42, -0.42, 0.42, 0.25)


def draw_boat(pen: Pen, coat: Coat, hat: bool, afloat: bool) -> None:
    """A sailing boat: a hull in the colour, a wooden mast, two pale sails."""
    pen.polygon([(-0.04, -0.92), (0.04, -0.92), (0.04, 0.3), (-0.04, 0.3)], (128, 84, 50))
    sail: Colour = PAPER if coat.body != PALETTE["white"] else (216, 222, 240)
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
        coat.body,
    )
    pen.polygon([(-0.86, 0.46), (0.86, 0.46), (0.8, 0.57), (-0.8, 0.57)], coat.shade)
    if hat:
        draw_hat(pen, 0.0, -0.8, 0.36)


def draw_house(pen: Pen, coat: Coat, hat: bool, afloat: bool) -> None:
    """A house: walls in the colour, a dark roof with a chimney, a door and two windows."""
    pen.polygon([(0.36, -0.75), (0.58, -0.75), (0.58, -0.2), (0.36, -0.2)], (150, 96, 78))
    pen.polygon([(-0.7, -0.2), (0.7, -0.2), (0.7, 0.9), (-0.7, 0.9)], coat.body)
    pen.polygon([(0.0, -0.88), (0.94, -0.14), (-0.94, -0.14)], (122, 74, 62))
    pen.polygon([(-0.16, 0.34), (0.16, 0.34), (0.16, 0.9), (-0.16, 0.9)], (98, 62, 44))
    for x in (-0.43, 0.43):
        pen.polygon([(x - 0.17, 0.12), (x + 0.17, 0.12), (x + 0.17, 0.46), (x - 0.17, 0.46)], PAPER)
        pen.polygon([(x - 0.12, 0.17), (x + 0.12, 0.17), (x + 0.12, 0.41), (x - 0.12, 0.41)], (150, 208, 240))
    if hat:
        draw_hat(pen, 0.0, -0.8, 0.42)


FIGURES: dict[str, Callable[[Pen, Coat, bool, bool], None]] = {
    "duck": draw_duck,
    "swan": draw_swan,
    "penguin": draw_penguin,
    "cat": draw_cat,
    "fish": draw_fish,
    "boat": draw_boat,
    "house": draw_house,
}
