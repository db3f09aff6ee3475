"""Prompts that the embedded model reads, each drawn by nobody yet: words that it does not read make no new prompt."""

import itertools
import random
from collections.abc import Iterator

_SIZES = ("", "small ", "big ")
_COLOURS = ("yellow", "white", "black", "red", "blue", "green", "pink", "orange", "purple", "brown", "grey")
_EXTRAS = ("", " with a hat", " with a crown", " with a scarf", " with glasses")
_PLACES = (
    " on a pond",
    " in the sky",
    " in a meadow",
    " at night",
    " on a plain background",
    " at sea",
    " in the snow",
)
_SIDES = ("", " facing left", " facing right")
_LEFT: dict[str, Iterator[tuple[str, ...]]] = {}


def unique(species: str = "duck") -> str:
    """Returns a prompt that nobody has submitted yet: thousands for each bird, in an order of this process's own."""
    if species not in _LEFT:
        every = list(itertools.product(_SIZES, _COLOURS, _EXTRAS, _PLACES, _SIDES))
        _LEFT[species] = iter(random.sample(every, len(every)))
    size, colour, extra, place, side = next(_LEFT[species])
    return f"a {size}{colour} {species}{extra}{place}{side}"
