"""A prompt taken apart into words as a vocabulary spells them: plurals, Korean particles, one slip of the keyboard."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

SHORTEST_MISSPELT = 3
LONGEST_COMPOUND = 300
"""A longer Korean word is not taken apart: each stem of it is one call deeper."""
_HANGUL = r"가-힣\u1100-\u11ff"
_LETTER = rf"[^\W\d_{_HANGUL}]"
_TOKEN = re.compile(rf"[{_HANGUL}]+|{_LETTER}+(?:['’]{_LETTER}+)?|\d+{_LETTER}*|[,.;:!?\n、。，]|\S")
BREAKS = frozenset(",.;:!?\n、。，")


@dataclass
class Word:
    """One token of a prompt. `text` is how the vocabulary spells it; `particle` is what Korean grammar hung on it."""

    start: int
    end: int
    text: str
    particle: str = ""
    read: bool = False
    silent: bool = False


class Speller:
    """Spells the words of a prompt as those of `meanings`, which maps phrases to (attribute, value)."""

    def __init__(
        self, meanings: Mapping[tuple[str, ...], tuple[str, str]], classes: Mapping[str, frozenset[str]]
    ) -> None:
        self._classes = classes
        self._singles = frozenset(word for phrase in meanings for word in phrase)
        self._korean_stems = sorted((w for w in self._singles if _is_korean(w)), key=len, reverse=True)
        self._by_letter: dict[str, list[tuple[str, tuple[str, str]]]] = {}
        for word in sorted(self._singles):
            meaning = meanings.get((word,))
            if meaning is not None and meaning[1]:
                self._by_letter.setdefault(word[0], []).append((word, meaning))
        self._misspelt = lru_cache(maxsize=4096)(self._correct_spelling)

    def words(self, prompt: str) -> Iterator[Word]:
        """The words and breaks of the prompt, in order; what is neither letter, digit nor picture is left out."""
        # What cannot be seen (category Cf: zero-width characters, writing directions) ends no word.
        seen = [at for at, character in enumerate(prompt) if unicodedata.category(character) != "Cf"]
        for match in _TOKEN.finditer("".join(prompt[at] for at in seen)):
            raw, start, end = match.group(), seen[match.start()], seen[match.end() - 1] + 1
            if raw not in BREAKS and not any(_is_meant(character) for character in raw):
                continue
            text = unicodedata.normalize("NFKC", raw).casefold()
            if _is_korean(text):
                yield from self._korean(text, start, end)
            else:
                yield Word(start, end, self._spelt(text))

    def _spelt(self, text: str) -> str:
        """A word as the vocabulary spells it: without its plural or possessive, or with one letter put right."""
        if text in self._singles or len(text) < SHORTEST_MISSPELT or not text.isascii():
            return text
        text = re.sub(r"['’]s?$", "", text)
        for ending, singular in (("ies", "y"), ("es", ""), ("s", "")):
            stem = text.removesuffix(ending) + singular
            if text.endswith(ending) and stem in self._singles:
                # Several of the subject are several; of anything else it does not matter.
                return f"{stem}s" if f"{stem}s" in self._singles else stem
        return text if text in self._classes["correct"] else self._misspelt(text)

    def _correct_spelling(self, text: str) -> str:
        near: dict[tuple[str, str], str] = {}
        for word, meaning in self._by_letter.get(text[0], ()):
            if _is_misspelt(text, word):
                near[meaning] = word
        # A subject is what is meant more often than anything else: "duk" is a duck rather than dusk.
        subjects = [word for (attribute, value), word in near.items() if attribute == "species" and value[0] != "+"]
        found = subjects if len(subjects) == 1 else list(near.values())
        return found[0] if len(found) == 1 else text

    def _korean(self, text: str, start: int, end: int) -> Iterator[Word]:
        """A Korean word, taken apart: known stems in a row, then a particle, or the whole as one unknown word."""
        parts = self._stems(text) if len(text) <= LONGEST_COMPOUND else None
        if parts is None or end - start != len(text):
            yield Word(start, end, parts[0][0] if parts else text, parts[-1][1] if parts else "")
            return
        at = start
        for stem, particle in parts:
            length = len(stem) + len(particle)
            yield Word(at, at + length, stem, particle)
            at += length

    def _stems(self, text: str) -> list[tuple[str, str]] | None:
        if text in self._singles:
            return [(text, "")]
        for stem in self._korean_stems:
            if not text.startswith(stem):
                continue
            rest = text[len(stem) :]
            if rest in self._classes["particles"]:
                return [(stem, rest)]
            more = self._stems(rest)
            # One syllable begins too many other words to be the first half of a compound, but of a counted one.
            if more is not None and (len(stem) > 1 or more[0][0] in self._classes["counter"]):
                return [(stem, ""), *more]
        return None


def _is_korean(text: str) -> bool:
    return "가" <= text[0] <= "힣" or "\u1100" <= text[0] <= "\u11ff"


def _is_meant(character: str) -> bool:
    """A letter, a digit or a picture: what may mean something, unlike a bracket, a dash, or a skin's tone."""
    return unicodedata.category(character)[0] in "LN" or unicodedata.category(character) == "So"


def _is_misspelt(text: str, word: str) -> bool:
    """Whether `text` is `word` with one slip: a letter forgotten, doubled or swapped with its neighbour.

    Another letter, or one too many, is a slip in long words only: in short ones it makes another word.
    """
    if len(word) <= SHORTEST_MISSPELT or abs(len(text) - len(word)) > 1:
        return False
    same = 0
    while same < min(len(text), len(word)) and text[same] == word[same]:
        same += 1
    a, b = text[same:], word[same:]
    forgotten = a == b[1:]
    added = a[1:] == b and (text[same : same + 1] == text[same - 1] or len(word) > 5)
    swapped = a[:2] == b[1::-1] and a[2:] == b[2:] and len(b) > 1
    return forgotten or added or swapped or (a[1:] == b[1:] and len(word) > 5)
