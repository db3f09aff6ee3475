"""What a generator reads of a prompt: known words become one canonical caption, everything else changes nothing.

A small generator knows some hundred words in two languages, and every unknown one would mislead it. So its vocabulary
comes with its weights; the words that it knows are put into the order that it was trained on, and the rest is left out.
Whoever shows a prompt can say which words were read. Two prompts with one caption are one picture.

A colour or a size belongs to the next noun ("blue water" colours no duck), and to the subject where no noun follows.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .words import BREAKS, Speller, Word

FORMAT = 1
MAX_VOCABULARY_BYTES = 256 * 1024
MAX_PROMPT_CHARACTERS = 2000
LONGEST_PHRASE = 4
Slots = dict[str, str]
"""What a prompt says, by attribute, such as {"species": "duck", "colour": "red"}; what is not said is not there."""

_ADJECTIVES = ("colour", "size", "side", "count")
_MIRRORED = {"left": "right", "right": "left"}
_NOUNS = ("species", "accessory", "background", "scenery", "weather", "noun")
_SAID = ("size", "pose", "colour", "accessory", "background", "scenery", "facing", "side", "weather", "light")
_ORDER = ("count", "accessory", "companion", "size", "pose", "side", "scenery", "weather", "light", "facing")


@dataclass(frozen=True)
class Span:
    """Characters [start, end) of the prompt, and whether they were read. Words that mean nothing alone have no span."""

    start: int
    end: int
    read: bool


@dataclass(frozen=True)
class Reading:
    """What was read: the caption that is drawn, "" where nothing was understood, and the words of the prompt."""

    caption: str
    spans: tuple[Span, ...]


Adjective = tuple[str, str, list[Word]]


@dataclass(frozen=True)
class Drawing:
    """What the text encoder is given for a prompt, and whether the finished picture is turned over, left to right."""

    text: str
    mirrored: bool


@dataclass
class _Scene:
    """What has been understood so far, with the words behind each slot, so that they can be taken back."""

    slots: Slots = field(default_factory=dict)
    behind: dict[str, list[Word]] = field(default_factory=dict)
    free: list[Adjective] = field(default_factory=list)
    last: str = ""

    def put(self, attribute: str, value: str, words: list[Word]) -> None:
        """Keeps the first value that is said of an attribute; saying it again is read too."""
        if self.slots.setdefault(attribute, value) == value:
            self.behind.setdefault(attribute, []).extend(words)
            _mark(words, True)
            self.last = attribute

    def drop(self, attribute: str, *, read: bool = False) -> None:
        """Takes an attribute back, with its words."""
        self.slots.pop(attribute, None)
        _mark(self.behind.pop(attribute, []), read)


class Vocabulary:
    """The words that one generator knows. Immutable; `read` is pure, and total over all text."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        self._phrases: Mapping[str, Mapping[str, str]] = data["phrases"]
        self._usual_place: Mapping[str, str] = data["usual_place"]
        self._room: Mapping[str, Mapping[str, Sequence[str]]] = data["room"]
        self._traits: Mapping[str, frozenset[str]] = {name: frozenset(all_) for name, all_ in data["traits"].items()}
        self._words: dict[tuple[str, ...], tuple[str, str]] = {}
        for attribute, values in data["words"].items():
            for value, spellings in values.items():
                for spelling in spellings:
                    self._words[tuple(spelling.split())] = (attribute, value)
        classes: Mapping[str, Sequence[str]] = data["classes"]
        self._classes = {name: frozenset(words) for name, words in classes.items()}
        for name, words in classes.items():
            if name not in ("particles", "correct"):
                self._words |= {tuple(w.split()): (name, "") for w in words if tuple(w.split()) not in self._words}
        self._speller = Speller(self._words, self._classes)

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Vocabulary:
        """Checks what comes from outside.

        Raises:
            ValueError: it is no vocabulary of this format, or too large.
        """
        if len(json.dumps(data)) > MAX_VOCABULARY_BYTES:
            raise ValueError(f"a vocabulary has at most {MAX_VOCABULARY_BYTES} bytes")
        if data.get("format") != FORMAT:
            raise ValueError(f"the vocabulary has format {data.get('format')!r}, this version reads {FORMAT}")
        try:
            vocabulary = cls(data)
            vocabulary._check()
        except (KeyError, TypeError, AttributeError, IndexError) as error:
            raise ValueError(f"the vocabulary lacks {error} or has another form") from error
        return vocabulary

    def _check(self) -> None:
        """Fails as `read` would, for whichever of the words it is that lacks something."""
        for name in ("filler", "joining", "particles", "counter", "correct"):
            self._classes[name]
        for name in ("lifeless", "symmetrical", "companions"):
            self._traits[name]
        subject = next((value.lstrip("+") for attribute, value in self._words.values() if attribute == "species"), "")
        for attribute, value in set(self._words.values()):
            if attribute == "species":
                species = value.lstrip("+")
                self._usual_place[species], self._phrases["scenery"], self._phrases["count"]
                compose(self._phrases, {"species": species, "companion": species})
                "".join(self._phrases["several"][species])
            elif attribute in _SAID:
                compose(self._phrases, {"species": subject, attribute: value})

    def read(self, prompt: str) -> Reading:
        """What the generator reads of the prompt. What stands behind MAX_PROMPT_CHARACTERS is not looked at."""
        scene, words = self._understand(prompt[:MAX_PROMPT_CHARACTERS])
        caption = compose(self._phrases, scene.slots) if "species" in scene.slots else ""
        if not caption:
            _mark(words, False)
        return Reading(caption, tuple(Span(w.start, w.end, w.read) for w in words if not w.silent))

    def drawing(self, prompt: str, seed: int) -> Drawing:
        """How a generator draws a prompt that was only taught figures that look right: what looks left is mirrored.

        Where nobody said where it looks, the seed decides.
        """
        slots = dict(self._understand(prompt[:MAX_PROMPT_CHARACTERS])[0].slots)
        if "species" not in slots:
            return Drawing("", False)
        facing = slots.pop("facing", "")
        mirrored = facing == "left" or (not facing and seed % 2 == 1)
        if mirrored and "side" in slots:
            slots["side"] = _MIRRORED.get(slots["side"], slots["side"])
        return Drawing(compose(self._phrases, slots), mirrored)

    def ladder(self, description: str) -> list[str]:
        """Captions that say more and more of a description: the noun, its colour, its place, and so on to all of it."""
        slots = self._understand(description)[0].slots
        if "species" not in slots:
            return []
        order = ["species", "colour", "background", *(name for name in _ORDER if name in slots)]
        said = [name for name in order if name in slots]
        return [
            compose(self._phrases, {name: slots[name] for name in said[:count]}) for count in range(1, 1 + len(said))
        ]

    def _understand(self, prompt: str) -> tuple[_Scene, list[Word]]:
        words = list(self._speller.words(prompt))
        scene = _Scene()
        pending: list[Adjective] = []
        strange = negated = False
        for attribute, value, found in self._lexemes(words):
            if attribute == "break":
                scene.free += _loose(pending, strange)
                pending, strange = [], False
                negated = negated and all(word.text not in BREAKS for word in found)
            elif attribute == "negation":
                negated = True
                _mark(found, True)
            elif attribute == "negation after":
                if scene.last:
                    scene.drop(scene.last, read=True)
                    _mark(found, True)
            elif attribute in _ADJECTIVES:
                pending.append((attribute, value, found))
                strange = False
            elif attribute == "":
                strange = True
            elif attribute == "filler":
                pass
            elif attribute == "counter":
                self._count(scene, pending, found)
                pending = []
            elif negated:
                # What is not wanted is not drawn, which is as much as can be done: the words are read.
                _mark([*found, *(word for _, _, words_ in pending for word in words_)], attribute != "noun")
                pending, strange, negated = [], False, False
            else:
                self._noun(scene, attribute, value, found, pending)
                if attribute in _NOUNS:
                    scene.free += _loose(pending, True) if attribute not in ("species", "noun") else []
                    pending, strange = [], False
        scene.free += _loose(pending, strange)
        self._finish(scene)
        return scene, words

    def _noun(self, scene: _Scene, attribute: str, value: str, found: list[Word], pending: list[Adjective]) -> None:
        """A noun takes the adjectives before it: they describe the subject, and of other things they are not read."""
        if attribute == "species":
            several = value.startswith("+")
            self._subject(scene, value.lstrip("+"), found, pending, several)
        elif attribute != "noun":
            if attribute == "background" and "background" in scene.slots and self._is_weak(scene):
                scene.drop("background")
            scene.put(attribute, value, found)

    def _subject(
        self,
        scene: _Scene,
        species: str,
        found: list[Word],
        pending: list[Adjective],
        several: bool,
    ) -> None:
        first = scene.slots.get("species", species)
        if first != species and first in self._traits["lifeless"] and species not in self._traits["lifeless"]:
            words = scene.behind["species"]
            for name in ("species", "colour", "size", "count"):
                scene.drop(name)
            self._surround(scene, first, words)
            first = species
        if several and not pending and species == scene.slots.get("species") and self._surround(scene, species, found):
            return
        if first == species:
            scene.put("species", species, found)
            for attribute, value, words in pending:
                scene.put(attribute, value, words)
            if several and all(attribute != "count" for attribute, _, _ in pending):
                scene.slots.setdefault("count", "2")
            scene.last = "species"
        elif not self._surround(scene, species, found):
            scene.put("companion", species, found)

    def _surround(self, scene: _Scene, species: str, found: list[Word]) -> bool:
        """Whether what is no subject stands around one: trees."""
        if f"{species}s" in self._phrases["scenery"]:
            scene.put("scenery", f"{species}s", found)
            return True
        return False

    def _count(self, scene: _Scene, pending: list[Adjective], found: list[Word]) -> None:
        """A Korean counter: the number before it is that of the noun before both."""
        if scene.last in ("species", "colour", "size", "count"):
            for attribute, value, words in pending:
                if attribute == "count":
                    scene.drop("count")
                    scene.put("count", value, [*words, *found])
        _mark(found, True)

    def _is_weak(self, scene: _Scene) -> bool:
        """Whether the place gives way to another one: the sky, which is above most, and the subject's usual place."""
        place = scene.slots["background"]
        return place == "sky" or place == self._usual_place.get(scene.slots.get("species", ""))

    def _finish(self, scene: _Scene) -> None:
        """Gives free adjectives to the subject, and takes back what the picture could not show."""
        slots = scene.slots
        for attribute, value, words in scene.free:
            if attribute not in slots:
                scene.put(attribute, value, words)
        if "species" not in slots:
            return
        place = slots.get("background", self._usual_place[slots["species"]])
        for attribute, places in self._room.items():
            if attribute in slots and slots[attribute] not in places.get(place, ()):
                scene.drop(attribute)
        for attribute, fits in self._conditions(slots):
            if attribute in slots and not fits():
                scene.drop(attribute)

    def _conditions(self, slots: Slots) -> Iterator[tuple[str, Callable[[], bool]]]:
        """Which attributes a picture can show beside which, in the order in which they give way."""
        traits, species = self._traits, slots["species"]
        yield "count", lambda: slots["count"] in self._phrases["count"]
        yield (
            "companion",
            lambda: (
                slots["companion"] in traits["companions"]
                and species not in traits["lifeless"]
                and slots.get("count", "1") == "1"
                and slots.get("pose", "usual") == "usual"
            ),
        )
        yield "pose", lambda: species in traits.get(slots["pose"], ()) or slots["pose"] == "usual"
        yield "facing", lambda: species not in traits["symmetrical"]
        for name in ("size", "side"):
            yield name, lambda: slots.get("count", "1") == "1" and "companion" not in slots

    def _lexemes(self, words: list[Word]) -> Iterator[tuple[str, str, list[Word]]]:
        """The longest phrases that the vocabulary knows, with what they mean; fillers may stand inside of them."""
        fillers = self._classes["filler"]
        at = 0
        while at < len(words):
            if words[at].text in BREAKS:
                words[at].silent = True
                yield "break", "", [words[at]]
                at += 1
                continue
            used, meaning = self._longest(words, at, fillers)
            found = words[at : at + used]
            attribute, value = meaning
            if attribute in ("filler", "break", "counter", "negation", "negation after"):
                for word in found:
                    word.silent = attribute in ("filler", "break")
            for word in found:
                word.silent = word.silent or (used > 1 and word.text in fillers)
            yield attribute, value, found
            if found[-1].particle in self._classes["joining"]:
                yield "break", "", []
            at += used

    def _longest(self, words: list[Word], at: int, fillers: frozenset[str]) -> tuple[int, tuple[str, str]]:
        best: tuple[int, tuple[str, str]] = (1, ("", ""))
        phrase: tuple[str, ...] = ()
        for end in range(at, min(len(words), at + 2 * LONGEST_PHRASE)):
            text = words[end].text
            if text in BREAKS:
                break
            if text in fillers and end > at and (*phrase, text) not in self._words:
                continue
            phrase = (*phrase, text)
            if len(phrase) > LONGEST_PHRASE:
                break
            if phrase in self._words:
                best = (end + 1 - at, self._words[phrase])
        return best


def compose(phrases: Mapping[str, Mapping[str, str]], slots: Mapping[str, str]) -> str:
    """The canonical caption: "two small red ducks with a hat in the snow facing left".

    `phrases` has the words for each value of each attribute; "one" and "several" are those of the species.
    """

    def phrase(attribute: str) -> str:
        return phrases[attribute][slots[attribute]] if attribute in slots else ""

    several = slots.get("count", "1") != "1"
    noun = phrases["several" if several else "one"][slots["species"]]
    described = _join(phrase("size"), phrase("pose"), phrase("colour"), noun)
    companion = phrases["one"][slots["companion"]] if slots.get("companion") else ""
    return _join(
        phrase("count") if several else _article(described),
        described,
        phrase("accessory"),
        f"and {_article(companion)} {companion}" if companion else "",
        *(phrase(name) for name in ("background", "scenery", "facing", "side", "weather", "light")),
    )


def _article(noun: str) -> str:
    return "an" if noun[0] in "aeiou" else "a"


def _join(*parts: str) -> str:
    return " ".join(part for part in parts if part)


def _loose(pending: list[Adjective], taken: bool) -> list[Adjective]:
    """What is left for the subject of adjectives that another thing has `taken`: its side, which is no adjective."""
    return [adjective for adjective in pending if not taken or adjective[0] == "side"]


def _mark(words: Sequence[Word], read: bool) -> None:
    for word in words:
        word.read = read
