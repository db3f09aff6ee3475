"""The targets that contests ask for, drawn by the renderer: a duck and a swan on a pond, each in every style."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from .grammar import STYLES, Scene
from .renderer import render

DUCK, SWAN = Scene("duck", "yellow", "pond"), Scene("swan", "white", "pond")
TARGETS: dict[str, tuple[Scene, int]] = {
    name if style == "flat" else f"{name}-{style}": (replace(scene, style=style), seed)
    for name, scene, seed in (("duck", DUCK, 7), ("swan", SWAN, 11))
    for style in STYLES
}


def draw_target(name: str, size: int = 256) -> Image.Image:
    """The named target.

    Raises:
        KeyError: there is no target of that name.
    """
    scene, seed = TARGETS[name]
    return render(scene, np.random.default_rng(seed), size)


def write_targets(directory: Path) -> None:
    """Writes `<name>.png` for each target."""
    directory.mkdir(parents=True, exist_ok=True)
    for name in TARGETS:
        draw_target(name).save(directory / f"{name}.png", optimize=True)
