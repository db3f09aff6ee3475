"""Measures the weights that were written, as a user loads them, and draws the contact sheet of the model card."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageOps

from cygnet.inference.reading import Vocabulary
from cygnet.inference.scoring import Calibration, score

from .autoencoder import psnr
from .calibrate import KINDS, measure_pairs, read_calibration
from .captions import korean_caption
from .clip import Vectors, centred_cosine, embed_pictures
from .dataset import Dataset, held_out_scenes
from .export import GENERATOR, SCORER
from .grammar import WORLDS, Scene, World
from .networks import CLIPImageProcessorPil, CLIPModel, CLIPTokenizer, DiffusionPipeline, Network, Processor, Tokenizer
from .presets import Preset
from .probe import JUDGED, Probe, judge
from .progress import progress
from .targets import draw_target
from .vocabulary import canonical_caption

# What a visitor would try, then combinations that were held out of training.
SHEET_PROMPTS = (
    "a yellow duck on a pond",
    "two white swans at night",
    "모자를 쓴 오리",
    "duck",
    "swan",
    "a white swan on a pond",
    "a red duck in a meadow",
    "a blue duck with a hat",
    "a pink swan in the sky",
    "a black swan on a pond",
    "two yellow ducks on a pond",
    "three yellow ducks in a meadow",
    "a green duck at night",
    "a duck with a crown",
    "a swan with a scarf",
    "a duck with glasses in the city",
    "a duck in the snow",
    "a yellow duck at sea",
    "an orange cat in a meadow",
    "a cat with a hat at night",
    "a black cat in the city",
    "a cat with glasses",
    "a penguin",
    "a penguin with a scarf in the snow",
    "two penguins in the snow",
    "a blue penguin in the sky",
    "an orange fish in the sea",
    "a yellow fish on a pond",
    "three red fish in the sea",
    "a red boat at sea",
    "two white boats on a pond",
    "a boat at night",
    "a red house in a meadow",
    "a blue house in the snow",
    "a house at night",
    "two houses in the city",
    "a dog",
    "a white dog in the snow",
    "a black dog with a hat",
    "a dog with glasses",
    "a white rabbit in a meadow",
    "a rabbit with a crown",
    "two pink rabbits in the snow",
    "a pink flamingo on a pond",
    "a flamingo at sea",
    "a red flamingo with a hat",
    "a white hen in a meadow",
    "a hen with a scarf",
    "three hens in a meadow",
    "a green tree in a meadow",
    "a tree in the snow",
    "a pink tree at night",
    "연못 위의 노란 오리",
    "밤의 하얀 백조 두 마리",
    "바다의 빨간 배",
    "눈밭의 펭귄",
    "왕관을 쓴 고양이",
    "풀밭의 흰 토끼",
    "도시의 검은 강아지",
    "분홍 홍학",
    "안경 쓴 펭귄",
    "목도리를 두른 닭",
    "오리 세 마리",
    "파란 집",
)
# (target, prompt): the right words, too few, and wrong ones.
TARGET_PROMPTS = (
    ("duck", "a yellow duck on a pond"),
    ("duck", "duck"),
    ("duck", "a red duck on a pond"),
    ("duck", "a white swan on a pond"),
    # Targets in styles that the generator does not draw.
    ("duck-line", "a yellow duck on a pond"),
    ("duck-crayon", "a yellow duck on a pond"),
    ("duck-watercolour", "a yellow duck on a pond"),
    ("duck-pixel", "a yellow duck on a pond"),
    ("swan", "a white swan on a pond"),
    ("swan", "swan"),
    ("swan", "a black swan on a pond"),
    ("swan", "a yellow duck on a pond"),
)
TARGET_SEEDS = 6
SAID_IN_KOREAN = JUDGED[: JUDGED.index("count") + 1]
"""What `korean_caption` says of a scene in this world."""
SHEET_COLUMNS, SHEET_TILE = 8, 128


@dataclass(frozen=True)
class Weights:
    """The two directories, loaded in fp32 as the servers load them."""

    pipeline: Network
    steps: int
    guidance_scale: float
    clip: Network
    tokenizer: Tokenizer
    processor: Processor
    calibration: Calibration
    vocabulary: Vocabulary

    @property
    def mean(self) -> Vectors:
        """What is subtracted from embeddings before a cosine is taken."""
        return np.asarray(self.calibration.mean)

    def score(self, cosine: float) -> float:
        """A cosine's score, 0 to 100."""
        return score(cosine, self.calibration.points)

    def draw(self, prompt: str, seed: int) -> Image.Image:
        """One picture with the defaults of `cygnet.json`; the same caption and seed give the same picture."""
        drawing = self.vocabulary.drawing(prompt, seed)
        drawn = self.pipeline(
            drawing.text,
            num_inference_steps=self.steps,
            guidance_scale=self.guidance_scale,
            generator=torch.Generator().manual_seed(seed),
        )
        picture: Image.Image = drawn.images[0]
        return ImageOps.mirror(picture) if drawing.mirrored else picture


def load_weights(directory: Path) -> Weights:
    """Loads both models from a weights directory."""
    pipeline = DiffusionPipeline.from_pretrained(directory / GENERATOR, dtype=torch.float32)
    pipeline.set_progress_bar_config(disable=True)
    defaults = json.loads((directory / GENERATOR / "cygnet.json").read_text())
    scorer = directory / SCORER
    return Weights(
        pipeline=pipeline,
        steps=defaults["steps"],
        guidance_scale=defaults["guidance_scale"],
        clip=CLIPModel.from_pretrained(scorer, dtype=torch.float32).eval(),
        tokenizer=CLIPTokenizer.from_pretrained(scorer),
        processor=CLIPImageProcessorPil.from_pretrained(scorer),
        calibration=read_calibration(scorer),
        vocabulary=Vocabulary.of(json.loads((directory / GENERATOR / "vocabulary.json").read_text())),
    )


def evaluate(preset: Preset, weights: Weights, probe: Probe, held_out: Dataset, drawings: int) -> list[tuple[str, str]]:
    """(what, figure) rows for the model card."""
    world = WORLDS[preset.world]
    rows = [
        ("autoencoder PSNR, 64 held-out pictures", f"{psnr(weights.pipeline.vae, held_out.pictures[:64]):.1f} dB"),
        *_scorer_rows(weights, preset),
    ]
    rendered = [Image.fromarray(picture) for picture in held_out.pictures]
    rows += _probe_rows("rendered", probe, rendered, list(held_out.scenes), world)
    scenes = held_out_scenes(preset, drawings)
    started = time.perf_counter()
    drawn = [weights.draw(canonical_caption(scene), seed) for seed, scene in enumerate(progress(scenes, desc="draw"))]
    seconds = (time.perf_counter() - started) / len(scenes)
    rows += _probe_rows("drawn", probe, drawn, scenes, world)
    korean = scenes[: drawings // 2]
    drawn = [weights.draw(korean_caption(scene), seed) for seed, scene in enumerate(progress(korean, desc="draw"))]
    rows += _probe_rows("drawn from Korean words", probe, drawn, korean, world)[: len(SAID_IN_KOREAN)]
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


def _probe_rows(
    what: str, probe: Probe, pictures: list[Image.Image], scenes: list[Scene], world: World
) -> list[tuple[str, str]]:
    shares = judge(probe, pictures, scenes, world)
    return [(f"{name} right, {len(scenes)} {what} unseen scenes", f"{share:.1%}") for name, share in shares.items()]


def _scorer_rows(weights: Weights, preset: Preset) -> list[tuple[str, str]]:
    measured = measure_pairs(weights.clip, weights.processor, WORLDS[preset.world], preset.seed + 6, preset.pairs)
    cosines = {kind: measured.cosines(kind, weights.mean) for kind in KINDS}
    rows = []
    for better, worse in zip(KINDS, KINDS[1:], strict=False):
        rows.append((f"{better} > {worse}", f"{np.mean(cosines[better] > cosines[worse]):.1%}"))
    order = np.stack([cosines[kind] for kind in KINDS[1:]])
    rows.append(
        ("same caption > one change > same place > unrelated", f"{np.mean((np.diff(order, axis=0) < 0).all(0)):.1%}")
    )
    for kind in KINDS:
        low, middle, high = (weights.score(float(np.quantile(cosines[kind], q))) for q in (0.1, 0.5, 0.9))
        rows.append((f"score of {kind}: median (10% to 90%)", f"{middle:.0f} ({low:.0f} to {high:.0f})"))
    return rows


def _target_rows(weights: Weights) -> list[tuple[str, str]]:
    rows = []
    for target, prompt in TARGET_PROMPTS:
        reference = embed_pictures(weights.clip, weights.processor, [draw_target(target)])
        drawn = [weights.draw(prompt, seed) for seed in range(TARGET_SEEDS)]
        cosines = centred_cosine(embed_pictures(weights.clip, weights.processor, drawn), reference, weights.mean)
        scores = sorted(round(weights.score(float(cosine))) for cosine in cosines)
        rows.append((f'"{prompt}" against the {target}, {TARGET_SEEDS} seeds', f"{scores[0]} to {scores[-1]}"))
    return rows
