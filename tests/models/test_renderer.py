"""The renderer and the captions: the data that the embedded models are made of must be the same on every machine."""

from collections import Counter
from dataclasses import replace
from importlib import resources
from typing import get_args

import numpy as np
import pytest
from PIL import Image

from cygnet.contest.spec import Builtin
from cygnet_training.calibrate import unrelated_scene
from cygnet_training.captions import KOREAN_COLOURS, NOUNS, WORN, korean_caption, plain_caption, random_caption
from cygnet_training.dataset import RELATIVES, family, held_out_scenes, held_out_triples
from cygnet_training.grammar import (
    ATTRIBUTES,
    BACKGROUNDS,
    COLOURS,
    SPECIES,
    STYLES,
    WORLDS,
    Scene,
    change_one,
    random_scene,
    triple_of,
)
from cygnet_training.presets import PRESETS
from cygnet_training.renderer import render
from cygnet_training.similarity import SAME_SCENE, scene_similarities
from cygnet_training.targets import TARGETS, describe_target, draw_target

WHOLE = WORLDS["whole"]


def test_the_same_scene_and_seed_give_the_same_picture() -> None:
    scene = Scene("swan", "white", "night", accessory="hat", count=2, style="crayon")
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
    assert (np.abs(pictures[0] - pictures[1]).max(axis=-1) > 100).mean() > 0.06


@pytest.mark.parametrize("attribute", [name for name in ATTRIBUTES if name not in ("species", "colour")])
def test_every_attribute_is_seen(attribute: str) -> None:
    """Each value of each attribute draws another picture than each other value, from the same chance."""
    base = Scene("duck", "yellow", "pond")
    # A duck is no company for a duck, and its plain facing is a matter of chance.
    values = [getattr(base, attribute), *WHOLE.choices(base, attribute)]
    pictures = [render(replace(base, **{attribute: value}), np.random.default_rng(9)).tobytes() for value in values]
    assert len(set(pictures)) == len(values) == len(WHOLE.values(attribute)) - (attribute == "companion")


def test_the_shipped_targets_are_what_the_code_draws() -> None:
    assert get_args(Builtin) == tuple(TARGETS)
    for name in TARGETS:
        with resources.files("cygnet.contest").joinpath("targets", f"{name}.png").open("rb") as file:
            assert Image.open(file).convert("RGB").tobytes() == draw_target(name).tobytes()
        described = resources.files("cygnet.contest").joinpath("targets", f"{name}.txt").read_text()
        assert described == describe_target(name) + "\n"


def test_plain_captions_say_everything() -> None:
    assert plain_caption(Scene("duck", "yellow", "pond")) == "a yellow duck on a pond"
    assert plain_caption(Scene("cat", "orange", "night", accessory="hat")) == "an orange cat with a hat at night"
    assert plain_caption(Scene("swan", "white", "meadow", count=3)) == "three white swans in a meadow"
    whole = Scene("hen", "red", "city", style="pixel", pose="sleeping", size="big", side="left")
    assert plain_caption(whole) == "a big sleeping red hen in the city on the left in pixel art"
    assert (
        korean_caption(Scene("duck", "yellow", "pond", accessory="hat", count=2)) == "연못의 모자 쓴 노란 오리 두 마리"
    )


def test_random_captions_are_true_of_their_scene() -> None:
    rng = np.random.default_rng(6)
    for _ in range(1000):
        scene = random_scene(rng, WORLDS["middle"])
        caption = random_caption(scene, rng)
        words = caption.split()
        wrong = [c for c, korean in KOREAN_COLOURS.items() if c != scene.colour and {c, *korean} & set(words)]
        assert not wrong, caption
        for accessory, (english, korean) in WORN.items():
            said = any(phrase in caption for phrase in (*english, *korean))
            assert said == (scene.accessory == accessory), caption
        assert (scene.count == 2) == any(word in ("two", "pair", "2", "두") for word in words), caption
        assert (scene.count == 3) == any(word in ("three", "3", "세") for word in words), caption


def test_an_omitted_colour_is_the_usual_one() -> None:
    """Among captions that name no colour, most ducks are yellow."""
    rng = np.random.default_rng(7)
    seen: Counter[str] = Counter()
    for colour in COLOURS:
        for _ in range(400):
            words = random_caption(Scene("duck", colour, "pond"), rng).split()
            if not any({name, *korean} & set(words) for name, korean in KOREAN_COLOURS.items()):
                seen[colour] += 1
    assert seen["yellow"] / seen.total() > 0.5


def test_one_change_changes_one_attribute() -> None:
    rng = np.random.default_rng(8)
    for _ in range(300):
        scene = random_scene(rng, WHOLE)
        other = change_one(scene, rng, WHOLE)
        assert sum(getattr(scene, name) != getattr(other, name) for name in ATTRIBUTES) == 1


def test_unseen_scenes_cover_every_word_and_no_training_picture_shows_them() -> None:
    """Species that training began with are judged at the places that they have not been at."""
    preset = PRESETS["middle"]
    world, unseen = WORLDS["middle"], held_out_triples(preset)
    assert {triple[0] for triple in unseen} == set(world.species)
    assert {triple[1] for triple in unseen} == set(world.colour)
    assert {triple[2] for triple in unseen} == set(BACKGROUNDS)
    small = WORLDS["small"]
    assert not any(triple[0] in small.species and triple[2] in small.background for triple in unseen)
    assert {triple_of(scene) for scene in held_out_scenes(preset, 512)} == unseen


def test_what_one_preset_has_not_seen_the_next_one_does_not_see_either() -> None:
    """To it come triples of the new colours alone, as all others were trained on."""
    before, after = (held_out_triples(PRESETS[name]) for name in ("middle", "composed"))
    assert before < after
    assert {triple[1] for triple in after - before} == set(COLOURS) - set(WORLDS["middle"].colour)


def test_the_words_of_every_species_are_its_own() -> None:
    for column in range(3):
        assert len({names[column] for names in NOUNS.values()}) == len(SPECIES)


def test_similarity_orders_a_family() -> None:
    """The same scene, one change, the same place, nothing in common: each pair is less similar than the one before."""
    rng = np.random.default_rng(10)
    for _ in range(200):
        scenes = family(rng, WHOLE)
        what, look = scene_similarities([*scenes, unrelated_scene(scenes[0], WHOLE, rng)])
        both = dict(zip((*RELATIVES, "unrelated"), (what[0] + look[0]) / 2, strict=True))
        assert both["same"] == pytest.approx(SAME_SCENE)
        assert both["same"] > both["one change"] > both["same place"] > 0
        for better, worse in (("same", "one change"), ("one change", "same place"), ("same place", "unrelated")):
            assert both[better] > both[worse] + 0.015, (better, worse, scenes)


@pytest.mark.parametrize("style", STYLES)
def test_every_style_keeps_the_scene_apart_from_its_background(style: str) -> None:
    """A duck is still there in crayon and in pixels: most of what differs from an empty sheet differs in each style."""
    drawn = np.asarray(render(Scene("duck", "red", "plain", style=style), np.random.default_rng(2)), dtype=int)
    corner = drawn[:24, :24].reshape(-1, 3).mean(0)
    assert 0.06 < (np.abs(drawn - corner).max(-1) > 60).mean() < 0.6
