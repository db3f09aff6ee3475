"""The colours of figures: one for each colour word, and the shades that go with it."""

from __future__ import annotations

from dataclasses import dataclass

from .vector import Colour, mix

INK: Colour = (38, 36, 46)
PAPER: Colour = (252, 252, 250)
BEAK: Colour = (245, 140, 30)
ROSE: Colour = (246, 170, 170)
BODIES: dict[str, Colour] = {
    "yellow": (252, 212, 50),
    "white": (250, 250, 248),
    "black": (58, 56, 68),
    "red": (222, 52, 50),
    "blue": (50, 96, 214),
    "green": (46, 150, 72),
    "pink": (250, 150, 190),
    "orange": (246, 148, 40),
    "purple": (132, 72, 190),
    "brown": (136, 88, 52),
    "grey": (150, 152, 160),
}


@dataclass(frozen=True)
class Palette:
    """The colours of one figure: body, a shade of it for wings and depth, a light of it for bellies, beak, lines."""

    body: Colour
    shade: Colour
    light: Colour
    beak: Colour
    line: Colour


def palette_of(colour: str) -> Palette:
    """The palette for a colour word. An orange body gets a redder beak, so that the beak stays visible."""
    body = BODIES[colour]
    shade = mix(body, (60, 70, 120), 0.22) if colour == "white" else mix(body, INK, 0.24)
    if colour == "black":
        shade = (30, 29, 38)
    beak = (206, 74, 30) if colour in ("orange", "red", "yellow") else BEAK
    return Palette(body, shade, mix(body, PAPER, 0.55), beak, PAPER if colour == "black" else INK)
