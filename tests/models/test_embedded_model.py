"""The shipped weights: they load by the ordinary loaders, draw what the words say, and score as the card claims.

These are floors, well under the figures of `triton_models/weights/MODEL_CARD.md`: they catch weights that were cut
off, mixed up or trained on the wrong captions, not a model that is a little worse than it was.
"""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from cygnet_training.__main__ import main
from cygnet_training.calibrate import score
from cygnet_training.clip import centred_cosine, embed_captions, embed_pictures
from cygnet_training.evaluate import Weights, load_weights
from cygnet_training.grammar import Scene, plain_caption
from cygnet_training.renderer import render
from cygnet_training.targets import draw_target

WEIGHTS = Path(__file__).parents[2] / "triton_models" / "weights"
PROMPTS = {
    "a yellow duck on a pond": "duck",
    "a blue duck with a hat": "duck",
    "duck": "duck",
    "a white swan on a pond": "swan",
    "a black swan at night": "swan",
    "swan": "swan",
}


@pytest.fixture(scope="module")
def weights() -> Weights:
    return load_weights(WEIGHTS)


@pytest.fixture(scope="module")
def drawn(weights: Weights) -> dict[str, Image.Image]:
    return {prompt: weights.draw(prompt, seed=1) for prompt in PROMPTS}


def _similarity(weights: Weights, one: Image.Image, other: Image.Image) -> float:
    vectors = embed_pictures(weights.clip, weights.processor, [one, other])
    cosine = float(centred_cosine(vectors[:1], vectors[1:], weights.mean)[0])
    return score(cosine, weights.points)


def test_weights_are_small_enough_for_a_repository() -> None:
    total = sum(path.stat().st_size for path in WEIGHTS.rglob("*.safetensors"))
    assert 1_000_000 < total <= 60_000_000


def test_pictures_have_the_promised_size_and_repeat(weights: Weights, drawn: dict[str, Image.Image]) -> None:
    first = drawn["duck"]
    assert first.size == (256, 256)
    assert first.tobytes() == weights.draw("duck", seed=1).tobytes()
    assert first.tobytes() != weights.draw("duck", seed=2).tobytes()


def test_ducks_look_like_ducks_and_swans_like_swans(weights: Weights, drawn: dict[str, Image.Image]) -> None:
    words = embed_captions(weights.clip, weights.tokenizer, ["a duck", "a swan"])
    seen = embed_pictures(weights.clip, weights.processor, list(drawn.values()))
    says = ["duck" if row[0] > row[1] else "swan" for row in seen @ words.T]
    right = sum(said == wanted for said, wanted in zip(says, PROMPTS.values(), strict=True))
    assert right >= len(PROMPTS) - 1, says


def test_a_drawn_duck_scores_more_against_the_duck_than_a_drawn_swan(
    weights: Weights, drawn: dict[str, Image.Image]
) -> None:
    target = draw_target("duck")
    duck = _similarity(weights, drawn["a yellow duck on a pond"], target)
    swan = _similarity(weights, drawn["a white swan on a pond"], target)
    assert duck > swan + 10


def test_words_that_were_never_seen_draw_something(weights: Weights) -> None:
    picture = np.asarray(weights.draw("zebra 鴨子 🦆 " + "duck " * 80, seed=1))
    assert picture.std() > 5


def test_scores_order_kinds_of_likeness(weights: Weights) -> None:
    scene = Scene("duck", "yellow", "pond")
    target = render(scene, np.random.default_rng(1))
    same = render(scene, np.random.default_rng(2))
    red = render(Scene("duck", "red", "pond"), np.random.default_rng(3))
    house = render(Scene("house", "blue", "night"), np.random.default_rng(4))
    scores = [_similarity(weights, picture, target) for picture in (target, same, red, house)]
    assert scores == sorted(scores, reverse=True)
    assert scores[0] == pytest.approx(100.0, abs=1e-6)
    assert scores[-1] < 15


def test_the_calibration_is_monotone_and_whole() -> None:
    """Eight knots: fewer mean that the scorer confused two kinds of pairs when it was calibrated."""
    record = json.loads((WEIGHTS / "cygnet-clip" / "calibration.json").read_text())
    assert len(record["points"]) == 8
    cosines, scores = zip(*record["points"], strict=True)
    assert list(cosines) == sorted(cosines)
    assert list(scores) == sorted(scores)
    assert (scores[0], scores[-1]) == (0, 100)


def test_the_text_tower_is_the_generators_text_encoder(weights: Weights) -> None:
    words = [plain_caption(Scene("swan", "pink", "sky"))]
    ids = weights.pipeline.tokenizer(words, return_tensors="pt")["input_ids"]
    with torch.no_grad():
        ours = weights.pipeline.text_encoder(ids).last_hidden_state
        theirs = weights.clip.text_model(ids).last_hidden_state
    assert torch.allclose(ours, theirs, atol=1e-5)


def test_every_stage_runs_and_may_be_repeated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The smoke preset: a model of noise, made by the same code as the real one."""
    monkeypatch.setenv("CYGNET_TRAINING_DIR", str(tmp_path))
    arguments = ["--preset", "smoke", "--drawings", "1"]
    main(["all", *arguments])
    main(["render", "autoencoder", "latents", "unet", *arguments])
    assert (tmp_path / "smoke" / "weights" / "cygnet-tiny" / "model_index.json").exists()
    assert (tmp_path / "smoke" / "weights" / "contact_sheet.png").exists()
