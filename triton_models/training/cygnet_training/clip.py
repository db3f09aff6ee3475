"""The scorer: a small CLIP, its text tower also being the generator's text encoder.

Two losses: pictures against captions, which makes the embedding say what is in the picture, and two views of a picture
against all other pictures, which keeps where and how things stand, so that a near copy outscores a namesake.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn

from .dataset import Dataset, Pictures
from .grammar import random_caption
from .networks import (
    CLIPConfig,
    CLIPImageProcessorPil,
    CLIPModel,
    CLIPTextConfig,
    CLIPVisionConfig,
    Network,
    Processor,
    Tokenizer,
)
from .optimise import Run
from .presets import Preset, Schedule
from .progress import progress

Vectors = NDArray[np.float64]
PICTURE_TEMPERATURE = 0.1
PLACES_SHARE = 0.55


def new_clip(preset: Preset, tokenizer: Tokenizer) -> Network:
    """An untrained CLIP. Attention is computed plainly: the fused kernel's backward pass is slow on CPUs."""
    text = CLIPTextConfig(
        vocab_size=len(tokenizer),
        hidden_size=preset.text_width,
        intermediate_size=preset.text_width * 4,
        num_hidden_layers=preset.text_layers,
        num_attention_heads=preset.text_width // 32,
        max_position_embeddings=preset.tokens,
        projection_dim=preset.clip_projection,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    vision = CLIPVisionConfig(
        hidden_size=preset.clip_width,
        intermediate_size=preset.clip_width * 4,
        num_hidden_layers=preset.clip_layers,
        num_attention_heads=preset.clip_width // 32,
        image_size=preset.clip_size,
        patch_size=preset.clip_patch,
        projection_dim=preset.clip_projection,
    )
    config = CLIPConfig(text_config=text, vision_config=vision, projection_dim=preset.clip_projection)
    config._attn_implementation = "eager"
    return CLIPModel(config)


def new_processor(preset: Preset) -> Processor:
    """What turns a picture of any size into the scorer's pixels, values in [-1, 1]."""
    side = {"height": preset.clip_size, "width": preset.clip_size}
    return CLIPImageProcessorPil(
        size={"shortest_edge": preset.clip_size},
        crop_size=side,
        resample=Image.Resampling.BILINEAR,
        image_mean=[0.5, 0.5, 0.5],
        image_std=[0.5, 0.5, 0.5],
    )


def tokenise(tokenizer: Tokenizer, captions: list[str]) -> Tensor:
    """(n, tokens) int64 ids, padded and cut as the pipeline does it."""
    ids: Tensor = tokenizer(
        captions,
        padding="max_length",
        truncation=True,
        max_length=tokenizer.model_max_length,
        return_tensors="pt",
    )["input_ids"]
    return ids


def thumbnails(preset: Preset, pictures: Pictures, path: Path) -> Pictures:
    """(n, clip_size, clip_size, 3) uint8, resized as the processor does it and kept at `path`."""
    if path.exists():
        return np.asarray(np.load(path))
    side = (preset.clip_size, preset.clip_size)
    small = [
        np.asarray(Image.fromarray(picture).resize(side, Image.Resampling.BILINEAR))
        for picture in progress(pictures, desc="thumbnails")
    ]
    np.save(path, np.stack(small))
    return np.stack(small)


@dataclass(frozen=True)
class Lesson:
    """What one phase of training asks for: how far views move apart, how much they count, and against what."""

    movement: float
    picture_weight: float
    siblings: bool


WORDS = Lesson(movement=0.08, picture_weight=0.3, siblings=False)
PLACES = Lesson(movement=0.02, picture_weight=1.0, siblings=True)


def train_clip(preset: Preset, data: Dataset, tokenizer: Tokenizer, folder: Path) -> None:
    """Trains the scorer from nothing: first the words; then, with the text tower still, where things stand.

    In the second phase each picture is in the batch with another of the same scene, to be told apart from it.
    Each phase leaves a checkpoint, which `blend` joins.
    """
    torch.manual_seed(preset.seed)
    clip = Run("clip-words", new_clip(preset, tokenizer), preset.clip_words, folder)
    learned = clip.train(preset.seed + 3, _loss(clip, WORDS, preset.clip_words, preset, data, tokenizer, folder))
    learned.requires_grad_(True)
    learned.text_model.requires_grad_(False)
    learned.text_projection.requires_grad_(False)
    clip = Run("clip", learned, preset.clip, folder)
    clip.train(preset.seed + 4, _loss(clip, PLACES, preset.clip, preset, data, tokenizer, folder))


def blend(words: Network, places: Network) -> Network:
    """The shipped scorer: weights between those of the two phases, which orders captions nearly as well as the first
    and tells copies from namesakes nearly as well as the second. The text tower is the same in all three.

    Source: M. Wortsman et al., "Robust fine-tuning of zero-shot models", 2022.
    """
    with torch.no_grad():
        for parameter, other in zip(words.parameters(), places.parameters(), strict=True):
            parameter.lerp_(other, PLACES_SHARE)
    return words


def _loss(
    run: Run, lesson: Lesson, schedule: Schedule, preset: Preset, data: Dataset, tokenizer: Tokenizer, folder: Path
) -> Callable[[np.random.Generator], Tensor]:
    folder.mkdir(parents=True, exist_ok=True)
    small = thumbnails(preset, data.pictures, folder / "thumbnails.npy")
    numbers = {scene: number for number, scene in enumerate(dict.fromkeys(data.scenes))}
    labels = np.array([numbers[scene] for scene in data.scenes])
    members = [np.flatnonzero(labels == number) for number in range(len(numbers))]
    clip: Network = run.fast

    def loss_at(rng: np.random.Generator) -> Tensor:
        chosen = rng.integers(len(labels), size=schedule.batch)
        if lesson.siblings:
            half = schedule.batch // 2
            chosen[half : half * 2] = [rng.choice(members[labels[i]]) for i in chosen[:half]]
        ids = _without_padding(tokenise(tokenizer, [random_caption(data.scenes[i], rng) for i in chosen]))
        pictures = torch.from_numpy(small[chosen]).permute(0, 3, 1, 2).to(torch.float32) / 127.5 - 1
        views = torch.cat([_view(pictures, lesson.movement), _view(pictures, lesson.movement)]).to(run.dtype)
        seen = _unit(clip.get_image_features(pixel_values=views).pooler_output.float())
        said = _unit(clip.get_text_features(input_ids=ids).pooler_output.float())
        first, second = seen.chunk(2)
        same = torch.from_numpy(labels[chosen])
        scale = clip.logit_scale.float().exp().clamp(max=100.0)
        words = _contrast(first @ said.T * scale, same) + _contrast(second @ said.T * scale, same)
        copies = _contrast(first @ second.T / PICTURE_TEMPERATURE, torch.from_numpy(chosen))
        return words / 2 + lesson.picture_weight * copies

    return loss_at


@torch.no_grad()
def embed_pictures(clip: Network, processor: Processor, pictures: list[Image.Image]) -> Vectors:
    """(n, projection) float64: L2-normalised embeddings averaged over each picture and its mirror image."""
    vectors = []
    for start in range(0, len(pictures), 64):
        pixels = processor(images=pictures[start : start + 64], return_tensors="pt")["pixel_values"].float()
        both = [_unit(clip.get_image_features(pixel_values=p).pooler_output) for p in (pixels, pixels.flip(-1))]
        vectors.append((both[0].double() + both[1].double()).numpy() / 2)
    return np.concatenate(vectors)


@torch.no_grad()
def embed_captions(clip: Network, tokenizer: Tokenizer, captions: list[str]) -> Vectors:
    """(n, projection) float64 L2-normalised embeddings."""
    features = clip.get_text_features(input_ids=tokenise(tokenizer, captions)).pooler_output
    return np.asarray(_unit(features).double().numpy())


def _unit(vectors: Tensor) -> Tensor:
    return nn.functional.normalize(vectors, dim=-1)


def _contrast(logits: Tensor, labels: Tensor) -> Tensor:
    """Cross entropy both ways; rows and columns with the same label all count as right."""
    right = (labels[:, None] == labels[None, :]).float()
    wanted = right / right.sum(1, keepdim=True)
    forward, backward = logits.log_softmax(1), logits.log_softmax(0)
    return -((wanted * forward).sum(1).mean() + (wanted.T * backward).sum(0).mean()) / 2


def _without_padding(ids: Tensor) -> Tensor:
    """Cuts the columns that are padding in every row; attention is causal, so nothing before them changes."""
    return ids[:, : int((ids != ids[:, -1:]).sum(1).max()) + 1]


def _view(pictures: Tensor, movement: float) -> Tensor:
    """One random view of each (n, 3, h, w) picture: moved, resized, mirrored, with other light, noise and blur."""
    count = len(pictures)
    scale = 1 + (torch.rand(count) - 0.5) * 2 * movement
    mirror = torch.where(torch.rand(count) < 0.5, -1.0, 1.0)
    place = torch.zeros(count, 2, 3)
    place[:, 0, 0], place[:, 1, 1] = scale * mirror, scale
    place[:, :, 2] = (torch.rand(count, 2) - 0.5) * 2 * movement
    grid = nn.functional.affine_grid(place, list(pictures.shape), align_corners=False)
    moved = nn.functional.grid_sample(pictures, grid, padding_mode="reflection", align_corners=False)
    if torch.rand(()) < 0.3:
        moved = nn.functional.avg_pool2d(moved, 3, stride=1, padding=1, count_include_pad=False)
    light = 1 + (torch.rand(count, 3, 1, 1) - 0.5) * 0.1
    shift = (torch.rand(count, 3, 1, 1) - 0.5) * 0.1
    noise = torch.randn_like(moved) * torch.rand(count, 1, 1, 1) * 0.1
    return (moved * light + shift + noise).clamp(-1, 1)


def centred_cosine(one: Vectors, other: Vectors, mean: Vectors) -> Vectors:
    """Row-wise cosine of embeddings after subtracting the calibration's mean."""
    a, b = one - mean, other - mean
    return np.asarray((a * b).sum(-1) / (np.linalg.norm(a, axis=-1) * np.linalg.norm(b, axis=-1)))
