"""The words that the generator reads, in English and Korean, and the canonical phrase for each."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

import numpy as np

from cygnet.inference.reading import FORMAT, compose

from .captions import NOUNS, is_mentioned
from .grammar import (
    ATTRIBUTES,
    COLOURS,
    COMPANIONS,
    COUNTS,
    FLYING,
    LIFELESS,
    LIGHT_IN,
    PLAIN,
    SCENERY_IN,
    SPECIES,
    SYMMETRICAL,
    USUAL_BACKGROUND,
    USUAL_COLOUR,
    WEATHER_IN,
    Scene,
    made_visible,
)

PHRASES: Mapping[str, Mapping[str, str]] = {
    "one": {species: NOUNS[species][0] for species in SPECIES},
    "several": {species: NOUNS[species][1] for species in SPECIES},
    "count": {str(count): word for count, word in zip(COUNTS, ("", "two", "three"), strict=True)},
    "size": {"usual": "", "small": "small", "big": "big"},
    "pose": {"usual": "", "flying": "flying", "sleeping": "sleeping"},
    "colour": {colour: colour for colour in COLOURS},
    "accessory": {
        "": "",
        "hat": "with a hat",
        "crown": "with a crown",
        "scarf": "with a scarf",
        "glasses": "with glasses",
        "bow tie": "with a bow tie",
        "coffee cup": "with a coffee cup",
    },
    "background": {
        "pond": "on a pond",
        "sky": "in the sky",
        "meadow": "in a meadow",
        "night": "at night",
        "plain": "on a plain background",
        "sea": "at sea",
        "snow": "in the snow",
        "city": "in the city",
    },
    "scenery": {
        "": "",
        "flowers": "with flowers",
        "reeds": "with reeds",
        "rocks": "with rocks",
        "trees": "with trees",
    },
    "facing": {"": "", "left": "facing left", "right": "facing right"},
    "side": {"middle": "", "left": "on the left", "right": "on the right"},
    "weather": {
        "": "",
        "sun": "in sunshine",
        "clouds": "with clouds",
        "rainbow": "under a rainbow",
        "rain": "in the rain",
    },
    "light": {"": "", "sunset": "at sunset", "fog": "in fog"},
}
# By attribute and value, every spelling that is read; "+" before a species is several of it. English plurals of other
# nouns and Korean particles are taken off before.
WORDS: Mapping[str, Mapping[str, str]] = {
    "species": {
        "duck": "duck, ducky, duckie, duckling, mallard, drake, 오리, 아기오리, 새끼오리, 청둥오리, 🦆",
        "+duck": "ducks, duckies, ducklings, mallards, 오리들",
        "swan": "swan, cygnet, 백조, 고니, 🦢",
        "+swan": "swans, cygnets, 백조들",
        "penguin": "penguin, 펭귄, 🐧",
        "+penguin": "penguins, 펭귄들",
        "cat": "cat, kitten, kitty, 고양이, 야옹이, 냥이, 🐱, 🐈",
        "+cat": "cats, kittens, kitties, 고양이들",
        "fish": "fish, goldfish, 물고기, 금붕어, 🐟, 🐠",
        "+fish": "fishes, 물고기들",
        "boat": "boat, ship, sailboat, yacht, 배, 돛단배, 보트, ⛵",
        "+boat": "boats, ships, sailboats, yachts, 배들",
        "house": "house, cottage, hut, 집, 주택, 🏠, 🏡",
        "+house": "houses, cottages, huts, 집들",
        "dog": "dog, puppy, doggy, 강아지, 개, 멍멍이, 🐶, 🐕",
        "+dog": "dogs, puppies, 강아지들, 개들",
        "rabbit": "rabbit, bunny, hare, 토끼, 🐰, 🐇",
        "+rabbit": "rabbits, bunnies, hares, 토끼들",
        "flamingo": "flamingo, 홍학, 플라밍고, 🦩",
        "+flamingo": "flamingos, flamingoes, 홍학들",
        "hen": "hen, chicken, 닭, 암탉, 🐔",
        "+hen": "hens, chickens, 닭들",
        "tree": "tree, 나무, 🌳, 🌲",
        "+tree": "trees, 나무들",
    },
    "colour": {
        "yellow": "yellow, yellowish, golden, gold, lemon, 노란, 노란색, 노랑, 노랗, 누런, 황금색, 금색",
        "white": "white, whitish, 하얀, 하얀색, 흰, 흰색, 하양",
        "black": "black, blackish, 검은, 검은색, 까만, 까만색, 검정, 검정색",
        "red": "red, reddish, crimson, scarlet, 빨간, 빨간색, 빨강, 붉은",
        "blue": "blue, bluish, navy, azure, sky blue, 파란, 파란색, 파랑, 푸른, 하늘색, 남색",
        "green": "green, greenish, emerald, olive, lime, 초록, 초록색, 녹색, 연두색",
        "pink": "pink, pinkish, magenta, 분홍, 분홍색, 핑크, 핑크색",
        "orange": "orange, 주황, 주황색, 오렌지색",
        "purple": "purple, violet, lavender, lilac, 보라, 보라색, 자주색",
        "brown": "brown, brownish, chestnut, 갈색, 밤색, 고동색",
        "grey": "grey, gray, silver, 회색, 은색, 잿빛",
    },
    "background": {
        "pond": "pond, lake, river, puddle, 연못, 호수, 강, 강가, 물가, 물 위",
        "sky": "in sky, in cloud, among cloud, 하늘에, 하늘에서, 하늘의, 하늘 속, 구름 속",
        "meadow": """
            meadow, grass, grassland, field, garden, lawn, park, farm, 풀밭, 들판, 잔디, 잔디밭, 정원, 초원,
            공원, 풀
        """,
        "night": """
            night, nighttime, in dark, midnight, moon, moonlight, moonlit, starry, star, 밤, 밤하늘, 한밤, 달, 달빛,
            달밤, 별, 별빛, 별밤, 🌙, 🌛, 🌜, 🌕, 🌃
        """,
        "plain": "plain background, blank page, blank background, empty background, 단색 배경, 빈 배경",
        "sea": "sea, ocean, wave, seaside, beach, 바다, 바닷가, 해변, 파도, 대양, 🌊",
        "snow": """
            snow, snowy, winter, ice, icy, 눈밭, 겨울, 설원, 얼음, 눈 위, 눈 속, 눈 오는, 눈 내리는, 눈 온,
            눈 쌓인, 눈 덮인, ❄, ☃, ⛄
        """,
        "city": """
            city, town, downtown, street, building, skyscraper, urban, 도시, 도심, 시내, 빌딩, 거리, 건물, 🏙, 🌆
        """,
    },
    "accessory": {
        "hat": "hat, cap, top hat, 모자, 🎩, 🧢",
        "crown": "crown, tiara, 왕관, 👑",
        "scarf": "scarf, muffler, 목도리, 스카프, 🧣",
        "glasses": "glasses, sunglasses, eyeglasses, spectacles, goggles, 안경, 선글라스, 👓, 🕶",
    },
    "count": {
        "1": "1, one, single, lone, 한, 하나",
        "2": "2, two, pair, couple, twin, both, 두, 둘, 쌍",
        "3": """
            3, three, trio, triple, 4, four, 5, five, 6, six, 7, seven, 8, eight, 9, nine, 10, ten, several,
            many, few, 세, 셋, 네, 넷, 다섯, 여섯, 일곱, 여덟, 아홉, 열, 여러, 많은
        """,
    },
    "size": {
        "small": "small, tiny, little, mini, miniature, 작은, 작고, 조그만, 조그마한, 자그마한",
        "big": "big, huge, large, giant, enormous, gigantic, fat, 큰, 크고, 커다란, 거대한, 큼직한",
    },
    "pose": {
        "flying": """
            flying, fly, flies, in flight, 나는, 날고, 날아, 날아가는, 날아다니는, 날아오르는, 날고있는, 비행,
            하늘 나는
        """,
        "sleeping": """
            sleeping, sleep, sleeps, asleep, sleepy, napping, nap, naps, dozing, 자는, 자고, 잔다, 잠자는,
            잠자고, 잠든, 잠, 졸고, 조는, 💤, 😴
        """,
    },
    "weather": {
        "sun": "sun, sunny, sunshine, sunlight, 해, 태양, 햇살, 햇빛, 맑은, ☀, 🌞",
        "clouds": "cloud, cloudy, 구름, 흐린, ☁",
        "rainbow": "rainbow, 무지개, 🌈",
        "rain": "rain, rainy, raining, rains, raindrop, 비, 빗속, 빗방울, 소나기, 🌧, ☔",
    },
    "light": {
        "sunset": """
            sunset, sunrise, sundown, dawn, dusk, evening, twilight, golden hour, 노을, 저녁노을, 석양, 일몰,
            일출, 새벽, 저녁, 황혼, 해 질, 해 질녘, 해 질 녘, 해질녘, 해질, 🌅, 🌇
        """,
        "fog": "fog, foggy, mist, misty, haze, hazy, 안개, 안개낀, 🌫",
    },
    "scenery": {
        "flowers": """
            flower, blossom, daisy, tulip, rose, lily, waterlily, lotus, 꽃, 꽃들, 연꽃, 튤립, 장미, 🌸, 🌷, 🌼,
            🌹, 🌻
        """,
        "reeds": "reed, cattail, bulrush, rush, 갈대, 갈대밭",
        "rocks": "rock, stone, boulder, pebble, 바위, 돌, 돌멩이, 🪨",
        "trees": "forest, wood, pine, oak, 숲, 소나무",
    },
}
SIDES = {
    "left": ("left", "왼쪽, 왼편, 좌측"),
    "right": ("right", "오른쪽, 오른편, 우측"),
}
LOOKING = """
    facing, face, faces, faced, looking, look, looks, turned, turning, turns, heading, heads, headed, toward,
    towards, pointing, points, gazing, staring, swimming, walking, going
"""
LOOKING_KOREAN = """
    보는, 보고, 본다, 보며, 봐요, 봅니다, 바라보는, 바라보고, 바라보며, 바라본다, 바라본, 바라봐요, 바라봅니다,
    향한, 향해, 향하는, 향하고, 향하여, 쳐다보는, 쳐다보고
"""
CLASSES: Mapping[str, str] = {
    # Nouns that are not drawn, or always are: an adjective before one belongs to it.
    "noun": """
        beak, bill, eye, head, neck, wing, feather, tail, foot, feet, leg, body, belly, cheek, hair, water,
        hill, mountain, sky, background, sand, ground, floor, horizon, umbrella, ball, balloon, boot, shoe,
        shirt, dress, suit, ribbon, flag, sign, text, logo, frame, border, car, sofa, chair, table, window,
        door, roof, sail, lily pad, left and right, light, shadow, outline, line, dot, stripe, heart, bathtub,
        diamond, colour, color, 눈, 부리, 머리, 목, 날개, 깃털, 꼬리, 발, 다리, 몸, 볼, 배경, 물, 언덕, 산,
        하늘, 우산, 공, 풍선, 옷, 신발, 로고, 글씨
    """,
    # Words with no meaning of their own: nobody is told that they were not read.
    "filler": """
        a, an, the, of, is, are, was, be, been, being, it, its, that, this, these, those, there, which, who,
        his, her, their, my, your, our, to, into, as, so, very, really, quite, just, only, some, please, draw,
        paint, make, create, give, show, me, us, i, we, you, he, she, they, picture, image, drawing,
        illustration, painting, photo, for, side, part, corner, half, hand, all, around, front, middle-of, 그림,
        사진, 그려, 그려줘, 그려주세요, 주세요, 그려봐, 있는, 있다, 있어요, 있습니다, 있고, 있음, 쓴, 쓰고,
        입은, 맨, 두른, 두르고, 한다, 위, 아래, 속, 안, 앞, 옆, 뒤, 사이, 좀, 아주, 매우, 정말, 너무, 오는,
        오고, 내리는, 내려요, 날, 뜬, 진, 들, 의, 쪽
    """,
    # Where a noun's adjectives end.
    "break": """
        and, with, in, on, at, under, near, by, beside, behind, over, above, below, from, wearing, wears, wear,
        has, have, having, but, while, where, when, or, plus, next, between, holding, 그리고, 또, 또는, &, +
    """,
    "negation": "no, without, not, never, dont, don't, isn't, nor",
    "negation after": "없는, 없이, 없음, 없고, 말고, 빼고, 제외, 아닌, 않은, 않는, 않고",
    "counter": "마리, 채, 척, 그루, 송이, 명",
    "particles": """
        가, 이, 를, 을, 는, 은, 와, 과, 에, 에서, 에는, 에서는, 의, 도, 만, 랑, 이랑, 하고, 한테, 처럼, 로,
        으로, 로서, 라, 이라, 이다, 다, 입니다, 예요, 이에요, 요, 야, 아, 들, 들이, 들을, 들은, 들의, 까지,
        부터, 보다, 이고, 고, 인, 한, 에게, 같은, 색, 빛, 있는, 쓴, 낀, 들과, 위에, 위의, 위, 속의, 속에, 밑,
        옆에, 앞에, 앞의, 에서도, 게, 던, 네
    """,
    # Particles that end what an adjective may belong to.
    "joining": "와, 과, 랑, 이랑, 하고, 에, 에서, 에는, 에서는, 로, 으로, 가, 이, 은, 는",
    # One slip away from a word above, and right as they are.
    "correct": """
        back, bat, boast, bot, brow, cast, coupled, crow, doing, far, filed, files, fling, fur, law, let, lie,
        lots, man, may, min, mit, mono, nav, nigh, pie, pod, rabbi, raising, ran, sans, seen, shows, sip,
        solver, str, subset, tee, trees, wav, winner
    """,
}


def canonical_caption(scene: Scene, left_out: Collection[str] = ()) -> str:
    """What the generator is given for the scene; some attributes may be left out."""
    slots = {name: str(getattr(scene, name)) for name in ("species", "companion", *PHRASES) if name in ATTRIBUTES}
    plain = {name: str(getattr(PLAIN, name)) for name in slots.keys() - {"species", "colour", "background"}}
    said = {name: value for name, value in slots.items() if name not in left_out and value != plain.get(name)}
    return compose(PHRASES, said)


def left_out(scene: Scene, rng: np.random.Generator) -> set[str]:
    """What a caption leaves out: facing, as pictures are mirrored for it, and colour and place at random.

    A usual colour or place is left out far more readily than an unusual one: that is what makes a caption without the
    word mean the usual value. Whatever else is not plain is always said.
    """
    usual = {"colour": USUAL_COLOUR[scene.species], "background": USUAL_BACKGROUND[scene.species]}
    silent = {name for name, value in usual.items() if not is_mentioned(getattr(scene, name) == value, rng)}
    if made_visible(replace(scene, background=usual["background"])) != replace(scene, background=usual["background"]):
        silent.discard("background")
    return silent | {"facing"}


def vocabulary() -> dict[str, object]:
    """What `vocabulary.json` holds beside the weights: `cygnet.inference.reading` says what it means."""
    words = {
        attribute: {value: _split(spellings) for value, spellings in values.items()}
        for attribute, values in WORDS.items()
    }
    words["side"] = {"middle": _split("middle, center, centre, 가운데, 중앙, 한가운데")}
    words["facing"] = {}
    for side, (english, korean) in SIDES.items():
        words["side"][side] = [english, *_split(korean)]
        words["facing"][side] = [f"{verb} {english}" for verb in _split(LOOKING)] + [f"{english} facing"]
        words["facing"][side] += [f"{where} {verb}" for where in _split(korean) for verb in _split(LOOKING_KOREAN)]
    living = [species for species in SPECIES if species not in LIFELESS]
    return {
        "format": FORMAT,
        "phrases": PHRASES,
        "usual_place": USUAL_BACKGROUND,
        "room": {"light": _by_place(LIGHT_IN), "weather": _by_place(WEATHER_IN), "scenery": _by_place(SCENERY_IN)},
        "traits": {
            "lifeless": LIFELESS,
            "symmetrical": SYMMETRICAL,
            "companions": COMPANIONS[1:],
            "flying": FLYING,
            "sleeping": living,
        },
        "words": words,
        "classes": {name: _split(spellings) for name, spellings in CLASSES.items()},
    }


def _split(spellings: str) -> list[str]:
    return [spelling.strip() for spelling in spellings.split(",")]


def _by_place(room: Mapping[str, tuple[str, ...]]) -> dict[str, list[str]]:
    return {place: list(values) for place, values in room.items()}
