"""What a figure may wear or have beside it, large and in strong colours so that a small model learns it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .figure import Anchors, Look, draw_closed_eye
from .palette import INK, PAPER
from .vector import Colour, Pen

GOLD: Colour = (252, 196, 30)
PURPLE: Colour = (112, 52, 140)
SCARLET: Colour = (214, 30, 40)
MAGENTA: Colour = (226, 24, 150)
LENS: Colour = (206, 236, 250)
COFFEE: Colour = (120, 72, 40)
STEAM: Colour = (198, 200, 212)
Shape = list[tuple[float, float]]
# The letter Z in its own square [-1, 1]².
LETTER: Shape = [(-0.8, -1.0), (0.8, -1.0), (0.8, -0.55), (-0.1, 0.5), (0.8, 0.5)]
LETTER += [(-x, -y) for x, y in LETTER]


def draw_accessory(pen: Pen, anchors: Anchors, look: Look) -> None:
    """Draws what the look names; "" is nothing."""
    if look.accessory:
        ACCESSORIES[look.accessory](pen, anchors, look)


def draw_sleep(pen: Pen, x: float, y: float, lean: float) -> None:
    """Two letters Z that rise from (x, y), leaning to the right by `lean`, readable however the pen is mirrored."""
    for dx, dy, size in ((0.0, 0.0, 0.15), (lean, -0.38, 0.22)):
        for grown, colour in ((0.055, INK), (0.0, PAPER)):
            pen.polygon(_letter(x + dx, y + dy, size, grown, pen.mirrored), colour)


def _letter(x: float, y: float, size: float, grown: float, mirrored: bool) -> Shape:
    hand = -1 if mirrored else 1
    return [(x + hand * (a * size + np.sign(a) * grown), y + b * size + _outward(b) * grown) for a, b in LETTER]


def _outward(b: float) -> float:
    """The strokes of a Z grow away from their own middles: the upper bar's lower edge goes down."""
    return float(np.sign(b) if abs(b) == 1.0 else -np.sign(b))


def _in_frame(points: Shape, x: float, y: float, turn: float) -> Shape:
    cos, sin = float(np.cos(turn)), float(np.sin(turn))
    return [(x + a * cos - b * sin, y + a * sin + b * cos) for a, b in points]


def _box(left: float, top: float, right: float, bottom: float) -> Shape:
    return [(left, top), (right, top), (right, bottom), (left, bottom)]


def _hat(pen: Pen, anchors: Anchors, look: Look) -> None:
    """A purple top hat with a gold band."""
    x, y, width, turn = anchors.head
    half, high = width / 2, width * 0.85
    pen.polygon([(x - half, y), (x - half * 1.1, y - high), (x + half * 1.1, y - high), (x + half, y)], PURPLE)
    pen.polygon(_box(x - half, y - high * 0.36, x + half, y - high * 0.1), (250, 205, 60))
    pen.ellipse(x, y, half * 1.75, width * 0.13, PURPLE, turn)


def _crown(pen: Pen, anchors: Anchors, look: Look) -> None:
    """A gold crown of three points, with a red stone on each and three on its band."""
    x, y, width, turn = anchors.head
    half, high = max(width, 0.4) * 0.66, max(width, 0.4) * 0.78
    tips = [(-half * 1.2, -high * 0.85), (0.0, -high), (half * 1.2, -high * 0.85)]
    edge = [(half, 0.08), (-half, 0.08), tips[0], (-half * 0.5, -high * 0.42), tips[1], (half * 0.5, -high * 0.42)]
    pen.polygon(_in_frame([*edge, tips[2]], x, y, turn), GOLD)
    stones = [*tips, (-half * 0.6, -high * 0.13), (0.0, -high * 0.13), (half * 0.6, -high * 0.13)]
    for stone in _in_frame(stones, x, y, turn):
        pen.ellipse(*stone, half * 0.2, half * 0.2, SCARLET)


def _scarf(pen: Pen, anchors: Anchors, look: Look) -> None:
    """A thick band of red and white stripes around the neck, with an end that hangs down before the chest."""
    x, y, width, turn = anchors.neck
    half, thick = width / 2, min(0.16, 0.11 + width * 0.05)
    drop, end = thick * 1.3, half * 0.45
    for row in range(4):
        hanging = _box(end - drop, drop * row * 0.9, end + drop * 0.7, drop * (row + 1) * 0.9)
        pen.polygon(_in_frame(hanging, x, y, turn), (SCARLET, PAPER)[row % 2])
    edges = np.linspace(-half, half, 4 if width < 0.5 else 6)
    for stripe, (left, right) in enumerate(zip(edges[:-1], edges[1:], strict=True)):
        sag = [thick * 0.7 * (1 - (edge / half) ** 2) for edge in (left, right)]
        band = [(left, sag[0] - thick), (right, sag[1] - thick), (right, sag[1] + thick), (left, sag[0] + thick)]
        pen.polygon(_in_frame(band, x, y, turn), (SCARLET, PAPER)[stripe % 2])


def _glasses(pen: Pen, anchors: Anchors, look: Look) -> None:
    """Thick dark rings with pale lenses, through which the eyes are seen."""
    (x, y, size), (other, level, other_size) = anchors.eyes
    pen.stroke([(x + size, y), ((x + other) / 2, y - size * 0.2), (other - size, level)], [size * 0.4] * 3, INK)
    if size > other_size:  # Seen from the side: the arm to the ear shows.
        pen.stroke([(x - size, y), (x - size * 1.7, y - size * 0.2)], [size * 0.4] * 2, INK)
    for x, y, size in anchors.eyes:
        pen.ellipse(x, y, size * 1.14, size * 1.14, PAPER)
        pen.ellipse(x, y, size * 1.05, size * 1.05, INK)
        pen.ellipse(x, y, size * 0.72, size * 0.72, LENS)
        if look.sleeping:
            draw_closed_eye(pen, x, y, size * 0.4, INK)
        else:
            pen.ellipse(x + size * 0.08, y, size * 0.26, size * 0.3, INK)


def _bow_tie(pen: Pen, anchors: Anchors, look: Look) -> None:
    """A magenta bow with a dark rim and knot."""
    x, y, width, turn = anchors.neck
    half = min(0.5, max(0.3, width * 0.42))
    for size, colour in ((1.0, (110, 6, 80)), (0.8, MAGENTA)):
        for side in (-1, 1):
            tip, wing = side * half * 1.1, half * 0.66
            inner = side * half * (1.0 - size) * 0.8
            middle = side * half * 0.6
            corners = [(inner, -0.2 * half * size), (middle + (tip - middle) * size, -wing * size)]
            corners += [(a, -b) for a, b in corners[::-1]]
            pen.polygon(_in_frame(corners, x, y, turn), colour)
    pen.ellipse(x, y, half * 0.26, half * 0.32, (110, 6, 80))


def _coffee_cup(pen: Pen, anchors: Anchors, look: Look) -> None:
    """A white cup with a brown sleeve and steam."""
    x, y, width = anchors.hand
    half, high = width / 2, width * 0.55
    for dx in (-0.4, 0.4):
        at, top = x + dx * half, y - high
        pen.stroke([(at, top - 0.06), (at + 0.09, top - 0.16), (at, top - 0.26)], [0.09, 0.11, 0.07], STEAM)
    pen.ellipse(x + half, y, half * 0.5, high * 0.55, COFFEE)
    pen.ellipse(x + half, y, half * 0.26, high * 0.3, PAPER)
    pen.polygon(_box(x - half * 1.1, y - high * 1.1, x + half * 1.1, y - high * 0.7), COFFEE)
    cup = [
        (x - half, y - high * 0.8),
        (x + half, y - high * 0.8),
        (x + half * 0.74, y + high),
        (x - half * 0.74, y + high),
    ]
    pen.polygon(cup, PAPER)
    pen.polygon(
        [
            (x - half * 0.95, y - high * 0.4),
            (x + half * 0.95, y - high * 0.4),
            (x + half * 0.8, y + high * 0.6),
            (x - half * 0.8, y + high * 0.6),
        ],
        COFFEE,
    )


ACCESSORIES: dict[str, Callable[[Pen, Anchors, Look], None]] = {
    "hat": _hat,
    "crown": _crown,
    "scarf": _scarf,
    "glasses": _glasses,
    "bow tie": _bow_tie,
    "coffee cup": _coffee_cup,
}
