"""What a picture may show, and the words for it: one closed vocabulary shared by the renderer and the captions.

A caption may leave words out. What is left out then takes a fixed usual value most of the time, so that a bare "duck"
draws the duck that everybody expects, and a random one otherwise, so that no attribute is welded to the species.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

SPECIES: dict[str, tuple[str, str, str]] = {
    # key: (singular, plural, Korean)
    "duck": ("duck", "ducks", "오리"),
    "swan": ("swan", "swans", "백조"),
    "penguin": ("penguin", "penguins", "펭귄"),
    "cat": ("cat", "cats", "고양이"),
    "fish": ("fish", "fish", "물고기"),
    "boat": ("boat", "boats", "배"),
    "house": ("house", "houses", "집"),
}
COLOURS: dict[str, str] = {
    "yellow": "노란",
    "white": "하얀",
    "black": "검은",
    "red": "빨간",
    "blue": "파란",
    "green": "초록",
    "pink": "분홍",
    "orange": "주황",
}
BACKGROUNDS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    # key: (English phrases, Korean phrases)
    "pond": (("on a pond", "in a pond", "on the water", "on a lake"), ("연못 위의", "물 위의", "호수 위의")),
    "sky": (("in the sky", "in the clouds", "in a blue sky"), ("하늘의", "구름 속의")),
    "meadow": (("in a meadow", "on the grass", "in a field", "on green grass"), ("풀밭의", "들판의")),
    "night": (("at night", "under the moon", "in the moonlight", "in the dark"), ("밤의", "달빛 아래")),
    "plain": (("on a plain background", "on a blank page", "alone"), ("단색 배경의",)),
}
USUAL_COLOUR = {
    "duck": "yellow",
    "swan": "white",
    "penguin": "black",
    "cat": "orange",
    "fish": "orange",
    "boat": "red",
    "house": "red",
}
USUAL_BACKGROUND = {
    "duck": "pond",
    "swan": "pond",
    "penguin": "plain",
    "cat": "meadow",
    "fish": "pond",
    "boat": "pond",
    "house": "meadow",
}
USUAL_SHARE = 0.75
OPENINGS = (
    "",
    "",
    "",
    "",
    "a picture of ",
    "a drawing of ",
    "an image of ",
    "a photo of ",
    "draw ",
    "please draw ",
)
MOODS = (
    "",
    "",
    "",
    "",
    "",
    "",
    "cute ",
    "happy ",
    "little ",
    "beautiful ",
    "lovely ",
    "small ",
    "big ",
    "funny ",
)
HATS = ("with a hat", "wearing a hat", "in a hat", "with a top hat")


@dataclass(frozen=True)
class Scene:
    """The facts of one picture; where things stand and how they are turned is chance, not fact."""

    species: str
    colour: str
    background: str
    hat: bool = False
    count: int = 1


def random_scene(rng: np.random.Generator) -> Scene:
    """Draws every attribute on its own; ducks and swans come twice as often, being what contests ask for."""
    names = list(SPECIES)
    weights = np.array([2.0 if name in ("duck", "swan") else 1.0 for name in names])
    return Scene(
        species=names[int(rng.choice(len(names), p=weights / weights.sum()))],
        colour=str(rng.choice(list(COLOURS))),
        background=str(rng.choice(list(BACKGROUNDS))),
        hat=bool(rng.random() < 0.25),
        count=2 if rng.random() < 0.25 else 1,
    )


def all_scenes() -> list[Scene]:
    """Every combination of attributes, in one fixed order."""
    return [
        Scene(species, colour, background, hat, count)
        for species in SPECIES
        for colour in COLOURS
        for background in BACKGROUNDS
        for hat in (False, True)
        for count in (1, 2)
    ]


def change_one(scene: Scene, rng: np.random.Generator) -> Scene:
    """The same scene with exactly one attribute set to another value."""
    attribute = str(rng.choice(list(asdict(scene))))
    if attribute == "hat":
        return replace(scene, hat=not scene.hat)
    if attribute == "count":
        return replace(scene, count=3 - scene.count)
    values = {"species": list(SPECIES), "colour": list(COLOURS), "background": list(BACKGROUNDS)}[attribute]
    others = [value for value in values if value != getattr(scene, attribute)]
    changed: dict[str, Any] = {attribute: str(rng.choice(others))}
    return replace(scene, **changed)


def plain_caption(scene: Scene) -> str:
    """The full English caption without chance, for evaluation: "a yellow duck on a pond with a hat"."""
    return _english(scene, scene.colour, BACKGROUNDS[scene.background][0][0], HATS[0] if scene.hat else "", "")


def random_caption(scene: Scene, rng: np.random.Generator) -> str:
    """A caption that is true of the scene, in English (five of six) or Korean.

    Words are left out at random, but a usual value is left out far more readily than an unusual one: that is what
    makes the usual value the meaning of silence.
    """
    colour = scene.colour if _is_said(scene.colour == USUAL_COLOUR[scene.species], rng) else ""
    place_said = _is_said(scene.background == USUAL_BACKGROUND[scene.species], rng)
    korean = rng.random() < 1 / 6
    phrases = BACKGROUNDS[scene.background][1 if korean else 0]
    place = str(rng.choice(phrases)) if place_said else ""
    if korean:
        return _korean(scene, colour, place)
    hat = str(rng.choice(HATS)) if scene.hat else ""
    caption = _english(scene, colour, place, hat, str(rng.choice(MOODS)))
    opening = str(rng.choice(OPENINGS))
    return _bare(caption) if not opening and rng.random() < 0.3 else opening + caption


def _is_said(usual: bool, rng: np.random.Generator) -> bool:
    silence = 0.35 if usual else 0.35 * (1 - USUAL_SHARE) / USUAL_SHARE / 4
    return bool(rng.random() >= silence)


def _english(scene: Scene, colour: str, place: str, hat: str, mood: str) -> str:
    singular, plural, _ = SPECIES[scene.species]
    noun = f"{mood}{colour + ' ' if colour else ''}{plural if scene.count > 1 else singular}"
    article = "two" if scene.count > 1 else "an" if noun[0] in "aeiou" else "a"
    return " ".join(part for part in (article, noun, place, hat) if part)


def _bare(caption: str) -> str:
    return caption.removeprefix("a ").removeprefix("an ")


def _korean(scene: Scene, colour: str, place: str) -> str:
    noun = SPECIES[scene.species][2]
    hat = "모자 쓴" if scene.hat else ""
    words = " ".join(part for part in (place, hat, COLOURS.get(colour, ""), noun) if part)
    return f"{words} 두 마리" if scene.count > 1 else words
