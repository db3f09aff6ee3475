"""All species by name, each drawn in a unit frame, facing right, standing on y = 0.9 or floating at y = 0.5."""

from __future__ import annotations

from .accessories import draw_accessory, draw_sleep
from .animals import ANIMALS
from .birds import BIRDS
from .figure import Figure, Look
from .palette import Palette
from .things import THINGS
from .vector import Pen

FIGURES: dict[str, Figure] = BIRDS | ANIMALS | THINGS


def draw_figure(pen: Pen, species: str, palette: Palette, look: Look) -> None:
    """Draws the figure, then its accessory. A pose that the species does not know is drawn as the usual one."""
    figure = FIGURES[species]
    known = {"usual": True, "flying": figure.flies, "sleeping": figure.sleeps}[look.pose]
    shown = look if known else Look(look.afloat, accessory=look.accessory)
    figure.draw(pen, palette, shown)
    draw_accessory(pen, figure.anchors, shown)
    if shown.sleeping:
        draw_sleep(pen, *figure.anchors.dreams)
