"""What a picture may show: one closed set of attributes, shared by the renderer, the captions and the probe.

A world is the part of it that one training run uses: few attributes that are learned well draw better than many that
are learned badly, so training on CPU cores takes a small world and training on a GPU the whole one.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from itertools import product
from typing import Any

import numpy as np

SPECIES = (
    "duck",
    "swan",
    "penguin",
    "cat",
    "fish",
    "boat",
    "house",
    "dog",
    "rabbit",
    "flamingo",
    "hen",
    "tree",
    "duckling",
    "goose",
    "frog",
    "sun",
)
COLOURS = ("yellow", "white", "black", "red", "blue", "green", "pink", "orange", "purple", "brown", "grey")
BACKGROUNDS = ("pond", "sky", "meadow", "night", "plain", "sea", "snow", "city")
ACCESSORIES = ("", "hat", "crown", "scarf", "glasses", "bow tie", "coffee cup")
COUNTS = (1, 2, 3)
POSES = ("usual", "flying", "sleeping")
STYLES = ("flat", "line", "crayon", "watercolour", "pixel")
SIZES = ("usual", "small", "big")
SIDES = ("middle", "left", "right")
# "" is what has two equal sides, or where nothing was said.
FACINGS = ("", "left", "right")
LIGHTS = ("", "sunset", "fog")
WEATHERS = ("", "sun", "clouds", "rainbow", "rain")
SCENERIES = ("", "flowers", "reeds", "rocks", "trees")

LIFELESS = ("boat", "house", "tree", "sun")
BIRDS = ("duck", "swan", "penguin", "flamingo", "hen", "duckling", "goose")
FLYING = tuple(bird for bird in BIRDS if bird not in ("penguin", "hen"))
SYMMETRICAL = ("house", "tree", "sun", "penguin", "frog")
COMPANIONS = ("", "duck", "swan", "penguin", "cat", "dog", "rabbit", "hen")
# What each place has room for, besides what always is there.
LIGHT_IN = dict.fromkeys(("pond", "sky", "meadow", "sea", "snow", "city"), LIGHTS[1:])
WEATHER_IN = {
    "pond": ("sun", "clouds", "rainbow", "rain"),
    "meadow": ("sun", "clouds", "rainbow", "rain"),
    "snow": ("sun", "clouds", "rainbow", "rain"),
    "city": ("sun", "clouds", "rainbow", "rain"),
    "sea": ("clouds", "rainbow", "rain"),
    "sky": ("rainbow", "rain"),
    "night": ("rain",),
}
SCENERY_IN = {
    "pond": ("flowers", "reeds", "rocks", "trees"),
    "meadow": ("flowers", "rocks", "trees"),
    "snow": ("rocks",),
    "city": ("flowers", "trees"),
    "sea": ("rocks",),
    "night": ("flowers", "rocks", "trees"),
}

USUAL_COLOUR = {
    "duck": "yellow",
    "swan": "white",
    "penguin": "black",
    "cat": "orange",
    "fish": "orange",
    "boat": "red",
    "house": "red",
    "dog": "orange",
    "rabbit": "white",
    "flamingo": "pink",
    "hen": "white",
    "tree": "green",
    "duckling": "yellow",
    "goose": "white",
    "frog": "green",
    "sun": "yellow",
}
USUAL_BACKGROUND = {
    "duck": "pond",
    "swan": "pond",
    "penguin": "snow",
    "cat": "meadow",
    "fish": "sea",
    "boat": "sea",
    "house": "meadow",
    "dog": "meadow",
    "rabbit": "meadow",
    "flamingo": "pond",
    "hen": "meadow",
    "tree": "meadow",
    "duckling": "pond",
    "goose": "meadow",
    "frog": "pond",
    "sun": "sky",
}
FAVOURITES = ("duck", "swan")


@dataclass(frozen=True)
class Scene:
    """The facts of one picture; where exactly things stand is chance, not fact."""

    species: str
    colour: str
    background: str
    accessory: str = ""
    count: int = 1
    pose: str = "usual"
    style: str = "flat"
    size: str = "usual"
    side: str = "middle"
    facing: str = ""
    companion: str = ""
    light: str = ""
    weather: str = ""
    scenery: str = ""


ATTRIBUTES = tuple(field.name for field in fields(Scene))
PLAIN = Scene("duck", "yellow", "pond")


@dataclass(frozen=True)
class World:
    """The values that each attribute may take in one training run; the first of each is the plain one."""

    species: tuple[str, ...] = SPECIES
    colour: tuple[str, ...] = COLOURS
    background: tuple[str, ...] = BACKGROUNDS
    accessory: tuple[str, ...] = ACCESSORIES
    count: tuple[int, ...] = COUNTS
    pose: tuple[str, ...] = POSES
    style: tuple[str, ...] = STYLES
    size: tuple[str, ...] = SIZES
    side: tuple[str, ...] = SIDES
    facing: tuple[str, ...] = FACINGS
    companion: tuple[str, ...] = COMPANIONS
    light: tuple[str, ...] = LIGHTS
    weather: tuple[str, ...] = WEATHERS
    scenery: tuple[str, ...] = SCENERIES

    def values(self, attribute: str) -> tuple[Any, ...]:
        """What the attribute may be."""
        values: tuple[Any, ...] = getattr(self, attribute)
        return values

    def choices(self, scene: Scene, attribute: str) -> list[Any]:
        """What the attribute of this scene could be instead, and be seen in the picture."""
        others = [value for value in self.values(attribute) if value != getattr(scene, attribute)]
        return [value for value in others if _visible(replace(scene, **{attribute: value}))]


FLAT = World(
    colour=COLOURS[:8],
    pose=POSES[:1],
    style=STYLES[:1],
    size=SIZES[:1],
    side=SIDES[:1],
    facing=FACINGS[:1],
    companion=COMPANIONS[:1],
    light=LIGHTS[:1],
    weather=WEATHERS[:1],
    scenery=SCENERIES[:1],
)
WORLDS = {
    # The first world that the generator is trained on where there is no GPU.
    "small": replace(
        FLAT, species=SPECIES[:7], background=BACKGROUNDS[:5], accessory=ACCESSORIES[:2], count=COUNTS[:2]
    ),
    "middle": replace(FLAT, species=SPECIES[:12], accessory=ACCESSORIES[:5]),
    # The same things, composed: turned, placed, in company, in weather and light.
    "composed": World(species=SPECIES[:12], accessory=ACCESSORIES[:5], style=STYLES[:1]),
    "whole": World(),
}
# How often an attribute is not the plain one.
CHANCES = {
    "accessory": 0.35,
    "count": 0.25,
    "companion": 0.12,
    "pose": 0.2,
    "style": 0.4,
    "size": 0.3,
    "side": 0.3,
    "facing": 1.0,
    "light": 0.2,
    "weather": 0.3,
    "scenery": 0.3,
}


def random_scene(rng: np.random.Generator, world: World) -> Scene:
    """Draws every attribute on its own; ducks and swans come twice as often, being what contests ask for."""
    weights = np.array([2.0 if name in FAVOURITES else 1.0 for name in world.species])
    scene = Scene(
        species=world.species[int(rng.choice(len(weights), p=weights / weights.sum()))],
        colour=str(rng.choice(world.colour)),
        background=str(rng.choice(world.background)),
    )
    for attribute, chance in CHANCES.items():
        others = world.choices(scene, attribute)
        if others and rng.random() < chance:
            scene = replace(scene, **{attribute: others[int(rng.integers(len(others)))]})
    return scene


def change_one(scene: Scene, rng: np.random.Generator, world: World) -> Scene:
    """The same scene with exactly one attribute set to another value."""
    fitting = {attribute: world.choices(scene, attribute) for attribute in ATTRIBUTES}
    if scene.facing:
        fitting["facing"].remove("")
    changeable = [attribute for attribute, values in fitting.items() if values]
    attribute = changeable[int(rng.integers(len(changeable)))]
    values = fitting[attribute]
    return replace(scene, **{attribute: values[int(rng.integers(len(values)))]})


def held_out(world: World, known: World | None = None) -> frozenset[tuple[str, str, str]]:
    """One in sixteen of each species' triples (species, colour, background): none of them is ever trained on.

    A generator that continues from another one's weights was trained on that one's `known` world: none is of it.
    """
    rng, unseen = np.random.default_rng(16), []
    for species in world.species:
        triples = [(species, *pair) for pair in product(world.colour, world.background)]
        if known is not None and species in known.species:
            triples = [t for t in triples if t[1] not in known.colour or t[2] not in known.background]
        order = rng.permutation(len(triples))
        unseen += [triples[i] for i in order[: -(-len(triples) // 16)]]
    return frozenset(unseen)


def made_visible(scene: Scene) -> Scene:
    """The scene without what its picture cannot show, such as a rainbow before a plain sheet."""
    for attribute in CHANCES:
        if not _visible(scene):
            scene = replace(scene, **{attribute: getattr(PLAIN, attribute)})
    return scene


def triple_of(scene: Scene) -> tuple[str, str, str]:
    """What decides whether a scene is held out."""
    return scene.species, scene.colour, scene.background


def _keeps_pose(species: str, pose: str) -> bool:
    return pose == "usual" or species in (FLYING if pose == "flying" else tuple(set(SPECIES) - set(LIFELESS)))


def _visible(scene: Scene) -> bool:
    """Whether the picture can show what the scene says: houses do not sleep, three do not stand to the left."""
    place, lone = scene.background, scene.count == 1 and not scene.companion
    return (
        _keeps_pose(scene.species, scene.pose)
        and ((scene.size == "usual" and scene.side == "middle") or lone)
        and (not scene.facing or scene.species not in SYMMETRICAL)
        and (not scene.companion or (scene.companion != scene.species and scene.count == 1 and scene.pose == "usual"))
        and (not scene.companion or scene.species not in LIFELESS)
        and (not scene.light or scene.light in LIGHT_IN.get(place, ()))
        and (not scene.weather or scene.weather in WEATHER_IN.get(place, ()))
        and (not scene.scenery or scene.scenery in SCENERY_IN.get(place, ()))
    )
