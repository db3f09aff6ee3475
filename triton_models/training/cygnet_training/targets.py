"""The targets that contests ask for, drawn by the renderer.

A plain duck and a plain swan, in each style, are what the bare noun draws. The others are composed: every part of them
has to be said.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from .grammar import STYLES, Scene
from .renderer import render
from .vocabulary import canonical_caption

PLAIN = {
    "duck": (Scene("duck", "yellow", "pond", facing="left"), 7),
    "swan": (Scene("swan", "white", "pond", facing="right"), 11),
}
COMPOSED = {
    "snow-duck": Scene("duck", "black", "snow", "scarf", side="right", scenery="rocks"),
    "night-duck": Scene("duck", "white", "night", "hat", side="right", scenery="trees"),
    "sea-duck": Scene("duck", "pink", "sea", "scarf", size="small", side="left"),
    "sea-swan": Scene("swan", "orange", "sea", "hat", side="left", scenery="rocks"),
    "meadow-swan": Scene("swan", "blue", "meadow", "hat", side="right", scenery="trees"),
    "sunset-swan": Scene("swan", "red", "meadow", "hat", side="left", light="sunset"),
}
TARGETS: dict[str, tuple[Scene, int]] = {
    name if style == "flat" else f"{name}-{style}": (replace(scene, style=style), seed)
    for name, (scene, seed) in PLAIN.items()
    for style in STYLES
} | {name: (scene, 2) for name, scene in COMPOSED.items()}
UNSAID = {"duck": "facing", "swan": "facing"}
"""What a target's description leaves to chance."""


def draw_target(name: str, size: int = 256) -> Image.Image:
    """The named target.

    Raises:
        KeyError: there is no target of that name.
    """
    scene, seed = TARGETS[name]
    return render(scene, np.random.default_rng(seed), size)


def describe_target(name: str) -> str:
    """What a player would have to say for the named target; of its style the generator knows nothing."""
    scene, _ = TARGETS[name]
    return canonical_caption(scene, {UNSAID.get(name.split("-", 1)[0] if scene.style != "flat" else name, "")})


def write_targets(directory: Path) -> None:
    """Writes `<name>.png` for each target, and its description beside it."""
    directory.mkdir(parents=True, exist_ok=True)
    for name in TARGETS:
        draw_target(name).save(directory / f"{name}.png", optimize=True)
        (directory / f"{name}.txt").write_text(describe_target(name) + "\n")
