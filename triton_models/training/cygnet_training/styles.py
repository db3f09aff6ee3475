"""The styles that are made from a finished flat drawing: crayon, watercolour and pixel art."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

Pixels = NDArray[np.float32]
PAPER = np.array([250, 247, 240], dtype=np.float32)


def apply_style(picture: Image.Image, style: str, rng: np.random.Generator) -> Image.Image:
    """The picture in another style; "flat" and "line" are drawn as such and stay as they are."""
    change = _STYLES.get(style)
    return picture if change is None else change(picture, rng)


def _crayon(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Slanting strokes of uneven pressure with paper between them, and wobbly edges."""
    side = picture.width
    moved = _displaced(picture, rng, cell=12, reach=side * 0.012)
    grain = rng.random((side, side), dtype=np.float32)
    # A diagonal smear of white noise looks like strokes of one hand.
    strokes = sum(np.roll(grain, (k, -k), (0, 1)) for k in range(9)) / 9
    cover = np.clip(0.5 + (strokes - 0.5) * 5 + 0.32, 0.25, 1.0)[..., None]
    return _picture(moved * cover + PAPER * (1 - cover))


def _watercolour(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Soft bleeding edges, uneven washes, and pigment gathered where colours meet."""
    side = picture.width
    soft = picture.filter(ImageFilter.GaussianBlur(side * 0.008))
    moved = _displaced(soft, rng, cell=16, reach=side * 0.016)
    wash = _field(rng, side, 9)[..., None]
    edge = np.abs(np.asarray(picture.filter(ImageFilter.GaussianBlur(side * 0.02)), dtype=np.float32) - moved)
    paler = moved + (PAPER - moved) * (0.3 + 0.22 * wash)
    return _picture(paler - edge.mean(-1, keepdims=True) * 0.5)


def _pixel(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Thirty-two squares a side and few colours."""
    few = picture.resize((32, 32), Image.Resampling.BOX).quantize(24, dither=Image.Dither.NONE).convert("RGB")
    return few.resize(picture.size, Image.Resampling.NEAREST)


def _displaced(picture: Image.Image, rng: np.random.Generator, cell: int, reach: float) -> Pixels:
    """The pixels taken from places up to `reach` away, along smooth random fields of `cell` cells a side."""
    side = picture.width
    rows, columns = np.mgrid[0:side, 0:side]
    dx, dy = (_field(rng, side, cell) * reach for _ in range(2))
    y = np.clip(rows + dy, 0, side - 1).astype(np.intp)
    x = np.clip(columns + dx, 0, side - 1).astype(np.intp)
    taken: Pixels = np.asarray(picture, dtype=np.float32)[y, x]
    return taken


def _field(rng: np.random.Generator, side: int, cells: int) -> Pixels:
    """A smooth (side, side) field of values in [-1, 1]."""
    coarse = Image.fromarray(rng.uniform(-1, 1, (cells, cells)).astype(np.float32))
    return np.asarray(coarse.resize((side, side), Image.Resampling.BICUBIC))


def _picture(pixels: Pixels) -> Image.Image:
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


_STYLES: dict[str, Callable[[Image.Image, np.random.Generator], Image.Image]] = {
    "crayon": _crayon,
    "watercolour": _watercolour,
    "pixel": _pixel,
}
