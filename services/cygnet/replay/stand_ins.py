"""Prompts that stand for those of real people in a trace: as different to the model as those were, and nobody's."""

import itertools

_KINDS = tuple(
    itertools.product(
        ("duck", "swan"),
        ("yellow", "white", "black", "red", "blue", "green", "pink", "orange", "purple", "brown", "grey"),
        ("", "small ", "big "),
        ("", " with a hat", " with a crown", " with a scarf", " with glasses"),
    )
)
_PLACES = tuple(
    itertools.product(
        (" on a pond", " in the sky", " in a meadow", " at night", " on a plain background", " at sea", " in the snow"),
        ("", " facing left", " facing right"),
    )
)


def stand_in(number: int) -> str:
    """Returns the prompt that stands for the one that came so many others after the first; 6,930 are different."""
    place, kind = divmod(number, len(_KINDS))
    bird, colour, size, extra = _KINDS[kind]
    where, side = _PLACES[place % len(_PLACES)]
    return f"a {size}{colour} {bird}{extra}{where}{side}"
