"""When two prompts are the same prompt.

A repeated prompt gets its first picture back, so whatever cannot be seen must not make a prompt new: otherwise a
zero-width space is a lottery ticket. Whatever can be seen must stay: nobody is answered with the picture of a
different prompt. The canonical prompt is also what the model is given.

Form: compatibility caseless matching (The Unicode Standard, 3.13, D146), default-ignorable characters removed, white
space collapsed. Two kinds of invisible characters carry meaning and stay where they do: the joiner between two
emoji, and the tags that make a black flag England's, Scotland's or Wales's.
"""

import re
import unicodedata

from cygnet.platform.text import one_line, without_invisible

_SELECTORS = re.compile("[\u034f\u17b4\u17b5\u180b-\u180f\u2065\ufe00-\ufe0f\ufff0-\ufff8\U000e0000-\U000e0fff]")
"""Default_Ignorable_Code_Point (Unicode's DerivedCoreProperties.txt) outside category Cf: `without_invisible` keeps
them. Variation selectors are the most of it: without them an emoji is the same emoji."""
_REGIONAL_FLAGS = tuple(
    "\U0001f3f4" + "".join(chr(0xE0000 + ord(letter)) for letter in region) + "\U000e007f"
    for region in ("gbeng", "gbsct", "gbwls")
)
_REGIONAL_FLAG = re.compile("(" + "|".join(_REGIONAL_FLAGS) + ")")


def canonical_prompt(prompt: str) -> str:
    """Returns what all spellings of a prompt have in common; empty where nothing can be seen.

    Canonical prompts are their own canonical prompts.
    """
    text, before = prompt, None
    # Removing a character can let its neighbours compose anew. Two rounds settle all that is known.
    while text != before:
        before, text = text, one_line(_visible(_folded(text)))
    return text


def _folded(text: str) -> str:
    text = unicodedata.normalize("NFD", text)
    for _ in range(2):
        text = unicodedata.normalize("NFKC", text.casefold())
    return text


def _visible(text: str) -> str:
    # Odd pieces are the flags between the others: re.split keeps what its group matched.
    pieces = _REGIONAL_FLAG.split(text)
    return "".join(
        piece if index % 2 else without_invisible(_SELECTORS.sub("", piece)) for index, piece in enumerate(pieces)
    )
