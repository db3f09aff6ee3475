"""Text that comes from strangers: what of it can be seen, and what has no business in a single line."""

import unicodedata

# Joiners are needed inside emoji sequences and some scripts; everything else of category Cf is invisible or
# changes the direction of what follows it.
_JOINERS = {"\u200c", "\u200d"}
_BLANK_LETTERS = {"\u115f", "\u1160", "\u3164", "\uffa0", "\u2800"}
"""Letters by category, nothing by looks: Hangul fillers and the empty Braille pattern."""


def control_characters(text: str) -> bool:
    """Tells whether `text` holds control characters, line breaks included, or lone surrogates."""
    return any(unicodedata.category(char) in {"Cc", "Cs"} for char in text)


def without_invisible(text: str, *, keep_joiners: bool = False) -> str:
    """Returns `text` without format characters (zero-width, bidirectional controls, tags) and blank letters."""
    return "".join(
        char
        for char in text
        if (keep_joiners and char in _JOINERS) or (unicodedata.category(char) != "Cf" and char not in _BLANK_LETTERS)
    )


def one_line(text: str) -> str:
    """Returns `text` with every run of white space as one space, and none at the ends."""
    return " ".join(text.split())
