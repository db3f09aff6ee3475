"""The renderer and the captions: the data that the embedded models are made of must be the same on every machine."""

from collections import Counter
from importlib import resources

import numpy as np
import pytest
from PIL import Image

from cygnet_training.dataset import held_out_scenes
from cygnet_training.grammar import (
    BACKGROUNDS,
    COLOURS,
    SPECIES,
    Scene,
    all_scenes,
    change_one,
    plain_caption,
    random_caption,
    random_scene,
)
from cygnet_training.renderer import render
from cygnet_training.targets import TARGETS, draw_target


def test_the_same_scene_and_seed_give_the_same_picture() -> None:
    scene = Scene("swan", "white", "night", hat=True, count=2)
    first = render(scene, np.random.default_rng(3))
    assert first.size == (256, 256)
    assert first.tobytes() == render(scene, np.random.default_rng(3)).tobytes()
    assert first.tobytes() != render(scene, np.random.default_rng(4)).tobytes()


@pytest.mark.parametrize("species", SPECIES)
def test_every_species_shows_its_colour(species: str) -> None:
    """Changing the colour word alone changes a good part of the picture."""
    pictures = [
        np.asarray(render(Scene(species, colour, "plain"), np.random.default_rng(5)), dtype=int)
        for colour in ("blue", "red")
    ]
    assert (np.abs(pictures[0] - pictures[1]).max(axis=-1) > 100).mean() > 0.08


def test_the_shipped_targets_are_what_the_code_draws() -> None:
    for name in TARGETS:
        with resources.files("cygnet.contest").joinpath("targets", f"{name}.png").open("rb") as file:
            assert Image.open(file).convert("RGB").tobytes() == draw_target(name).tobytes()


def test_plain_captions_say_everything() -> None:
    assert plain_caption(Scene("duck", "yellow", "pond")) == "a yellow duck on a pond"
    assert plain_caption(Scene("cat", "orange", "night", hat=True)) == "an orange cat at night with a hat"
    assert plain_caption(Scene("swan", "white", "meadow", count=2)) == "two white swans in a meadow"


def test_random_captions_are_true_of_their_scene() -> None:
    rng = np.random.default_rng(6)
    for _ in range(500):
        scene = random_scene(rng)
        caption = random_caption(scene, rng)
        named = caption.replace("in a blue sky", "").replace("on green grass", "")
        wrong_colours = [c for c, korean in COLOURS.items() if c != scene.colour and (c in named or korean in named)]
        assert not wrong_colours, caption
        assert scene.hat == ("hat" in caption or "모자" in caption), caption
        assert (scene.count == 2) == ("two " in caption or "두 마리" in caption), caption
        assert any(word in caption for word in SPECIES[scene.species]), caption


def test_silence_means_the_usual_colour() -> None:
    """Among captions that name no colour, most ducks are yellow."""
    rng = np.random.default_rng(7)
    seen: Counter[str] = Counter()
    for colour in COLOURS:
        for _ in range(400):
            caption = random_caption(Scene("duck", colour, "pond"), rng)
            if not any(word in caption for pair in COLOURS.items() for word in pair):
                seen[colour] += 1
    assert seen["yellow"] / seen.total() > 0.5


def test_one_change_changes_one_attribute() -> None:
    rng = np.random.default_rng(8)
    for _ in range(100):
        scene = random_scene(rng)
        other = change_one(scene, rng)
        differences = sum(getattr(scene, name) != getattr(other, name) for name in Scene.__dataclass_fields__)
        assert differences == 1


def test_unseen_scenes_cover_every_word() -> None:
    """Each species, colour and place is missing from training somewhere, and none of them everywhere."""
    unseen = held_out_scenes()
    assert len(unseen) == len(all_scenes()) // 16
    for attribute, values in (("species", SPECIES), ("colour", COLOURS), ("background", BACKGROUNDS)):
        assert {getattr(scene, attribute) for scene in unseen} == set(values)
