"""The examination of a target: what is tried, what counts as fair, and what is said of it."""

import io
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image, ImageStat

from cygnet.doctor.attacks import NO_GAIN, PROMPTS
from cygnet.doctor.examination import POOR, Examination, Terms, examine, steps_of
from cygnet.inference.attacks import LIMIT, PICTURES, SHARE, SIZE, Attack, Subject, look
from cygnet.inference.scoring import Calibration
from cygnet.inference.triton import Drawing, DrawingFailed, Embedding, ModelInfo, ScorerInfo

TERMS = Terms(steps=4, size=256, longest_prompt=60, seeds=3)
SCORER = ScorerInfo("builtin://clip", "b" * 64, Calibration("test-1", (0.0, 0.0), ((0.0, 0.0), (1.0, 100.0))))
TARGET = 1.0
HONEST = "a rubber duck"


def png(colour: str) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (64, 64), colour).save(file, "PNG")
    return file.getvalue()


PICTURES_OF_CONTEST = {"rubber-duck": png("gold"), "swan": png("white")}


class GeneratorDouble:
    """Cosines with the target, by prompt; every picture that is not the target has `pictures`."""

    def __init__(self, prompts: Callable[[str, int], float], pictures: float) -> None:
        self._prompts = prompts
        self._pictures = pictures
        self.drawn: list[tuple[str, int]] = []

    async def draw_and_score(self, prompt: str, seed: int, steps: int, size: int) -> Drawing:
        assert (steps, size) == (4, 256)
        self.drawn.append((prompt, seed))
        embedding = _at(self._prompts(prompt, seed))
        nothing = np.zeros((0, 2), dtype=np.float32)
        return Drawing(b"", len(prompt), embedding, nothing, ModelInfo("builtin://tiny", "a" * 64), SCORER)

    async def embed(self, picture: bytes) -> Embedding:
        return Embedding(_at(TARGET if picture == PICTURES_OF_CONTEST["rubber-duck"] else self._pictures), SCORER)


def _at(cosine: float) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    return np.array([cosine, np.sqrt(1 - cosine**2)], dtype=np.float32)


async def examined(generator: GeneratorDouble, *ladder: str) -> tuple[Examination, int]:
    steps = 0

    def stepped() -> None:
        nonlocal steps
        steps += 1

    return await examine(generator, "rubber-duck", PICTURES_OF_CONTEST, [HONEST], TERMS, stepped, ladder), steps


def drawn(honest: float, attack: float) -> Callable[[str, int], float]:
    return lambda prompt, seed: (honest if prompt == HONEST else attack) + (seed - 1) * 0.1


async def test_a_target_is_fair_where_only_drawing_pays() -> None:
    generator = GeneratorDouble(drawn(0.6, 0.3), 0.2)
    examination, steps = await examined(generator)
    assert not examination.gameable
    # Medians: the seeds around do not count.
    assert examination.honest == pytest.approx(60)
    assert {tried.attack for tried in examination.tried} == {attack.name for attack in (*PICTURES, *PROMPTS)}
    assert steps == steps_of(1, TERMS)
    assert {seed for _, seed in generator.drawn} == {0, 1, 2}


async def test_a_picture_that_scores_like_a_drawing_is_named() -> None:
    examination, _ = await examined(GeneratorDouble(drawn(0.6, 0.3), 0.6 * SHARE + 0.01))
    assert examination.gameable
    assert {tried.attack for tried in examination.tried if tried.succeeded} == {attack.name for attack in PICTURES}


async def test_a_name_said_often_may_draw_it_and_must_not_gain() -> None:
    async def repeated(gain: float) -> bool:
        def prompts(prompt: str, seed: int) -> float:
            return 0.6 if prompt == HONEST else 0.6 * gain if "duck rubber duck" in prompt else 0.1

        return (await examined(GeneratorDouble(prompts, 0.1)))[0].gameable

    assert not await repeated(1.0)
    assert not await repeated(NO_GAIN - 0.01)
    assert await repeated(NO_GAIN + 0.01)


async def test_a_target_that_nobody_can_draw_is_said_to_be_one() -> None:
    examination, _ = await examined(GeneratorDouble(drawn(0.2, 0.15), 0.0))
    assert examination.poor
    # Two thirds of next to nothing are no limit: 15 points are nobody's while.
    assert not examination.gameable
    assert {tried.limit for tried in examination.tried} == {SHARE * POOR, NO_GAIN * POOR}


async def test_words_that_the_generator_refuses_are_worth_nothing() -> None:
    def refused(prompt: str, seed: int) -> float:
        if prompt != HONEST:
            raise DrawingFailed("no word of PROMPT names a thing that this model draws", refused=True)
        return 0.6

    examination, steps = await examined(GeneratorDouble(refused, 0.0))
    assert {tried.score for tried in examination.tried if tried.attack in {attack.name for attack in PROMPTS}} == {0.0}
    assert not examination.gameable
    assert steps == steps_of(1, TERMS)


async def test_what_scores_nothing_never_succeeds() -> None:
    examination, _ = await examined(GeneratorDouble(drawn(0.0, 0.0), 0.0))
    assert not examination.gameable


RUNGS = ("a duck", "a red duck", "a red duck in the snow")


@pytest.mark.parametrize(
    ("cosines", "pays"),
    [
        ((0.2, 0.4, 0.6), [True, True, True]),
        ((0.2, 0.27, 0.6), [True, False, True]),
        ((0.3, 0.5, 0.5), [False, True, False]),
    ],
)
async def test_effort_pays_where_the_noun_is_worth_little_and_each_part_is_worth_saying(
    cosines: tuple[float, ...], pays: list[bool]
) -> None:
    worth = dict(zip(RUNGS, cosines, strict=True))
    examination, steps = await examined(GeneratorDouble(lambda prompt, _: worth.get(prompt, 0.6), 0.0), *RUNGS)
    assert [rung.pays for rung in examination.ladder] == pays
    assert examination.effort_pays == all(pays)
    second = examination.ladder[1]
    assert (second.caption, second.pays) == (RUNGS[1], pays[1])
    assert second.gain == pytest.approx((cosines[1] - cosines[0]) * 100)
    assert steps == steps_of(1 + len(RUNGS), TERMS)


@pytest.mark.parametrize(("pictures", "succeeded"), [(0.1, False), (LIMIT / 100 + 0.01, True)])
async def test_a_look_at_a_target_draws_nothing(pictures: float, succeeded: bool) -> None:
    generator = GeneratorDouble(drawn(0.6, 0.3), pictures)
    tried = await look(generator.embed, PICTURES_OF_CONTEST["rubber-duck"])
    assert {attack.name for attack in PICTURES} - {each.attack for each in tried} == {"word", "collage"}
    assert {each.succeeded for each in tried} == {succeeded}
    assert not generator.drawn


async def test_prompts_are_what_a_player_could_send() -> None:
    generator = GeneratorDouble(drawn(0.6, 0.3), 0.2)
    await examined(generator)
    prompts = {prompt for prompt, _ in generator.drawn}
    assert len(prompts) == 1 + len(PROMPTS)
    assert max(map(len, prompts)) == TERMS.longest_prompt
    assert 'the word "RUBBER DUCK"' in prompts


@pytest.mark.parametrize("attack", PICTURES, ids=lambda attack: attack.name)
def test_an_attack_is_the_same_picture_each_time_and_never_the_target(attack: Attack[Image.Image]) -> None:
    target = Image.fromarray(np.random.default_rng(1).integers(0, 256, (64, 64, 3), dtype=np.uint8))
    subject = Subject("rubber duck", target.resize((300, 200)), [target, Image.new("RGBA", (50, 50), "red")])
    picture = attack.make(subject)
    assert (picture.size, picture.mode) == ((SIZE, SIZE), "RGB")
    assert picture.tobytes() == attack.make(subject).tobytes()
    assert picture.tobytes() != target.resize((SIZE, SIZE)).tobytes()


def test_the_word_is_on_the_paper_and_within_it() -> None:
    word = next(attack for attack in PICTURES if attack.name == "word")
    for name in ("a", "duck", "x" * 63):
        picture = word.make(Subject(name, Image.new("RGB", (8, 8)), []))
        assert 0.5 < 255 - ImageStat.Stat(picture.convert("L")).mean[0] < 128
        if len(name) < 40:
            assert np.asarray(picture)[:, [0, -1]].min() == 255
