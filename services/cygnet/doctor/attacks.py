"""The attacks: pictures and prompts that are no honest drawing of a target, and how much of a score they may have.

Pictures need no generator: they ask what the scorer takes for a likeness. Prompts go through the generator, as players'
do. All are made the same way each time, so that two examinations of one scorer agree.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
from PIL import Image, ImageDraw, ImageFont

SIZE = 256
"""Pixels a side of every picture here."""

SHARE = 2 / 3
"""What an attack must stay below, as a share of an honest drawing's score.

Published scales put an honest drawing in the sixties and seventies and one with a wrong thing in it at 42, which is
about two thirds. A picture that draws nothing must not reach what a real drawing with a mistake gets.
"""
NO_GAIN = 1.2
"""The same for words that do ask for the target, many times or as writing: where they draw it, they may score like it,
and must not gain by it. Honest drawings of one prompt differ by 15 % around their median from seed to seed, so medians
of a few by less than this."""

_CROWD = (
    "duck duckling swan goose hen penguin flamingo fish cat dog boat tree house sun red orange yellow green blue pink "
    "purple white black pond sea sky meadow night snow city hat scarf glasses crown two three flat crayon watercolour"
)


@dataclass(frozen=True)
class Subject:
    """A target under attack: its name in words, its picture, and the pictures of all targets of its contest."""

    name: str
    picture: Image.Image
    all_pictures: Sequence[Image.Image]


Made = TypeVar("Made", Image.Image, str)


@dataclass(frozen=True)
class Attack(Generic[Made]):
    """A picture that shows no target, or words that describe nothing; `what` says in a few words what they are."""

    name: str
    what: str
    make: Callable[[Subject], Made]
    share: float = SHARE


def _square(picture: Image.Image, side: int = SIZE) -> Image.Image:
    return picture.convert("RGB").resize((side, side), Image.Resampling.BOX)


def _word(subject: Subject) -> Image.Image:
    sheet, word, size = Image.new("RGB", (SIZE, SIZE), "white"), subject.name.upper(), 8
    while size < 96 and ImageFont.load_default(size=size + 2).getlength(word) < SIZE * 0.9:
        size += 2
    pen = ImageDraw.Draw(sheet)
    pen.text((SIZE / 2, SIZE / 2), word, fill="black", anchor="mm", font=ImageFont.load_default(size=size))
    return sheet


def _mean_colour(subject: Subject) -> Image.Image:
    return _square(_square(subject.picture, 1))


def _noise(subject: Subject) -> Image.Image:
    return Image.fromarray(np.random.default_rng(7).integers(0, 256, (SIZE, SIZE, 3), dtype=np.uint8))


def _checkerboard(subject: Subject) -> Image.Image:
    rows, columns = np.indices((SIZE, SIZE)) // 32
    return Image.fromarray(((rows + columns) % 2 * 255).astype(np.uint8)).convert("RGB")


def _mosaic(subject: Subject) -> Image.Image:
    return _square(subject.picture, 8).resize((SIZE, SIZE), Image.Resampling.NEAREST)


def _blur(subject: Subject) -> Image.Image:
    return _square(subject.picture, 6).resize((SIZE, SIZE), Image.Resampling.BICUBIC)


def _palette(subject: Subject) -> Image.Image:
    pixels = np.asarray(_square(subject.picture)).reshape(-1, 3).copy()
    np.random.default_rng(7).shuffle(pixels)
    return Image.fromarray(pixels.reshape(SIZE, SIZE, 3))


def _jigsaw(subject: Subject) -> Image.Image:
    pieces = [
        _square(subject.picture).crop((x, y, x + 64, y + 64)) for y in range(0, SIZE, 64) for x in range(0, SIZE, 64)
    ]
    return _tiled([pieces[index] for index in np.random.default_rng(7).permutation(16)], 4)


def _tiles(subject: Subject) -> Image.Image:
    return _tiled([subject.picture] * 16, 4)


def _collage(subject: Subject) -> Image.Image:
    # Each target as often as the others, and in a pattern that starts anew in each row.
    pictures, across = subject.all_pictures, 3 if len(subject.all_pictures) > 4 else 2
    return _tiled(
        [pictures[(row + column) % len(pictures)] for row in range(across) for column in range(across)], across
    )


def _tiled(pictures: Sequence[Image.Image], across: int) -> Image.Image:
    sheet, side = Image.new("RGB", (SIZE, SIZE)), SIZE // across
    for place, picture in enumerate(pictures):
        sheet.paste(_square(picture, side), (place % across * side, place // across * side))
    return sheet


PICTURES = (
    Attack("word", "a picture of the target's name", _word),
    Attack("blank", "white paper", lambda _: Image.new("RGB", (SIZE, SIZE), "white")),
    Attack("mean-colour", "the target's mean colour", _mean_colour),
    Attack("noise", "noise", _noise),
    Attack("checkerboard", "a checkerboard", _checkerboard),
    Attack("mosaic", "8 x 8 squares of the target's colours", _mosaic),
    Attack("blur", "the target's colours, blurred", _blur),
    Attack("palette", "the target's pixels, shuffled", _palette),
    Attack("jigsaw", "16 pieces of the target, shuffled", _jigsaw),
    Attack("tiles", "the target 16 times, small", _tiles),
    Attack("collage", "all targets side by side", _collage),
)

PROMPTS = (
    Attack("repetition", "the target's name 20 times", lambda it: " ".join([it.name] * 20), NO_GAIN),
    Attack("stuffing", "all animals, colours and places at once", lambda it: f"{it.name} {_CROWD}"),
    Attack("written", "the target's name asked for as writing", lambda it: f'the word "{it.name.upper()}"', NO_GAIN),
)
