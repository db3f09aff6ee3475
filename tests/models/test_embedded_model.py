"""The shipped weights: they load by the ordinary loaders, draw what the words say, and score as the card claims.

These are floors, well under the figures of `triton_models/weights/MODEL_CARD.md`: they catch weights that were cut
off, mixed up or trained on the wrong captions, not a model that is a little worse than it was.
"""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cygnet_training.__main__ import PROBE, SHIPPED, main
from cygnet_training.calibrate import KINDS, measure_pairs
from cygnet_training.captions import korean_caption
from cygnet_training.clip import CROPS, centred_cosine, embed_pictures
from cygnet_training.dataset import held_out_scenes
from cygnet_training.evaluate import Weights, load_weights
from cygnet_training.grammar import STYLES, WORLDS, Scene
from cygnet_training.presets import PRESETS
from cygnet_training.probe import Probe, judge, read_probe
from cygnet_training.renderer import render
from cygnet_training.targets import draw_target
from cygnet_training.vocabulary import canonical_caption

WEIGHTS = Path(__file__).parents[2] / "triton_models" / "weights"
PRESET = PRESETS[SHIPPED]
WORLD = WORLDS[PRESET.world]
# Shares that the probe must read right from pictures of 48 unseen scenes, and from 24 of them prompted in Korean.
FLOORS = {"species": 0.85, "colour": 0.95, "background": 0.95, "accessory": 0.7, "count": 0.9, "newest colours": 0.7}
NEWEST = tuple(set(WORLD.colour) - set(WORLDS["middle"].colour))
KOREAN_FLOORS = {"species": 0.85, "colour": 0.9, "background": 0.9, "accessory": 0.6, "count": 0.85}


@pytest.fixture(scope="module")
def weights() -> Weights:
    return load_weights(WEIGHTS)


@pytest.fixture(scope="module")
def probe() -> Probe:
    return read_probe(PROBE, WORLD)


def _similarity(weights: Weights, one: Image.Image, other: Image.Image) -> float:
    vectors = embed_pictures(weights.clip, weights.processor, [one, other])
    cosine = float(centred_cosine(vectors[:1], vectors[1:], weights.mean)[0])
    return weights.score(cosine)


def test_weights_are_small_enough_for_a_repository() -> None:
    total = sum(path.stat().st_size for path in WEIGHTS.rglob("*.safetensors"))
    assert 1_000_000 < total <= 60_000_000


def test_pictures_have_the_promised_size_and_repeat(weights: Weights) -> None:
    first = weights.draw("duck", seed=1)
    assert first.size == (256, 256)
    assert first.tobytes() == weights.draw("duck", seed=1).tobytes()
    assert first.tobytes() != weights.draw("duck", seed=2).tobytes()


def test_the_probe_reads_rendered_pictures(probe: Probe) -> None:
    """A probe that cannot read true pictures says nothing about drawn ones."""
    scenes = held_out_scenes(PRESET, 96)
    pictures = [render(scene, np.random.default_rng([1, i])) for i, scene in enumerate(scenes)]
    assert min(judge(probe, pictures, scenes, WORLD).values()) > 0.9


def test_unseen_words_together_draw_what_they_say(weights: Weights, probe: Probe) -> None:
    scenes = held_out_scenes(PRESET, 48)
    pictures = [weights.draw(canonical_caption(scene), seed) for seed, scene in enumerate(scenes)]
    shares = judge(probe, pictures, scenes, WORLD)
    # The three newest colours were learned for a short time only, and have a floor of their own.
    for colours, name in ((WORLDS["middle"].colour, "colour"), (NEWEST, "newest colours")):
        chosen = [i for i, scene in enumerate(scenes) if scene.colour in colours]
        shares[name] = judge(probe, [pictures[i] for i in chosen], [scenes[i] for i in chosen], WORLD)["colour"]
    assert all(shares[name] >= floor for name, floor in FLOORS.items()), shares


def test_korean_words_draw_what_they_say(weights: Weights, probe: Probe) -> None:
    scenes = held_out_scenes(PRESET, 24)
    pictures = [weights.draw(korean_caption(scene), seed) for seed, scene in enumerate(scenes)]
    shares = judge(probe, pictures, scenes, WORLD)
    assert all(shares[name] >= floor for name, floor in KOREAN_FLOORS.items()), shares


def test_a_drawn_duck_scores_more_against_the_duck_than_a_drawn_swan(weights: Weights) -> None:
    target = draw_target("duck")
    duck = _similarity(weights, weights.draw("a yellow duck on a pond", 1), target)
    swan = _similarity(weights, weights.draw("a white swan on a pond", 1), target)
    assert duck > swan + 10


def test_held_out_pairs_score_in_order(weights: Weights) -> None:
    """Same caption over one change over the same place over nothing in common, for fresh pictures."""
    measured = measure_pairs(weights.clip, weights.processor, WORLD, seed=77, pairs=120)
    cosines = [measured.cosines(kind, weights.mean) for kind in KINDS[1:]]
    for better, worse in zip(cosines, cosines[1:], strict=False):
        assert np.mean(better > worse) > 0.93
    assert np.mean((np.diff(np.stack(cosines), axis=0) < 0).all(axis=0)) > 0.93


@pytest.mark.parametrize("style", STYLES)
def test_a_target_in_any_style_finds_its_own(weights: Weights, style: str) -> None:
    target = render(Scene("swan", "white", "pond", style=style), np.random.default_rng(1))
    swan = render(Scene("swan", "white", "pond"), np.random.default_rng(2))
    house = render(Scene("house", "red", "night"), np.random.default_rng(3))
    assert _similarity(weights, swan, target) > _similarity(weights, house, target) + 20


def test_unknown_words_change_not_one_pixel(weights: Weights) -> None:
    plain = weights.draw("a duck", seed=1).tobytes()
    assert weights.draw("zebra 鴨子 🦆 " + "masterpiece " * 80, seed=1).tobytes() == plain


def test_scores_order_kinds_of_pairs(weights: Weights) -> None:
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
    assert [tuple(crop) for crop in record["crops"]] == list(CROPS), "measured in another way than scored"
    for points in (record["points"], record["parts"]["what"]["points"], record["parts"]["look"]["points"]):
        cosines, scores = zip(*points, strict=True)
        assert len(points) == 8
        assert list(cosines) == sorted(cosines)
        assert list(scores) == sorted(scores)
        assert (scores[0], scores[-1]) == (0, 100)


def test_every_stage_runs_and_may_be_repeated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The smoke presets: models of noise, made by the same code as the real ones, the second from the first."""
    monkeypatch.setenv("CYGNET_TRAINING_DIR", str(tmp_path))
    main(["all", "--preset", "smoke", "--drawings", "2"])
    main(["all", "--preset", "smoke-on", "--drawings", "2"])
    main(["render", "autoencoder", "latents", "unet", "student", "--preset", "smoke-on"])
    assert (tmp_path / "smoke-on" / "weights" / "cygnet-tiny" / "model_index.json").exists()
    assert (tmp_path / "smoke-on" / "weights" / "contact_sheet.png").exists()
