"""All the species, each drawn in a unit frame, facing right, standing on y = 0.9 or floating at y = 0.5."""

from __future__ import annotations

from .accessories import draw_accessory, draw_sleep
from .animals import ANIMALS
from .birds import BIRDS
from .coats import Coat, Figure, Look
from .things import THINGS
from .vector import Pen

__all__ = ["FIGURES", "Look", "draw_figure"]

FIGURES: dict[str, Figure] = BIRDS | ANIMALS | THINGS


def draw_figure(pen: Pen, species: str, coat: Coat, look: Look) -> None:
    """Draws the figure, then its accessory. A pose that the species does not know is the usual one."""
    figure = FIGURES[species]
    known = {"usual": True, "flying": figure.flies, "sleeping": figure.sleeps}[look.pose]
    seen = look if known else Look(look.afloat, accessory=look.accessory)
    figure.draw(pen, coat, seen)
    draw_accessory(pen, figure.anchors, seen)
    if seen.sleeping:
        draw_sleep(pen, *figure.anchors.dreams)
