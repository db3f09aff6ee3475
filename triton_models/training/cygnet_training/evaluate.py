"""Measures the weights that were written, as a user loads them, and draws the contact sheet of the model card."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from .autoencoder import psnr
from .calibrate import KINDS, measure_pairs, read_calibration, score
from .clip import Vectors, centred_cosine, embed_captions, embed_pictures
from .dataset import Dataset, held_out_scenes
from .export import GENERATOR, SCORER
from .grammar import BACKGROUNDS, COLOURS, SPECIES, Scene, plain_caption
from .networks import CLIPImageProcessorPil, CLIPModel, CLIPTokenizer, DiffusionPipeline, Network, Processor, Tokenizer
from .presets import Preset
from .progress import progress
from .targets import draw_target

# What a visitor would try first, then pairs of words that training never showed together.
SHEET_PROMPTS = (
    "a yellow duck on a pond",
    "a white swan on a pond",
    "duck",
    "swan",
    "two white swans at night",
    "a red duck in a meadow",
    "a blue duck with a hat",
    "a pink swan in the sky",
    "a black swan on a pond",
    "two yellow ducks on a pond",
    "a green duck at night",
    "an orange cat in a meadow",
    "a penguin",
    "an orange fish on a pond",
    "a red boat on a pond",
    "a blue house in a meadow",
    "연못 위의 노란 오리",
    "밤의 하얀 백조 두 마리",
    "모자 쓴 파란 오리",
    "a cat with a hat at night",
)
# (target, prompt): what a visitor scores with the right words, with too few, and with wrong ones.
TARGET_PROMPTS = (
    ("duck", "a yellow duck on a pond"),
    ("duck", "duck"),
    ("duck", "a red duck on a pond"),
    ("duck", "a white swan on a pond"),
    ("swan", "a white swan on a pond"),
    ("swan", "swan"),
    ("swan", "a black swan on a pond"),
    ("swan", "a yellow duck on a pond"),
)
TARGET_SEEDS = 6
SHEET_COLUMNS, SHEET_TILE = 5, 192


@dataclass(frozen=True)
class Weights:
    """The two directories, loaded in fp32 as the servers load them."""

    pipeline: Network
    steps: int
    guidance_scale: float
    clip: Network
    tokenizer: Tokenizer
    processor: Processor
    mean: Vectors
    points: list[list[float]]

    def draw(self, prompt: str, seed: int) -> Image.Image:
        """One picture with the defaults of `cygnet.json`; the same prompt and seed give the same picture."""
        drawn = self.pipeline(
            prompt,
            num_inference_steps=self.steps,
            guidance_scale=self.guidance_scale,
            generator=torch.Generator().manual_seed(seed),
        )
        picture: Image.Image = drawn.images[0]
        return picture


def load_weights(directory: Path) -> Weights:
    """Loads both models from a weights directory."""
    pipeline = DiffusionPipeline.from_pretrained(directory / GENERATOR, dtype=torch.float32)
    pipeline.set_progress_bar_config(disable=True)
    defaults = json.loads((directory / GENERATOR / "cygnet.json").read_text())
    scorer = directory / SCORER
    mean, points = read_calibration(scorer)
    return Weights(
        pipeline=pipeline,
        steps=defaults["steps"],
        guidance_scale=defaults["guidance_scale"],
        clip=CLIPModel.from_pretrained(scorer, dtype=torch.float32).eval(),
        tokenizer=CLIPTokenizer.from_pretrained(scorer),
        processor=CLIPImageProcessorPil.from_pretrained(scorer),
        mean=mean,
        points=points,
    )


def evaluate(preset: Preset, weights: Weights, held_out: Dataset, drawings: int) -> list[tuple[str, str]]:
    """(what, figure) rows for the model card."""
    rows = [
        (
            "autoencoder PSNR, 64 held-out pictures",
            f"{psnr(weights.pipeline.vae, held_out.pictures[:64]):.1f} dB",
        )
    ]
    rows += _scorer_rows(weights, preset)
    scenes = list(held_out_scenes())[:: max(1, len(held_out_scenes()) // drawings)][:drawings]
    rows += _probe_rows(
        "rendered",
        weights,
        [Image.fromarray(p) for p in held_out.pictures[: len(held_out_scenes())]],
        list(held_out.scenes[: len(held_out_scenes())]),
    )
    started = time.perf_counter()
    drawn = [weights.draw(plain_caption(scene), seed) for seed, scene in enumerate(progress(scenes, desc="draw"))]
    seconds = (time.perf_counter() - started) / len(scenes)
    rows += _probe_rows("drawn", weights, drawn, scenes)
    rows += _target_rows(weights)
    rows.append((f"seconds a picture, {weights.steps} steps, {torch.get_num_threads()} threads", f"{seconds:.2f}"))
    return rows


def contact_sheet(weights: Weights, prompts: Sequence[str] = SHEET_PROMPTS, seed: int = 1) -> Image.Image:
    """The pictures of the prompts, row by row, one seed for all, none chosen by hand."""
    rows = -(-len(prompts) // SHEET_COLUMNS)
    sheet = Image.new("RGB", (SHEET_COLUMNS * SHEET_TILE, rows * SHEET_TILE))
    for index, prompt in enumerate(prompts):
        tile = weights.draw(prompt, seed).resize((SHEET_TILE, SHEET_TILE), Image.Resampling.LANCZOS)
        sheet.paste(tile, (index % SHEET_COLUMNS * SHEET_TILE, index // SHEET_COLUMNS * SHEET_TILE))
    return sheet


def probe(weights: Weights, pictures: list[Image.Image], scenes: list[Scene]) -> dict[str, float]:
    """Share of pictures whose true word the scorer prefers to every other word for the same attribute."""
    seen = embed_pictures(weights.clip, weights.processor, pictures)
    shares = {}
    for attribute, values in _choices().items():
        right = 0
        for vector, scene in zip(seen, scenes, strict=True):
            captions = [plain_caption(replace(scene, **{attribute: value})) for value in values]
            said = embed_captions(weights.clip, weights.tokenizer, captions)
            right += values[int((said @ vector).argmax())] == getattr(scene, attribute)
        shares[attribute] = right / len(scenes)
    return shares


def _choices() -> dict[str, list[Any]]:
    return {
        "species": list(SPECIES),
        "colour": list(COLOURS),
        "background": list(BACKGROUNDS),
        "hat": [False, True],
        "count": [1, 2],
    }


def _probe_rows(what: str, weights: Weights, pictures: list[Image.Image], scenes: list[Scene]) -> list[tuple[str, str]]:
    shares = probe(weights, pictures, scenes)
    return [(f"{name} right, {len(scenes)} {what} unseen scenes", f"{share:.1%}") for name, share in shares.items()]


def _scorer_rows(weights: Weights, preset: Preset) -> list[tuple[str, str]]:
    cosines, _ = measure_pairs(weights.clip, weights.processor, weights.mean, preset.seed + 6, preset.pairs)
    rows = []
    for better, worse in zip(KINDS, KINDS[1:], strict=False):
        rows.append((f"{better} > {worse}", f"{np.mean(cosines[better] > cosines[worse]):.1%}"))
    rows.append(("same caption > unrelated", f"{np.mean(cosines['same caption'] > cosines['unrelated']):.1%}"))
    for kind in KINDS:
        low, middle, high = (score(float(np.quantile(cosines[kind], q)), weights.points) for q in (0.1, 0.5, 0.9))
        rows.append((f"score of {kind}: median (10% to 90%)", f"{middle:.0f} ({low:.0f} to {high:.0f})"))
    return rows


def _target_rows(weights: Weights) -> list[tuple[str, str]]:
    rows = []
    for target, prompt in TARGET_PROMPTS:
        wanted = embed_pictures(weights.clip, weights.processor, [draw_target(target)])
        drawn = [weights.draw(prompt, seed) for seed in range(TARGET_SEEDS)]
        cosines = centred_cosine(embed_pictures(weights.clip, weights.processor, drawn), wanted, weights.mean)
        scores = sorted(round(score(float(cosine), weights.points)) for cosine in cosines)
        rows.append((f'"{prompt}" against the {target}, {TARGET_SEEDS} seeds', f"{scores[0]} to {scores[-1]}"))
    return rows
