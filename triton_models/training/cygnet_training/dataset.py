"""The data: pictures rendered once into a memory-mapped array, with the scene of each beside it.

One scene in sixteen never appears in training, in any picture: those are the pairs of words that evaluation asks for.
"""

from __future__ import annotations

import json
import multiprocessing
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib.format import open_memmap
from numpy.typing import NDArray

from .grammar import Scene, all_scenes, random_scene
from .presets import Preset
from .progress import progress
from .renderer import render

Pictures = NDArray[np.uint8]


@dataclass(frozen=True)
class Dataset:
    """`pictures` is (n, size, size, 3) uint8, memory-mapped; `scenes` has n entries."""

    pictures: Pictures
    scenes: tuple[Scene, ...]


def held_out_scenes() -> tuple[Scene, ...]:
    """Every sixteenth scene in a fixed shuffle of all, never seen in training."""
    scenes = all_scenes()
    order = np.random.default_rng(16).permutation(len(scenes))
    return tuple(scenes[i] for i in sorted(order[::16]))


def render_stage(preset: Preset, directory: Path, workers: int = 2) -> None:
    """Renders `train` and `held_out`; a split that is complete on disk is left alone."""
    held_out = held_out_scenes()
    rng = np.random.default_rng(preset.seed)
    scenes: list[Scene] = []
    while len(scenes) < preset.pictures:
        scene = random_scene(rng)
        if scene not in held_out:
            scenes.append(scene)
    repeated = [held_out[i % len(held_out)] for i in range(preset.held_out)]
    for split, wanted in (("train", scenes), ("held_out", repeated)):
        _render_split(directory / split, wanted, preset, workers)


def load(directory: Path, split: str) -> Dataset:
    """Opens a rendered split. Raises FileNotFoundError where `render` has not run."""
    folder = directory / split
    records = json.loads((folder / "scenes.json").read_text())
    return Dataset(np.load(folder / "pictures.npy", mmap_mode="r"), tuple(Scene(**record) for record in records))


def _render_split(folder: Path, scenes: Sequence[Scene], preset: Preset, workers: int) -> None:
    done = folder / "scenes.json"
    if done.exists() and len(json.loads(done.read_text())) == len(scenes):
        return
    folder.mkdir(parents=True, exist_ok=True)
    shape = (len(scenes), preset.size, preset.size, 3)
    pictures: np.memmap[Any, np.dtype[np.uint8]] = open_memmap(
        folder / "pictures.npy", mode="w+", dtype=np.uint8, shape=shape
    )  # type: ignore[no-untyped-call]
    draw = partial(_draw, seed=preset.seed, size=preset.size)
    with multiprocessing.get_context("spawn").Pool(workers) as pool:
        drawn = pool.imap(draw, list(enumerate(scenes)), chunksize=64)
        for index, picture in enumerate(progress(drawn, total=len(scenes), desc=f"render {folder.name}")):
            pictures[index] = picture
    pictures.flush()
    done.write_text(json.dumps([asdict(scene) for scene in scenes]))


def _draw(job: tuple[int, Scene], seed: int, size: int) -> Pictures:
    index, scene = job
    return np.asarray(render(scene, np.random.default_rng([seed, index]), size))
