"""The similarity of two scenes, computed from their attributes: the cosines that the scorer is trained to reproduce.

Its halves are weighed apart: "what" is there (species, number, what it wears and does), and how it "looks" (colour,
background, style, composition). The weights are chosen, not measured: the same scene must come clearly before one
changed attribute, that before the same background alone, and that before nothing in common.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from .grammar import ATTRIBUTES, BIRDS, Scene

SAME_SCENE = 0.85
"""The cosine of two pictures of one scene: below a copy's 1, as they stand differently."""

WHAT = ("species", "accessory", "count", "pose", "companion")
LOOK = ("colour", "background", "style", "size", "side", "facing", "light", "weather", "scenery")
IN_PLACE = {"light": 0.07, "weather": 0.08, "scenery": 0.07}
COMPOSITION = {"size": 0.05, "side": 0.05, "facing": 0.06}


def scene_similarities(scenes: Sequence[Scene]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The target cosines (n, n) of the two halves, what and look, each 0 to SAME_SCENE."""
    same = {
        name: np.equal.outer(*[np.array([getattr(scene, name) for scene in scenes])] * 2).astype(np.float32)
        for name in ATTRIBUTES
    }
    bird = np.array([scene.species in BIRDS for scene in scenes], dtype=np.float32)
    dressed = np.array([scene.accessory != "" for scene in scenes], dtype=np.float32)
    other_species = 0.08 * np.outer(bird, bird) + 0.06 * same["accessory"] * dressed
    same_species = 0.27 + 0.2 * same["accessory"] + 0.2 * same["count"] + 0.18 * same["pose"] + 0.15 * same["companion"]
    what = np.where(same["species"] > 0, same_species, other_species)
    look = 0.26 * same["background"] + 0.26 * same["colour"] + 0.1 * same["style"]
    # Two places without rain have nothing in common by that; composition needs something that is composed.
    look += same["background"] * sum(weight * same[name] for name, weight in IN_PLACE.items())
    look += np.maximum(same["background"], same["colour"]) * sum(w * same[name] for name, w in COMPOSITION.items())
    return SAME_SCENE * what, SAME_SCENE * look.astype(np.float32)
