"""The data, rendered once into memory-mapped arrays, with the scene of each picture beside it.

`train` and `held_out` are full pictures for the generator's side. `families` are small ones for the scorer: a scene,
the same scene again, two scenes that differ in one attribute, and one that shares the place alone.
"""

from __future__ import annotations

import json
import multiprocessing
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib.format import open_memmap
from numpy.typing import NDArray
from PIL import Image

from .grammar import ATTRIBUTES, WORLDS, Scene, World, change_one, held_out, made_visible, random_scene, triple_of
from .presets import PRESETS, Preset
from .progress import progress
from .renderer import render

Pictures = NDArray[np.uint8]
RELATIVES = ("scene", "same", "one change", "another change", "same place")


@dataclass(frozen=True)
class Dataset:
    """`pictures` is (n, side, side, 3) uint8, memory-mapped; `scenes` has n entries."""

    pictures: Pictures
    scenes: tuple[Scene, ...]


def held_out_triples(preset: Preset) -> frozenset[tuple[str, str, str]]:
    """Triples that the generator is never trained on: neither in this preset, nor in the one that it continues."""
    if not preset.base:
        return held_out(WORLDS[preset.world])
    base = PRESETS[preset.base]
    known = WORLDS[base.world]
    # The base's own stay unseen where its world had all species; a smaller one's were trained on since.
    inherited = held_out_triples(base) if known.species == WORLDS[preset.world].species else frozenset()
    return inherited | held_out(WORLDS[preset.world], known)


def held_out_scenes(preset: Preset, count: int) -> list[Scene]:
    """`count` scenes of the preset's world whose triples are held out, each triple as often as the others."""
    world, rng = WORLDS[preset.world], np.random.default_rng(preset.seed + 8)
    triples = sorted(held_out_triples(preset))
    scenes = []
    order = rng.permutation(len(triples))
    for index in range(count):
        species, colour, background = triples[order[index % len(triples)]]
        here = replace(world, species=(species,), colour=(colour,), background=(background,))
        scenes.append(random_scene(rng, here))
    return scenes


def family(rng: np.random.Generator, world: World) -> list[Scene]:
    """One scene for each of RELATIVES."""
    scene = random_scene(rng, world)
    other = random_scene(rng, world)
    while other.species == scene.species or other.colour == scene.colour:
        other = random_scene(rng, world)
    changed = [change_one(scene, rng, world) for _ in range(2)]
    return [scene, scene, *changed, made_visible(replace(other, background=scene.background))]


def render_stage(preset: Preset, directory: Path, workers: int = 2) -> None:
    """Renders `train`, `held_out` and `families`; a split that is complete on disk is left alone."""
    unseen, world = held_out_triples(preset), WORLDS[preset.world]
    rng = np.random.default_rng(preset.seed)
    scenes: list[Scene] = []
    while len(scenes) < preset.pictures:
        scene = random_scene(rng, world)
        if triple_of(scene) not in unseen:
            scenes.append(scene)
    # The scorer judges any picture, in the words of the generator's world above all.
    worlds = [world if index % 2 else WORLDS["whole"] for index in range(preset.families)]
    relatives = [scene for world in worlds for scene in family(rng, world)]
    _render_split(directory / "train", scenes, preset.size, preset.seed, workers)
    _render_split(
        directory / "held_out", held_out_scenes(preset, preset.held_out), preset.size, preset.seed + 1, workers
    )
    _render_split(directory / "families", relatives, preset.clip_size, preset.seed + 2, workers)


def load(directory: Path, split: str) -> Dataset:
    """Opens a rendered split.

    Raises:
        FileNotFoundError: `render` has not run.
    """
    folder = directory / split
    records = json.loads((folder / "scenes.json").read_text())
    scenes = tuple(Scene(**dict(zip(ATTRIBUTES, record, strict=True))) for record in records)
    return Dataset(np.load(folder / "pictures.npy", mmap_mode="r"), scenes)


def resized(pictures: Pictures, side: int, path: Path) -> Pictures:
    """(n, side, side, 3) uint8, resized as the scorer's processor does it and kept at `path`."""
    if not path.exists():
        np.save(path, np.stack([_resize(picture, side) for picture in progress(pictures, desc=path.stem)]))
    return np.asarray(np.load(path))


def _render_split(folder: Path, scenes: Sequence[Scene], side: int, seed: int, workers: int) -> None:
    done = folder / "scenes.json"
    if done.exists() and len(json.loads(done.read_text())) == len(scenes):
        return
    folder.mkdir(parents=True, exist_ok=True)
    shape = (len(scenes), side, side, 3)
    pictures: np.memmap[Any, np.dtype[np.uint8]] = open_memmap(
        folder / "pictures.npy", mode="w+", dtype=np.uint8, shape=shape
    )  # type: ignore[no-untyped-call]
    draw: Callable[[tuple[int, Scene]], Pictures] = partial(_draw, seed=seed, side=side)
    with multiprocessing.get_context("spawn").Pool(workers) as pool:
        drawn = pool.imap(draw, list(enumerate(scenes)), chunksize=64)
        for index, picture in enumerate(progress(drawn, total=len(scenes), desc=f"render {folder.name}")):
            pictures[index] = picture
    pictures.flush()
    done.write_text(json.dumps([list(asdict(scene).values()) for scene in scenes]))


def _draw(job: tuple[int, Scene], seed: int, side: int) -> Pictures:
    index, scene = job
    return _resize(np.asarray(render(scene, np.random.default_rng([seed, index]))), side)


def _resize(picture: Pictures, side: int) -> Pictures:
    if len(picture) == side:
        return picture
    return np.asarray(Image.fromarray(picture).resize((side, side), Image.Resampling.BILINEAR))
