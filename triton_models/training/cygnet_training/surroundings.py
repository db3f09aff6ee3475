"""What a place may have besides: light, weather and scenery, each large, so that a small model learns it."""

from __future__ import annotations

from PIL import Image

from .backgrounds import cloud
from .grammar import Scene
from .vector import Colour, Pen

SUNSET: tuple[Colour, Colour] = (236, 84, 60), (255, 196, 90)
FOG: Colour = (232, 234, 238)
RAINBOW: tuple[Colour, ...] = ((228, 62, 62), (250, 170, 50), (250, 226, 70), (84, 182, 92), (70, 120, 220))
RAIN: Colour = (92, 128, 190)
STONE: tuple[Colour, Colour] = (128, 130, 140), (164, 166, 174)
# Where land or water ends and the sky begins, in the pen's frame.
HORIZONS = {"pond": -0.2, "meadow": 0.08, "snow": 0.15, "city": 0.44, "sea": -0.32, "night": 0.4}
PETALS: dict[str, Colour] = {"pond": (250, 170, 200), "night": (214, 170, 240)}


def apply_light(sheet: Image.Image, light: str) -> Image.Image:
    """The background in another light: red to gold from the top of a sunset, paler in fog."""
    if light == "sunset":
        ramp = Image.linear_gradient("L").resize(sheet.size)
        sky = Image.composite(Image.new("RGB", sheet.size, SUNSET[1]), Image.new("RGB", sheet.size, SUNSET[0]), ramp)
        return Image.blend(sheet, sky, 0.5)
    if light == "fog":
        return Image.blend(sheet, Image.new("RGB", sheet.size, FOG), 0.6)
    return sheet


def draw_behind(page: Pen, scene: Scene) -> None:
    """What stands behind the figures: sun, clouds, a rainbow, trees, reeds."""
    # Sun and cloud leave the side to a figure that was put there.
    side = 1 if scene.side == "left" else -1
    if scene.weather == "sun":
        page.ellipse(side * 0.68, -0.7, 0.24, 0.24, (255, 236, 150))
        page.ellipse(side * 0.68, -0.7, 0.19, 0.19, (255, 204, 40))
    if scene.weather == "clouds":
        for x, y, size in ((-0.62, -0.72, 0.26), (0.64, -0.62, 0.22), (0.05, -0.86, 0.18)):
            cloud(page, x, y, size, (250, 251, 254))
    if scene.weather == "rainbow":
        level = HORIZONS.get(scene.background, 0.5)
        for ring, colour in enumerate(RAINBOW):
            _arch(page, level, 0.98 - 0.085 * ring, colour)
    if scene.scenery == "trees":
        for x in (-0.8, 0.8):
            level = HORIZONS[scene.background] + 0.12
            trunk = [(x - 0.06, level - 0.4), (x + 0.06, level - 0.4), (x + 0.06, level), (x - 0.06, level)]
            page.polygon(trunk, (120, 80, 50))
            for dx, dy, radius in ((-0.13, -0.42, 0.16), (0.13, -0.42, 0.16), (0.0, -0.58, 0.19)):
                page.ellipse(x + dx, level + dy, radius, radius, (56, 128, 70))
    if scene.scenery == "reeds":
        for x in (-0.94, -0.82, -0.7, 0.7, 0.82, 0.94):
            page.stroke([(x, 0.9), (x + 0.02, 0.3), (x, -0.3)], [0.05, 0.045, 0.03], (70, 140, 70))
            page.ellipse(x, -0.26, 0.045, 0.13, (122, 74, 40))


def draw_before(page: Pen, scene: Scene) -> None:
    """What stands before the figures: flowers, rocks, rain."""
    if scene.scenery == "flowers":
        petal = PETALS.get(scene.background, (236, 70, 110))
        for x, y in ((-0.8, 0.76), (-0.42, 0.9), (0.42, 0.9), (0.8, 0.76)):
            for dx, dy in ((-0.09, -0.03), (0.09, -0.03), (-0.05, 0.06), (0.05, 0.06), (0.0, -0.09)):
                page.ellipse(x + dx, y + dy, 0.07, 0.06, petal)
            page.ellipse(x, y, 0.05, 0.05, (252, 214, 70))
    if scene.scenery == "rocks":
        for x, y, rx, ry in ((-0.84, 0.82, 0.22, 0.17), (-0.56, 0.92, 0.16, 0.11), (0.82, 0.84, 0.24, 0.16)):
            page.ellipse(x, y, rx, ry, STONE[0])
            page.ellipse(x - 0.03, y - 0.04, rx * 0.72, ry * 0.62, STONE[1])
    if scene.weather == "rain":
        for row, y in enumerate((-0.95, -0.6, -0.25, 0.1, 0.45, 0.8)):
            for column in range(5):
                x = -0.86 + 0.42 * column + 0.21 * (row % 2)
                page.polygon([(x, y), (x + 0.04, y), (x - 0.03, y + 0.2), (x - 0.07, y + 0.2)], RAIN)


def _arch(page: Pen, level: float, radius: float, colour: Colour) -> None:
    """Half a ring about the middle of the horizon."""
    points = [(x / 24, (1 - (x / 24) ** 2) ** 0.5) for x in range(-24, 25)]
    outer = [(x * radius, level - y * radius * 0.95) for x, y in points]
    inner = [(x * (radius - 0.087), level - y * (radius - 0.087) * 0.95) for x, y in reversed(points)]
    page.polygon(outer + inner, colour)
