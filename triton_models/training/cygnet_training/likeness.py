"""How alike two scenes are, by decree: what the scorer's embeddings are taught to reproduce as cosines.

Two halves are judged apart. "What" is there: species, number, what it wears, what it does. How it "looks": colour,
place, style, composition. The numbers are a choice, made so that the same words beat one changed attribute, which beats
the same place alone, which beats nothing in common, each by a clear step.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from .grammar import ATTRIBUTES, BIRDS, Scene

SAME_SCENE = 0.85
"""The cosine of two pictures of one scene: below a copy's 1, as they stand differently."""

WHAT = ("species", "accessory", "count", "pose")
LOOK = ("colour", "background", "style", "size", "side")


def likeness(scenes: Sequence[Scene]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The wanted cosines (n, n) of the two halves, what and look, each 0 to SAME_SCENE."""
    same = {
        name: np.equal.outer(*[np.array([getattr(scene, name) for scene in scenes])] * 2).astype(np.float32)
        for name in ATTRIBUTES
    }
    bird = np.array([scene.species in BIRDS for scene in scenes], dtype=np.float32)
    dressed = np.array([scene.accessory != "" for scene in scenes], dtype=np.float32)
    kin = 0.08 * np.outer(bird, bird) + 0.06 * same["accessory"] * dressed
    namesake = 0.3 + 0.22 * same["accessory"] + 0.24 * same["count"] + 0.24 * same["pose"]
    what = np.where(same["species"] > 0, namesake, kin)
    look = 0.36 * same["background"] + 0.32 * same["colour"] + 0.14 * same["style"]
    # Composition counts only between pictures that share something else to be composed.
    look += 0.18 * same["size"] * same["side"] * np.maximum(same["background"], same["colour"])
    return SAME_SCENE * what, SAME_SCENE * look.astype(np.float32)
