"""The birds. Each knows two poses more than standing: asleep, and all but penguin and hen with spread wings."""

from __future__ import annotations

from .figure import Anchors, Figure, Look, draw_closed_eye, draw_eye
from .palette import BEAK, BODIES, INK, PAPER, Palette
from .vector import Colour, Pen, Points, mix

# One raised wing in its own frame: it hangs on the body about (0, 0), its feathers point back.
WING: Points = (
    (0.3, 0.06),
    (0.16, -0.36),
    (-0.16, -0.76),
    (-0.56, -1.0),
    (-0.6, -0.8),
    (-0.78, -0.68),
    (-0.68, -0.5),
    (-0.76, -0.34),
    (-0.58, -0.2),
    (-0.5, 0.02),
    (-0.2, 0.16),
)


def draw_duck(pen: Pen, palette: Palette, look: Look) -> None:
    """A plump duck: big round head close on the body, broad flat beak, tail up."""
    if look.standing:
        for x in (-0.1, 0.2):
            pen.stroke([(x, 0.65), (x, 0.9)], [0.09, 0.09], palette.beak)
            pen.ellipse(x + 0.1, 0.92, 0.17, 0.06, palette.beak)
    if look.flying:
        _far_wing(pen, palette, -0.12, 0.2, 1.1)
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
        palette.body,
    )
    pen.ellipse(0.36, 0.02, 0.3, 0.26, palette.body)
    pen.blob([(0.66, -0.46), (0.86, -0.42), (1.06, -0.33), (0.98, -0.2), (0.7, -0.2)], palette.beak)
    pen.blob([(0.66, -0.3), (0.86, -0.26), (1.02, -0.22), (0.9, -0.13), (0.68, -0.16)], mix(palette.beak, INK, 0.25))
    pen.ellipse(0.36, -0.36, 0.4, 0.38, palette.body)
    if look.flying:
        _near_wing(pen, palette, -0.16, 0.34, 1.1)
    else:
        pen.blob(
            [(-0.62, 0.14), (-0.3, 0.08), (0.12, 0.14), (0.24, 0.32), (0.04, 0.52), (-0.34, 0.54), (-0.56, 0.4)],
            palette.shade,
        )
    draw_eye(pen, 0.47, -0.42, 0.11, palette, look)


def draw_duckling(pen: Pen, palette: Palette, look: Look) -> None:
    """A duckling: a huge round head with a tuft, a small body, the stub of a wing, a short beak."""
    if look.standing:
        for x in (-0.22, 0.06):
            pen.stroke([(x, 0.74), (x, 0.88)], [0.09, 0.09], palette.beak)
            pen.ellipse(x + 0.07, 0.91, 0.14, 0.06, palette.beak)
    if look.flying:
        _far_wing(pen, palette, -0.56, 0.46, 0.9)
    pen.blob(
        [(-0.74, 0.28), (-0.44, 0.3), (0.0, 0.2), (0.34, 0.3), (0.4, 0.6), (0.1, 0.82), (-0.3, 0.8), (-0.6, 0.6)],
        palette.body,
    )
    for lean in (-0.16, 0.0, 0.16):
        pen.stroke([(0.06 + lean * 0.4, -0.66), (0.06 + lean, -0.96)], [0.11, 0.06], palette.body)
    pen.ellipse(0.08, -0.24, 0.56, 0.53, palette.body)
    pen.blob([(0.5, -0.26), (0.7, -0.24), (0.92, -0.1), (0.7, 0.02), (0.5, 0.0)], palette.beak)
    pen.ellipse(0.24, 0.02, 0.13, 0.09, mix(palette.body, (250, 120, 120), 0.5))
    if look.flying:
        _near_wing(pen, palette, -0.26, 0.54, 0.86)
    else:
        pen.blob([(-0.4, 0.44), (-0.14, 0.42), (-0.02, 0.52), (-0.16, 0.64), (-0.36, 0.6)], palette.shade)
    draw_eye(pen, 0.26, -0.3, 0.15, palette, look)


def draw_swan(pen: Pen, palette: Palette, look: Look) -> None:
    """A swan: a long S-shaped neck, a small head, a raised feathered wing."""
    if look.standing:
        for x in (-0.25, 0.05):
            pen.stroke([(x, 0.7), (x, 0.9)], [0.07, 0.07], INK)
            pen.ellipse(x + 0.07, 0.92, 0.14, 0.05, INK)
    if look.flying:
        _far_wing(pen, palette, -0.3, 0.3, 1.25)
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
        palette.body,
    )
    pen.stroke(
        [(0.4, 0.48), (0.6, 0.24), (0.52, -0.04), (0.36, -0.3), (0.34, -0.58), (0.5, -0.74)],
        [0.36, 0.33, 0.29, 0.27, 0.27, 0.28],
        palette.body,
    )
    pen.blob([(0.72, -0.88), (0.94, -0.76), (1.12, -0.56), (0.9, -0.58), (0.7, -0.6)], palette.beak)
    pen.blob([(0.66, -0.9), (0.84, -0.8), (0.82, -0.64), (0.66, -0.62)], INK)
    pen.ellipse(0.54, -0.76, 0.26, 0.21, palette.body, 0.35)
    if look.flying:
        _near_wing(pen, palette, -0.24, 0.42, 1.25)
    else:
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
            palette.body,
        )
        pen.blob([(-0.84, -0.06), (-0.45, 0.08), (0.0, 0.22), (0.1, 0.38), (-0.24, 0.48), (-0.58, 0.34)], palette.shade)
    if look.sleeping:
        draw_closed_eye(pen, 0.54, -0.82, 0.1, palette.line)
    else:
        pen.ellipse(0.58, -0.8, 0.06, 0.065, palette.line)


def draw_goose(pen: Pen, palette: Palette, look: Look) -> None:
    """A goose: a straight upright neck, a long level body with its wing laid back, a long beak, high legs."""
    if look.standing:
        for x in (-0.2, 0.12):
            pen.stroke([(x, 0.5), (x, 0.9)], [0.1, 0.1], palette.beak)
            pen.ellipse(x + 0.1, 0.92, 0.17, 0.06, palette.beak)
    if look.flying:
        _far_wing(pen, palette, -0.24, 0.16, 1.1)
    pen.blob(
        [(-1.08, 0.1), (-0.7, 0.06), (-0.2, 0.02), (0.3, 0.04), (0.6, 0.2), (0.54, 0.46), (0.2, 0.64), (-0.4, 0.58)],
        palette.body,
    )
    pen.stroke([(0.42, 0.34), (0.46, -0.2), (0.46, -0.76)], [0.4, 0.27, 0.25], palette.body)
    pen.polygon([(0.58, -0.86), (1.06, -0.68), (1.04, -0.6), (0.58, -0.58)], palette.beak)
    pen.ellipse(0.5, -0.74, 0.24, 0.19, palette.body)
    if look.flying:
        _near_wing(pen, palette, -0.22, 0.28, 1.1)
    else:
        pen.blob([(-1.02, 0.16), (-0.5, 0.12), (0.08, 0.14), (0.26, 0.28), (0.06, 0.44), (-0.46, 0.42)], palette.shade)
    draw_eye(pen, 0.55, -0.79, 0.075, palette, look)


def draw_hen(pen: Pen, palette: Palette, look: Look) -> None:
    """A hen: a red comb and wattle, a fan of a tail held up, a pointed beak, toes."""
    red: Colour = (222, 30, 40) if palette.body != BODIES["red"] else (140, 8, 26)
    horn: Colour = (250, 190, 40) if palette.body != BODIES["yellow"] else (226, 120, 20)
    for x in (-0.22, 0.08):
        pen.stroke([(x, 0.6), (x, 0.88)], [0.07, 0.07], horn)
        pen.polygon([(x - 0.15, 0.95), (x - 0.04, 0.82), (x + 0.06, 0.82), (x + 0.22, 0.95), (x + 0.03, 0.9)], horn)
    for x, y, turn in ((-0.82, -0.06, -1.0), (-0.72, -0.32, -0.6), (-0.5, -0.46, -0.2)):
        pen.ellipse(x, y, 0.17, 0.42, palette.shade, turn)
    for x in (0.24, 0.42, 0.6):
        pen.ellipse(x, -0.74 + abs(x - 0.4) * 0.4, 0.12, 0.16, red)
    pen.polygon([(0.64, -0.52), (0.98, -0.34), (0.62, -0.24)], horn)
    pen.ellipse(0.64, -0.12, 0.1, 0.17, red)
    pen.blob(
        [(-0.84, 0.0), (-0.5, 0.06), (-0.1, -0.04), (0.12, -0.4), (0.4, -0.66), (0.66, -0.54), (0.7, -0.3)]
        + [(0.58, -0.04), (0.6, 0.34), (0.3, 0.66), (-0.2, 0.74), (-0.66, 0.5)],
        palette.body,
    )
    pen.blob([(-0.62, 0.2), (-0.2, 0.14), (0.16, 0.2), (0.12, 0.44), (-0.2, 0.56), (-0.5, 0.44)], palette.shade)
    draw_eye(pen, 0.48, -0.42, 0.09, palette, look)


def draw_penguin(pen: Pen, palette: Palette, look: Look) -> None:
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
            palette.shade,
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
        palette.body,
    )
    front: Colour = PAPER if palette.body != BODIES["white"] else (214, 220, 236)
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
    for side in (-1, 1):
        pen.ellipse(side * 0.15, -0.5, 0.17, 0.2, front)
    for side in (-1, 1):
        if look.sleeping:
            draw_closed_eye(pen, side * 0.17, -0.52, 0.12, INK)
        else:
            pen.ellipse(side * 0.12, -0.5, 0.075, 0.085, INK)
    pen.polygon([(-0.15, -0.38), (0.15, -0.38), (0, -0.16)], BEAK)


def draw_flamingo(pen: Pen, palette: Palette, look: Look) -> None:
    """A flamingo: two very long thin legs, a small body high up, a hooked neck, a bent beak with a black tip."""
    if not look.flying:
        pen.stroke([(-0.02, 0.1), (0.04, 0.5), (0.0, 0.9)], [0.09, 0.08, 0.07], palette.shade)
        pen.stroke([(-0.26, 0.1), (-0.2, 0.5), (-0.26, 0.9)], [0.09, 0.08, 0.07], palette.shade)
        for x in (-0.2, 0.06):
            pen.ellipse(x, 0.91, 0.13, 0.04, palette.shade)
    else:
        _far_wing(pen, palette, -0.26, 0.0, 1.05)
    pen.blob(
        [(-0.84, 0.14), (-0.6, -0.12), (-0.2, -0.24), (0.2, -0.16), (0.36, 0.06), (0.1, 0.26), (-0.4, 0.28)],
        palette.body,
    )
    pen.stroke(
        [(0.16, 0.02), (0.46, -0.06), (0.52, -0.3), (0.3, -0.5), (0.26, -0.76), (0.46, -0.9), (0.6, -0.8)],
        [0.24, 0.2, 0.17, 0.16, 0.16, 0.2, 0.22],
        palette.body,
    )
    pen.blob([(0.6, -0.92), (0.84, -0.82), (0.92, -0.6), (0.78, -0.62), (0.6, -0.7)], PAPER)
    pen.blob([(0.82, -0.76), (0.94, -0.68), (0.92, -0.42), (0.8, -0.4), (0.74, -0.62)], INK)
    pen.ellipse(0.54, -0.84, 0.17, 0.145, palette.body, 0.3)
    if look.flying:
        _near_wing(pen, palette, -0.22, 0.1, 1.05)
    else:
        pen.blob([(-0.9, 0.2), (-0.5, -0.1), (-0.1, -0.12), (0.1, 0.0), (-0.1, 0.14), (-0.5, 0.18)], palette.shade)
    draw_eye(pen, 0.56, -0.87, 0.06, palette, look)


def _far_wing(pen: Pen, palette: Palette, x: float, y: float, size: float) -> None:
    """The wing behind the body, raised steeply."""
    pen.blob([(x + (a * 0.7 + 0.1) * size, y + b * size) for a, b in WING], mix(palette.shade, INK, 0.2))


def _near_wing(pen: Pen, palette: Palette, x: float, y: float, size: float) -> None:
    """The wing before the body, spread down and back."""
    pen.blob([(x + a * size, y - b * 0.62 * size) for a, b in WING], palette.shade)


BIRDS = {
    "duck": Figure(
        draw_duck,
        Anchors(
            head=(0.32, -0.68, 0.46, 0.0),
            eyes=((0.38, -0.42, 0.21), (0.76, -0.42, 0.17)),
            neck=(0.36, 0.02, 0.7, 0.1),
            hand=(0.88, 0.5, 0.42),
            dreams=(-0.3, -0.5, -0.24),
        ),
        floats=True,
        flies=True,
    ),
    "duckling": Figure(
        draw_duckling,
        Anchors(
            head=(0.06, -0.68, 0.5, 0.0),
            eyes=((0.2, -0.3, 0.23), (0.62, -0.3, 0.19)),
            neck=(0.06, 0.24, 0.74, 0.0),
            hand=(0.78, 0.54, 0.42),
            dreams=(-0.62, -0.5, -0.24),
        ),
        floats=True,
        flies=True,
    ),
    "swan": Figure(
        draw_swan,
        Anchors(
            head=(0.5, -0.9, 0.3, 0.0),
            eyes=((0.48, -0.8, 0.16), (0.78, -0.78, 0.13)),
            neck=(0.5, 0.0, 0.46, 0.3),
            hand=(0.9, 0.48, 0.42),
            dreams=(-0.1, -0.52, -0.24),
        ),
        floats=True,
        flies=True,
    ),
    "goose": Figure(
        draw_goose,
        Anchors(
            head=(0.46, -0.88, 0.36, 0.0),
            eyes=((0.46, -0.78, 0.17), (0.78, -0.76, 0.14)),
            neck=(0.44, -0.12, 0.46, 0.0),
            hand=(0.9, 0.46, 0.42),
            dreams=(-0.1, -0.5, -0.24),
        ),
        floats=True,
        flies=True,
    ),
    "hen": Figure(
        draw_hen,
        Anchors(
            head=(0.38, -0.64, 0.4, 0.0),
            eyes=((0.4, -0.42, 0.18), (0.74, -0.42, 0.15)),
            neck=(0.34, -0.02, 0.6, 0.1),
            hand=(0.88, 0.58, 0.42),
            dreams=(-0.14, -0.56, -0.06),
        ),
    ),
    "penguin": Figure(
        draw_penguin,
        Anchors(
            head=(0.0, -0.78, 0.44, 0.0),
            eyes=((-0.21, -0.5, 0.2), (0.21, -0.5, 0.2)),
            neck=(0.0, -0.1, 0.92, 0.0),
            hand=(0.82, 0.2, 0.42),
            dreams=(0.64, -0.54, 0.14),
        ),
    ),
    "flamingo": Figure(
        draw_flamingo,
        Anchors(
            head=(0.5, -0.93, 0.32, 0.0),
            eyes=((0.46, -0.86, 0.16), (0.76, -0.82, 0.13)),
            neck=(0.4, -0.42, 0.42, 0.3),
            hand=(0.66, 0.52, 0.42),
            dreams=(-0.2, -0.52, -0.24),
        ),
        flies=True,
    ),
}
