"""The figures with fur, fins or a wide mouth: a fish, a cat, a dog, a rabbit and a frog."""

from __future__ import annotations

from .figure import Anchors, Figure, Look, draw_closed_eye, draw_eye
from .palette import INK, PAPER, ROSE, Palette
from .vector import Colour, Pen

NOSE: Colour = (226, 96, 110)


def draw_fish(pen: Pen, palette: Palette, look: Look) -> None:
    """A round fish with a fan tail, a fin on its back and a pale belly."""
    pen.blob([(-0.5, 0.0), (-0.76, -0.3), (-1.0, -0.42), (-0.92, 0.02), (-1.0, 0.46), (-0.76, 0.32)], palette.shade)
    pen.blob([(-0.3, -0.4), (-0.14, -0.7), (0.2, -0.72), (0.4, -0.4), (0.1, -0.2)], palette.shade)
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
        palette.body,
    )
    pen.blob(
        [(0.8, 0.22), (0.4, 0.26), (-0.1, 0.26), (-0.4, 0.22), (-0.2, 0.42), (0.2, 0.52), (0.62, 0.42)],
        palette.light,
    )
    pen.blob([(0.1, 0.02), (-0.2, -0.08), (-0.36, 0.1), (-0.22, 0.28), (0.06, 0.2)], palette.shade)
    draw_eye(pen, 0.56, -0.12, 0.14, palette, look)


def draw_cat(pen: Pen, palette: Palette, look: Look) -> None:
    """A sitting cat seen from the front: pointed ears, tail curled up at the side."""
    pen.stroke([(0.3, 0.78), (0.72, 0.72), (0.86, 0.36), (0.74, 0.04)], [0.2, 0.19, 0.17, 0.15], palette.shade)
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
        palette.body,
    )
    pen.ellipse(0, 0.5, 0.24, 0.32, palette.light)
    for side in (-1, 1):
        pen.ellipse(side * 0.22, 0.86, 0.17, 0.09, palette.shade)
        pen.polygon([(side * 0.16, -0.62), (side * 0.5, -0.96), (side * 0.56, -0.36)], palette.body)
        pen.polygon([(side * 0.28, -0.62), (side * 0.45, -0.8), (side * 0.48, -0.46)], ROSE)
    pen.ellipse(0, -0.32, 0.56, 0.44, palette.body)
    pen.ellipse(0, -0.14, 0.24, 0.18, palette.light)
    for side in (-1, 1):
        if look.sleeping:
            draw_closed_eye(pen, side * 0.25, -0.38, 0.14, palette.line)
        else:
            pen.ellipse(side * 0.24, -0.38, 0.11, 0.13, PAPER)
            pen.ellipse(side * 0.23, -0.38, 0.06, 0.11, INK)
    pen.polygon([(-0.08, -0.22), (0.08, -0.22), (0, -0.12)], NOSE)


def draw_dog(pen: Pen, palette: Palette, look: Look) -> None:
    """A dog on four legs: a long body, a tail held up, a pale snout with a big nose, one ear that hangs down."""
    pen.stroke([(-0.6, 0.14), (-0.86, -0.08), (-0.9, -0.42)], [0.2, 0.17, 0.12], palette.body)
    for x in (-0.36, 0.16):
        pen.stroke([(x, 0.4), (x, 0.84)], [0.2, 0.17], palette.shade)
    for x in (-0.58, 0.36):
        pen.stroke([(x, 0.4), (x, 0.84)], [0.22, 0.18], palette.body)
        pen.ellipse(x + 0.06, 0.86, 0.16, 0.07, palette.body)
    pen.blob(
        [(-0.74, 0.16), (-0.5, 0.02), (0.0, 0.04), (0.4, -0.04), (0.56, 0.24), (0.44, 0.52), (-0.1, 0.5), (-0.6, 0.56)],
        palette.body,
    )
    pen.ellipse(0.36, -0.34, 0.42, 0.4, palette.body)
    pen.blob([(0.5, -0.36), (0.8, -0.36), (1.04, -0.26), (1.02, -0.08), (0.8, 0.04), (0.5, 0.02)], palette.light)
    pen.ellipse(0.97, -0.29, 0.13, 0.1, INK)
    pen.stroke([(0.62, -0.06), (0.78, -0.03), (0.94, -0.08)], [0.05] * 3, INK)
    draw_eye(pen, 0.5, -0.46, 0.11, palette, look)
    pen.blob(
        [(0.12, -0.74), (0.3, -0.6), (0.26, -0.24), (0.1, 0.04), (-0.1, 0.04), (-0.18, -0.22), (-0.06, -0.58)],
        palette.shade,
    )


def draw_rabbit(pen: Pen, palette: Palette, look: Look) -> None:
    """A crouching rabbit: two long upright ears, a round back, a big hind leg, a white ball of a tail."""
    pen.ellipse(-0.8, 0.5, 0.2, 0.2, PAPER if palette.line == PAPER else palette.light)
    for x, turn in ((0.12, -0.22), (0.52, 0.22)):
        pen.ellipse(x, -0.66, 0.15, 0.42, palette.body, turn)
        pen.ellipse(x, -0.64, 0.07, 0.3, ROSE, turn)
    pen.blob(
        [
            (-0.78, 0.5),
            (-0.62, 0.12),
            (-0.24, -0.06),
            (0.16, 0.08),
            (0.44, 0.4),
            (0.4, 0.84),
            (-0.2, 0.9),
            (-0.66, 0.82),
        ],
        palette.body,
    )
    pen.ellipse(-0.36, 0.54, 0.3, 0.28, palette.shade)
    pen.ellipse(-0.22, 0.84, 0.34, 0.09, palette.shade)
    pen.ellipse(0.42, 0.84, 0.2, 0.09, palette.shade)
    pen.ellipse(0.34, -0.02, 0.42, 0.36, palette.body)
    pen.ellipse(0.56, 0.14, 0.2, 0.16, palette.light)
    pen.ellipse(0.7, 0.04, 0.08, 0.065, NOSE)
    draw_eye(pen, 0.42, -0.1, 0.12, palette, look)


def draw_frog(pen: Pen, palette: Palette, look: Look) -> None:
    """A wide frog seen from the front: eyes on top of the head, a mouth from side to side, bent legs."""
    for side in (-1, 1):
        pen.ellipse(side * 0.68, 0.46, 0.34, 0.36, palette.shade, side * -0.5)
        if look.standing:
            pen.ellipse(side * 0.74, 0.82, 0.32, 0.1, palette.shade)
        pen.ellipse(side * 0.42, -0.44, 0.3, 0.3, palette.body)
    pen.ellipse(0, 0.46, 0.6, 0.44, palette.body)
    pen.ellipse(0, 0.54, 0.38, 0.32, palette.light)
    pen.ellipse(0, -0.06, 0.82, 0.44, palette.body)
    for side in (-1, 1):
        if look.standing:
            pen.stroke([(side * 0.36, 0.4), (side * 0.3, 0.84)], [0.16, 0.14], palette.body)
            pen.ellipse(side * 0.32, 0.87, 0.2, 0.07, palette.body)
        if look.sleeping:
            draw_closed_eye(pen, side * 0.42, -0.46, 0.18, palette.line)
        else:
            pen.ellipse(side * 0.42, -0.46, 0.2, 0.2, PAPER)
            pen.ellipse(side * 0.42, -0.46, 0.11, 0.12, INK)
    mouth = [(-0.58, -0.06), (-0.32, 0.1), (0.0, 0.15), (0.32, 0.1), (0.58, -0.06)]
    pen.stroke(mouth, [0.07] * 5, palette.line)


ANIMALS = {
    "fish": Figure(
        draw_fish,
        Anchors(
            head=(0.42, -0.42, 0.42, 0.25),
            eyes=((0.42, -0.14, 0.22), (0.8, -0.1, 0.18)),
            neck=(0.12, 0.02, 0.98, 1.45),
            hand=(0.8, 0.66, 0.42),
            dreams=(-0.72, -0.54, 0.12),
        ),
    ),
    "cat": Figure(
        draw_cat,
        Anchors(
            head=(0.0, -0.7, 0.5, 0.0),
            eyes=((-0.25, -0.38, 0.23), (0.25, -0.38, 0.23)),
            neck=(0.0, 0.1, 0.84, 0.0),
            hand=(-0.7, 0.62, 0.44),
            dreams=(0.72, -0.52, 0.1),
        ),
    ),
    "dog": Figure(
        draw_dog,
        Anchors(
            head=(0.34, -0.68, 0.48, 0.0),
            eyes=((0.42, -0.44, 0.21), (0.8, -0.44, 0.17)),
            neck=(0.28, 0.12, 0.66, 0.1),
            hand=(0.86, 0.64, 0.44),
            dreams=(-0.36, -0.5, -0.24),
        ),
    ),
    "rabbit": Figure(
        draw_rabbit,
        Anchors(
            head=(0.32, -0.32, 0.4, 0.0),
            eyes=((0.34, -0.08, 0.2), (0.7, -0.08, 0.17)),
            neck=(0.24, 0.38, 0.62, 0.1),
            hand=(0.86, 0.66, 0.42),
            dreams=(-0.36, -0.44, -0.24),
        ),
    ),
    "frog": Figure(
        draw_frog,
        Anchors(
            head=(0.0, -0.42, 0.44, 0.0),
            eyes=((-0.42, -0.44, 0.28), (0.42, -0.44, 0.28)),
            neck=(0.0, 0.3, 0.9, 0.0),
            hand=(0.88, 0.5, 0.42),
            dreams=(0.88, -0.5, -0.06),
        ),
        floats=True,
    ),
}
