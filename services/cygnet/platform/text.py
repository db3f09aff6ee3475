"""Text that comes from strangers: what of it can be seen, and what has no business in a single line."""

import unicodedata

_ZERO_WIDTH_JOINER = "\u200d"
_PICTOGRAPHS = {"So", "Sk"}
"""Categories of emoji and of their skin tones."""
_VARIATION_SELECTOR = "\ufe0f"
_BLANK_LETTERS = {"\u115f", "\u1160", "\u3164", "\uffa0", "\u2800"}
"""Letters by category, nothing by looks: Hangul fillers and the empty Braille pattern."""

_LOOK_ALIKES = str.maketrans(
    "авсԁеһніӏјкмоԛрѕтѵухԝαβεγικμνοηρτυχζ",
    "abcdehhiljkmoqpstvyxwabeyikmvonptuxz",
)
"""Small Cyrillic and Greek letters that look like a Latin one, small or as capitals (from Unicode's confusables.txt,
UTS #39). The whole table is a library's business; these two alphabets are what a keyboard has at hand."""


def control_characters(text: str) -> bool:
    """Tells whether `text` holds control characters, line breaks included, or lone surrogates."""
    return any(unicodedata.category(char) in {"Cc", "Cs"} for char in text)


def without_invisible(text: str) -> str:
    """Returns `text` without format characters (zero-width, bidirectional controls, tags) and blank letters.

    A joiner between two pictographs stays: it makes one emoji of them.
    """
    return "".join(
        char
        for i, char in enumerate(text)
        if (unicodedata.category(char) != "Cf" and char not in _BLANK_LETTERS)
        or (char == _ZERO_WIDTH_JOINER and _joins_pictographs(text, i))
    )


def _joins_pictographs(text: str, i: int) -> bool:
    if not 0 < i < len(text) - 1:
        return False
    before, after = text[i - 1], text[i + 1]
    return (before == _VARIATION_SELECTOR or _pictograph(before)) and _pictograph(after)


def _pictograph(char: str) -> bool:
    # The block is named as well, because Python may know fewer emoji than a phone; the horizontal arrow, with which
    # the emoji of a shaken head ends, is a mathematical symbol by category.
    return unicodedata.category(char) in _PICTOGRAPHS or "\U0001f300" <= char <= "\U0001faff" or char == "\u2194"


def one_line(text: str) -> str:
    """Returns `text` with every run of white space as one space, and none at the ends."""
    return " ".join(text.split())


def skeleton(text: str) -> str:
    """Returns what spellings have in common that people take for the same: to compare by, never to show.

    Case, width, invisible characters and runs of spaces do not count, nor whether a letter is Latin, Cyrillic or Greek
    where it looks the same.
    """
    folded = unicodedata.normalize("NFKC", without_invisible(text)).casefold()
    return one_line(folded.translate(_LOOK_ALIKES))
