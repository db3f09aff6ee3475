"""What the generator reads of a prompt: what people type, in two languages, and what must change nothing."""

import json
import random
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cygnet.inference.reading import Drawing, Vocabulary
from cygnet_training.captions import random_caption
from cygnet_training.grammar import WORLDS, Scene, random_scene
from cygnet_training.vocabulary import canonical_caption, left_out, vocabulary

ROOT = Path(__file__).parents[2]
SHIPPED = ROOT / "triton_models/weights/cygnet-tiny/vocabulary.json"
LADDERS = sorted((ROOT / "tests/bench/ladders").glob("*.tsv"))
VOCABULARY = Vocabulary.of(json.loads(SHIPPED.read_text()))
UNKNOWN = ("masterpiece", "8k", "floofy", "Ghibli", "!!!", "…", "zxq", "아름다운", "멋지게", "é", "🎉", "1girl")


def caption(prompt: str) -> str:
    return VOCABULARY.read(prompt).caption


def marked(prompt: str) -> str:
    """The prompt with [read] and {ignored} words."""
    out, at = "", 0
    for span in VOCABULARY.read(prompt).spans:
        left, right = "[]" if span.read else "{}"
        out += prompt[at : span.start] + left + prompt[span.start : span.end] + right
        at = span.end
    return out + prompt[at:]


def test_the_shipped_vocabulary_is_the_trainings() -> None:
    assert json.loads(SHIPPED.read_text()) == json.loads(json.dumps(vocabulary())), "run `... export` again"


@pytest.mark.parametrize(
    ("prompt", "read"),
    [
        ("DUCK!!!", "a duck"),
        ("yelow duk on pnd", "a yellow duck on a pond"),
        ("two white swnas at nihgt", "two white swans at night"),
        ("ducks", "two ducks"),
        ("a rabit with sunglases", "a rabbit with glasses"),
        ("🦆", "a duck"),
        ("🦢🌊", "a swan at sea"),
        ("Ｄｕｃｋ", "a duck"),
        ("오리가 연못에서 헤엄쳐요", "a duck on a pond"),
        ("노란오리", "a yellow duck"),
        ("까만 오리 두 마리가 안경을 쓰고 도시에 있다", "two black ducks with glasses in the city"),
        ("백조 세마리", "three swans"),
        ("비 오는 날 우산을 쓴 오리", "a duck in the rain"),
        ("왼쪽을 바라보는 백조", "a swan facing left"),
        ("a duck looking to the left", "a duck facing left"),
        ("a left-facing duck", "a duck facing left"),
        ("a duck on the left", "a duck on the left"),
        ("a big fat duck in the middle", "a big duck"),
        ("a golden duck at golden hour", "a yellow duck at sunset"),
        ("a duck and a swan together", "a duck and a swan"),
        ("오리랑 백조가 같이 있는 그림", "a duck and a swan"),
        ("five ducks in a row", "three ducks"),
    ],
)
def test_what_people_type_is_read(prompt: str, read: str) -> None:
    assert caption(prompt) == read


@pytest.mark.parametrize(
    ("prompt", "read"),
    [
        ("a yellow duck on a blue pond, a green hill behind, pale sky", "a yellow duck on a pond"),
        ("a duck with a red hat", "a duck with a hat"),
        ("a brown duck with a green head", "a brown duck"),
        ("white background, duck", "a duck"),
        ("duck, yellow, pond", "a yellow duck on a pond"),
        ("a swan, completely black", "a black swan"),
        ("a duck that is red", "a red duck"),
        ("a big eye, a duck", "a duck"),
        ("파란 하늘 아래 노란 오리", "a yellow duck"),
        ("빨간 모자를 쓴 오리", "a duck with a hat"),
    ],
)
def test_an_adjective_belongs_to_its_noun(prompt: str, read: str) -> None:
    assert caption(prompt) == read


@pytest.mark.parametrize(
    ("prompt", "read"),
    [
        ("a duck without a hat", "a duck"),
        ("a duck, no hat, not in snow", "a duck"),
        ("모자 없는 오리", "a duck"),
        ("모자를 쓰지 않은 오리", "a duck"),
        ("no duck, only water", ""),
    ],
)
def test_what_is_not_wanted_is_not_drawn(prompt: str, read: str) -> None:
    assert caption(prompt) == read


@pytest.mark.parametrize(
    "prompt", ["", " ", "an elephant", "Pikachu", "a red sports car", "sunset over mountains", "용"]
)
def test_without_a_subject_nothing_is_understood(prompt: str) -> None:
    reading = VOCABULARY.read(prompt)
    assert reading.caption == ""
    assert not any(span.read for span in reading.spans)


def test_what_a_picture_cannot_show_is_not_read() -> None:
    assert marked("two ducks on the left") == "[two] [ducks] on the {left}"
    assert marked("a swan at night under a rainbow") == "a [swan] at [night] under a {rainbow}"
    assert marked("a flying house") == "a {flying} [house]"


def test_every_word_is_marked_and_words_without_meaning_are_not() -> None:
    assert marked("a cute red duck with a blue hat, best quality") == (
        "a {cute} [red] [duck] with a {blue} [hat], {best} {quality}"
    )
    assert marked("오리가 연못에서 헤엄친다") == "[오리가] [연못에서] {헤엄친다}"


@pytest.mark.parametrize(
    ("prompt", "read"),
    [
        ("a du\u200bck", "a [du\u200bck]"),
        ("\u202ea swan\u202c", "\u202ea [swan]\u202c"),
        ("연\u2060못 위의 오\u200b리", "[연\u2060못] 위의 [오\u200b리]"),
    ],
)
def test_what_cannot_be_seen_ends_no_word(prompt: str, read: str) -> None:
    assert marked(prompt) == read


def test_unknown_words_change_nothing_wherever_they_stand() -> None:
    chance = random.Random(3)
    scenes = np.random.default_rng(3)
    for _ in range(500):
        scene = random_scene(scenes, WORLDS["composed"])
        plain = canonical_caption(scene, left_out(scene, scenes) - {"facing"})
        words = plain.split()
        for _ in range(4):
            # Not between an adjective and its noun, where an unknown word may be the noun.
            words.insert(chance.choice([0, len(words)]), chance.choice(UNKNOWN))
        assert caption(" ".join(words)) == plain


def test_the_canonical_caption_of_every_scene_reads_as_itself() -> None:
    rng = np.random.default_rng(5)
    for _ in range(3000):
        scene = random_scene(rng, WORLDS["composed"])
        plain = canonical_caption(scene, left_out(scene, rng) - {"facing"})
        assert caption(plain) == plain


@pytest.mark.parametrize("world", ["middle", "composed"])
def test_captions_of_other_templates_are_read_as_their_scenes(world: str) -> None:
    """English and Korean, as the scorer is taught: everything that is always said comes back."""
    rng = np.random.default_rng(7)
    for _ in range(2000):
        scene = random_scene(rng, WORLDS[world])
        said = random_caption(scene, rng)
        assert caption(said) in _captions(scene), said


def _captions(scene: Scene) -> set[str]:
    """Every canonical caption of what `random_caption` may say of a scene; it knows nothing of the newer attributes."""
    newer = {"facing", "companion", "light", "weather", "scenery"}
    return {
        canonical_caption(scene, newer | {*silent})
        for silent in ((), ("colour",), ("background",), ("colour", "background"))
    }


@pytest.mark.parametrize("path", LADDERS, ids=lambda path: path.stem)
def test_the_ladders_rungs_are_read_as_what_they_say(path: Path) -> None:
    first, *rows = path.read_text().splitlines()
    rungs = VOCABULARY.ladder(first.removeprefix("# "))
    assert len(rungs) == 6
    wrong = []
    for row in rows[1:]:
        said, _, prompt = row.split("\t")
        if set(caption(prompt).split()) != set(rungs[int(said) - 1].split()):
            wrong.append(prompt)
    assert wrong in ([], ["funny little ducky"])


@given(st.text(max_size=400))
def test_any_text_is_read_and_its_spans_lie_inside(prompt: str) -> None:
    reading = VOCABULARY.read(prompt)
    at = 0
    for span in reading.spans:
        assert at <= span.start < span.end <= len(prompt)
        at = span.end
    assert VOCABULARY.read(reading.caption).caption == reading.caption


@pytest.mark.parametrize(
    "prompt",
    [
        "오리" * 1000,
        "오리" * 150,
        " ".join(f"du{i:x}ck" for i in range(40)),
        " ".join(f"gr{chr(97 + i)}" for i in range(26)),
    ],
    ids=["no end", "compound", "long words", "short words"],
)
def test_reading_whatever_a_stranger_writes_costs_milliseconds(prompt: str) -> None:
    VOCABULARY.read("a duck")
    began = time.process_time()
    VOCABULARY.read(prompt)
    assert time.process_time() - began < 0.03


@pytest.mark.parametrize(
    "broken", [{}, {"format": 2}, {"format": 1}, {"format": 1, "phrases": {"one": {}}}, {"a": "b" * 300_000}]
)
def test_what_is_no_vocabulary_is_refused(broken: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="vocabulary"):
        Vocabulary.of(broken)


@pytest.mark.parametrize(
    "path",
    [
        "phrases one swan",
        "phrases several swan",
        "phrases colour red",
        "phrases background pond",
        "phrases count",
        "phrases scenery",
        "usual_place swan",
        "traits lifeless",
        "classes particles",
    ],
)
def test_a_vocabulary_that_lacks_what_one_of_its_words_needs_is_refused_at_once(path: str) -> None:
    """Else whoever first writes that word would end the reading."""
    broken = json.loads(SHIPPED.read_text(encoding="utf-8"))
    *parents, last = path.split()
    part = broken
    for parent in parents:
        part = part[parent]
    del part[last]
    with pytest.raises(ValueError, match="vocabulary"):
        Vocabulary.of(broken)


@pytest.mark.parametrize(
    ("prompt", "seed", "text", "mirrored"),
    [
        ("a duck facing right on the left", 1, "a duck on the left", False),
        ("a duck facing left on the left", 2, "a duck on the right", True),
        ("a duck facing left in the middle", 2, "a duck", True),
        # Nobody said where it looks: the seed decides, for all prompts of a target alike.
        ("a duck on the left", 2, "a duck on the left", False),
        ("a duck on the left", 3, "a duck on the right", True),
        ("Pikachu", 3, "", False),
    ],
)
def test_what_looks_left_is_the_mirror_image_of_what_looks_right(
    prompt: str, seed: int, text: str, mirrored: bool
) -> None:
    assert VOCABULARY.drawing(prompt, seed) == Drawing(text, mirrored)
