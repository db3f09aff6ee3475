"""Pictures that draw nothing and may score all the same: what they get says whether a target is fair to be drawn.

The worker tries them on each target before people play (`look`), and `cygnet doctor` measures them against drawings.
They need no generator: they ask what the scorer takes for a likeness. All are made the same way each time, so that two
examinations of one scorer agree.
"""

import io
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from cygnet.inference.scoring import cosine, score
from cygnet.inference.triton import Embedding
from cygnet.platform.images import open_picture

SIZE = 256
"""Pixels a side of every picture here."""

SHARE = 2 / 3
"""What an attack must stay below, as a share of an honest drawing's score.

Published scales put an honest drawing in the sixties and seventies and one with a wrong thing in it at 42, which is
about two thirds. A picture that draws nothing must not reach what a real drawing with a mistake gets.
"""

LIMIT = 60 * SHARE
"""The same in points, where nothing was drawn yet: published scales put all that a picture shows at 60 and more."""


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


_OF_A_CONTEST = ("word", "collage")
"""Attacks that need a target's name, or the other targets."""


@dataclass(frozen=True)
class Tried:
    """One attack and what it scored; `limit` is what it had to stay below."""

    attack: str
    what: str
    score: float
    limit: float

    @property
    def succeeded(self) -> bool:
        """Whether it is worth somebody's while."""
        return self.score >= self.limit


async def look(embed: Callable[[bytes], Awaitable[Embedding]], picture: bytes) -> list[Tried]:
    """Tries the pictures that need this target alone, a PNG, and no drawing: some ten embeddings.

    Raises:
        UnfitPicture: the target cannot be opened.
        NotScorable: the scorer has no scale.
        TritonUnavailable, DrawingFailed: as `embed` does.
    """
    target = await embed(picture)
    calibration = target.scorer.usable_calibration()
    points = calibration.points_for(target.vector)
    subject = Subject("", opened := open_picture(picture), [opened])
    tried = []
    for attack in PICTURES:
        if attack.name in _OF_A_CONTEST:
            continue
        vector = (await embed(encoded(attack.make(subject)))).vector
        tried.append(
            Tried(attack.name, attack.what, score(cosine(vector, target.vector, calibration.mean), points), LIMIT)
        )
    return tried


def encoded(picture: Image.Image) -> bytes:
    """Returns a picture as the bytes of a PNG."""
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()
