"""The words for a scene, in English and Korean.

A caption may leave words out. What is left out then takes its usual value most of the time, so that a bare "duck"
draws the duck that people expect, and a random one otherwise, so that no attribute becomes part of the species.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from .grammar import USUAL_BACKGROUND, USUAL_COLOUR, Scene

# species: (one, several, Korean, Korean counter)
NOUNS: Mapping[str, tuple[str, str, str, str]] = {
    "duck": ("duck", "ducks", "오리", "마리"),
    "swan": ("swan", "swans", "백조", "마리"),
    "penguin": ("penguin", "penguins", "펭귄", "마리"),
    "cat": ("cat", "cats", "고양이", "마리"),
    "fish": ("fish", "fish", "물고기", "마리"),
    "boat": ("boat", "boats", "배", "척"),
    "house": ("house", "houses", "집", "채"),
    "dog": ("dog", "dogs", "강아지", "마리"),
    "rabbit": ("rabbit", "rabbits", "토끼", "마리"),
    "flamingo": ("flamingo", "flamingos", "홍학", "마리"),
    "hen": ("hen", "hens", "닭", "마리"),
    "tree": ("tree", "trees", "나무", "그루"),
    "duckling": ("duckling", "ducklings", "아기 오리", "마리"),
    "goose": ("goose", "geese", "거위", "마리"),
    "frog": ("frog", "frogs", "개구리", "마리"),
    "sun": ("sun", "suns", "해", "개"),
}
ALSO_CALLED: Mapping[str, tuple[str, str, str]] = {
    "cat": ("kitten", "kittens", "야옹이"),
    "boat": ("ship", "ships", "돛단배"),
    "dog": ("puppy", "puppies", "개"),
    "rabbit": ("bunny", "bunnies", "토끼"),
    "hen": ("chicken", "chickens", "암탉"),
    "flamingo": ("flamingo", "flamingos", "플라밍고"),
    "sun": ("sun", "suns", "태양"),
}
KOREAN_COLOURS: Mapping[str, tuple[str, ...]] = {
    "yellow": ("노란", "노란색", "노랑"),
    "white": ("하얀", "흰", "하얀색"),
    "black": ("검은", "까만", "검은색"),
    "red": ("빨간", "빨간색", "붉은"),
    "blue": ("파란", "파란색", "푸른"),
    "green": ("초록", "초록색", "녹색"),
    "pink": ("분홍", "분홍색", "핑크색"),
    "orange": ("주황", "주황색", "오렌지색"),
    "purple": ("보라", "보라색", "자주색"),
    "brown": ("갈색", "밤색", "갈색"),
    "grey": ("회색", "회색", "잿빛"),
}
# No phrase names a colour: the colour of the place would tint what stands in it.
PLACES: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "pond": (
        ("on a pond", "in a pond", "on a lake", "swimming on a pond"),
        ("연못의", "연못 위의", "호수의", "연못에 있는"),
    ),
    "sky": (("in the sky", "in the clouds", "among clouds"), ("하늘의", "구름 속의", "하늘에 있는")),
    "meadow": (("in a meadow", "on the grass", "in a field", "in a garden"), ("풀밭의", "들판의", "잔디 위의")),
    "night": (("at night", "under the moon", "in the moonlight", "in the dark"), ("밤의", "달빛 아래", "밤하늘 아래")),
    "plain": (("on a plain background", "on a blank page", "before an empty background"), ("단색 배경의", "빈 배경의")),
    "sea": (("at sea", "in the sea", "on the ocean", "on the waves"), ("바다의", "바다 위의", "바다에 있는")),
    "snow": (("in the snow", "on snow", "in winter", "on a snowy day"), ("눈 위의", "눈밭의", "겨울의")),
    "city": (("in the city", "in a town", "in front of buildings", "downtown"), ("도시의", "빌딩 앞의", "시내의")),
}
WORN: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "hat": (("with a hat", "wearing a hat", "in a hat", "with a top hat"), ("모자 쓴", "모자를 쓴")),
    "crown": (("with a crown", "wearing a crown"), ("왕관 쓴", "왕관을 쓴")),
    "scarf": (("with a scarf", "wearing a scarf", "in a scarf"), ("목도리 한", "목도리를 두른")),
    "glasses": (("with glasses", "wearing glasses", "in glasses"), ("안경 쓴", "안경을 쓴")),
    "bow tie": (("with a bow tie", "wearing a bow tie"), ("나비넥타이 한", "나비넥타이를 맨")),
    "coffee cup": (("with a coffee cup", "with a cup of coffee", "drinking coffee"), ("커피를 든", "커피 마시는")),
}
COUNT_WORDS: Mapping[int, tuple[tuple[str, ...], str]] = {
    2: (("two", "two", "a pair of", "2"), "두"),
    3: (("three", "three", "3"), "세"),
}
POSE_WORDS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "flying": (("flying",), ("나는", "날고 있는")),
    "sleeping": (("sleeping",), ("자는", "잠자는")),
}
SIZE_WORDS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "small": (("small", "tiny", "little"), ("작은", "조그만")),
    "big": (("big", "huge", "large"), ("큰", "커다란")),
}
SIDE_WORDS: Mapping[str, tuple[str, str]] = {"left": ("on the left", "왼쪽의"), "right": ("on the right", "오른쪽의")}
# style: (before the noun, after everything, Korean)
STYLE_WORDS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]] = {
    "line": (("a line drawing of", "a sketch of"), ("as a line drawing",), ("선으로 그린",)),
    "crayon": (("a crayon drawing of",), ("in crayon",), ("크레용으로 그린",)),
    "watercolour": (("a watercolour of", "a watercolor painting of"), ("in watercolour",), ("수채화로 그린",)),
    "pixel": (("pixel art of",), ("in pixel art", "as pixel art"), ("픽셀로 그린", "도트로 그린")),
}
OPENINGS = ("a picture of", "a drawing of", "an image of", "a photo of", "draw", "please draw")
MOODS = ("cute", "happy", "beautiful", "lovely", "funny", "pretty")
KOREAN_MOODS = ("귀여운", "예쁜", "행복한")
KOREAN_ENDINGS = ("그림", "그려줘", "그려 주세요")

USUAL_SHARE = 0.75
OMITTED_SHARE = 0.35
KOREAN_SHARE = 0.25


def plain_caption(scene: Scene) -> str:
    """The full English caption without chance, for evaluation: "a yellow duck with a hat on a pond"."""
    size = SIZE_WORDS[scene.size][0][0] if scene.size in SIZE_WORDS else ""
    pose = POSE_WORDS[scene.pose][0][0] if scene.pose in POSE_WORDS else ""
    one, several, _, _ = NOUNS[scene.species]
    noun = _join(size, pose, scene.colour, one if scene.count == 1 else several)
    worn = WORN[scene.accessory][0][0] if scene.accessory else ""
    side = SIDE_WORDS[scene.side][0] if scene.side in SIDE_WORDS else ""
    style = STYLE_WORDS[scene.style][1][0] if scene.style in STYLE_WORDS else ""
    counted = COUNT_WORDS[scene.count][0][0] if scene.count > 1 else _article(noun)
    return _join(counted, noun, worn, PLACES[scene.background][0][0], side, style)


def korean_caption(scene: Scene) -> str:
    """The full Korean caption without chance: "연못의 모자 쓴 노란 오리"."""
    return _korean(scene, KOREAN_COLOURS[scene.colour][0], PLACES[scene.background][1][0], None)


def random_caption(scene: Scene, rng: np.random.Generator) -> str:
    """A caption that is true of the scene, in English or Korean.

    Colour and place are left out at random, but a usual value far more readily than an unusual one: that is what
    makes a caption without the word mean the usual value. Whatever else is not plain is always mentioned.
    """
    coloured = is_mentioned(scene.colour == USUAL_COLOUR[scene.species], rng)
    placed = is_mentioned(scene.background == USUAL_BACKGROUND[scene.species], rng)
    english, korean = PLACES[scene.background]
    if rng.random() < KOREAN_SHARE:
        colour = _pick(KOREAN_COLOURS[scene.colour], rng) if coloured else ""
        return _korean(scene, colour, _pick(korean, rng) if placed else "", rng)
    return _english(scene, scene.colour if coloured else "", _pick(english, rng) if placed else "", rng)


def _english(scene: Scene, colour: str, place: str, rng: np.random.Generator) -> str:
    names = ALSO_CALLED.get(scene.species) if rng.random() < 0.25 else None
    one, several = (names or NOUNS[scene.species])[:2]
    size = _pick(SIZE_WORDS[scene.size][0], rng) if scene.size in SIZE_WORDS else ""
    pose = _pick(POSE_WORDS[scene.pose][0], rng) if scene.pose in POSE_WORDS else ""
    mood = _pick(MOODS, rng) if rng.random() < 0.2 else ""
    behind = pose if pose and rng.random() < 0.5 else ""
    noun = _join(mood, size, "" if behind else pose, colour, one if scene.count == 1 else several)
    tail = [behind, _pick(WORN[scene.accessory][0], rng) if scene.accessory else "", place]
    if rng.random() < 0.5:
        tail[1:] = reversed(tail[1:])
    tail.append(SIDE_WORDS[scene.side][0] if scene.side in SIDE_WORDS else "")
    counted = _pick(COUNT_WORDS[scene.count][0], rng) if scene.count > 1 else _article(noun)
    opening = _pick(OPENINGS, rng) if rng.random() < 0.3 else ""
    if scene.style in STYLE_WORDS:
        before, after, _ = STYLE_WORDS[scene.style]
        if rng.random() < 0.5:
            opening = _pick(before, rng)
        else:
            tail.append(_pick(after, rng))
    bare = not opening and scene.count == 1 and rng.random() < 0.3
    return _join(opening, "" if bare else counted, noun, *tail)


def _korean(scene: Scene, colour: str, place: str, rng: np.random.Generator | None) -> str:
    _, _, noun, counter = NOUNS[scene.species]
    mood = ending = ""
    if rng is not None:
        if scene.species in ALSO_CALLED and rng.random() < 0.3:
            noun = ALSO_CALLED[scene.species][2]
        mood = _pick(KOREAN_MOODS, rng) if rng.random() < 0.15 else ""
        ending = _pick(KOREAN_ENDINGS, rng) if rng.random() < 0.15 else ""
    words = _join(
        _pick(STYLE_WORDS[scene.style][2], rng) if scene.style in STYLE_WORDS else "",
        SIDE_WORDS[scene.side][1] if scene.side in SIDE_WORDS else "",
        place,
        _pick(WORN[scene.accessory][1], rng) if scene.accessory else "",
        _pick(POSE_WORDS[scene.pose][1], rng) if scene.pose in POSE_WORDS else "",
        mood,
        _pick(SIZE_WORDS[scene.size][1], rng) if scene.size in SIZE_WORDS else "",
        colour,
        noun,
    )
    counted = f"{COUNT_WORDS[scene.count][1]} {counter}" if scene.count > 1 else ""
    return _join(words, counted, ending)


def is_mentioned(usual: bool, rng: np.random.Generator) -> bool:
    """Whether a caption says a colour or a place, which is left out more readily where it is the usual one."""
    omitted = OMITTED_SHARE if usual else OMITTED_SHARE * (1 - USUAL_SHARE) / USUAL_SHARE / 4
    return bool(rng.random() >= omitted)


def _pick(words: Sequence[str], rng: np.random.Generator | None) -> str:
    return words[0] if rng is None else words[int(rng.integers(len(words)))]


def _article(noun: str) -> str:
    return "an" if noun[0] in "aeiou" else "a"


def _join(*parts: str) -> str:
    return " ".join(part for part in parts if part)
