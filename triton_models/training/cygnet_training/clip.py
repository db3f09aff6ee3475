"""The scorer: a small CLIP, its text tower also being the generator's text encoder.

It learns words first: pictures against captions, with relatives that differ in one attribute side by side. Then it
learns likeness: the cosine of two pictures shall be what `likeness.py` says of their scenes, and 1 for two views of one
picture, so that a near copy outscores a namesake. The first half of the embedding learns what is there, the second how
it looks.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn

from .captions import random_caption
from .dataset import RELATIVES, Dataset
from .decoys import decoys_of
from .grammar import Scene
from .likeness import likeness
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
from .presets import Preset

Vectors = NDArray[np.float64]
PICTURE_TEMPERATURE = 0.1
COPIES_WEIGHT = 0.2
WORDS_WEIGHT = 0.05
VIEW_MOVEMENT = 0.1
"""How far a view may be moved and resized while likeness is learned: as far as the crops are."""
TOGETHER = 4
ORDER_WEIGHT, ORDER_TEMPERATURE = 0.25, 0.05
DECOY_WHAT, DECOY_LOOK = 0.1, 0.4
CROPS = ((0.0, 0.0, 0.9), (0.1, 0.0, 0.9), (0.0, 0.1, 0.9), (0.1, 0.1, 0.9))
"""What is embedded besides a whole picture: (left, top, side) as shares of its sides. Patches are as large as a
hat, so much hangs on where their borders fall: docs/decisions/0012-crops.md."""
HALF = 64
WHAT_HALF, LOOK_HALF = slice(0, HALF), slice(HALF, 2 * HALF)


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


def train_clip(preset: Preset, families: Dataset, tokenizer: Tokenizer, folder: Path) -> None:
    """Trains the scorer from nothing: first the words; then, with the text tower still, how alike pictures are."""
    torch.manual_seed(preset.seed)
    words = Run("clip-words", new_clip(preset, tokenizer), preset.clip_words, folder)
    learned = words.train(preset.seed + 3, _words_loss(words, families, tokenizer))
    learned.requires_grad_(True)
    learned.text_model.requires_grad_(False)
    learned.text_projection.requires_grad_(False)
    likenesses = Run("clip", learned, preset.clip, folder, orthogonal=True)
    likenesses.train(preset.seed + 4, _likeness_loss(likenesses, families, tokenizer))


def _words_loss(run: Run, families: Dataset, tokenizer: Tokenizer) -> Callable[[np.random.Generator], Tensor]:
    """Pictures against captions, three relatives at a time, so that one attribute often decides."""
    clip: Network = run.fast

    def loss_at(rng: np.random.Generator) -> Tensor:
        chosen = _relatives(rng, families, run.schedule.batch, together=3)
        said = _said(clip, tokenizer, [families.scenes[i] for i in chosen], rng, run.device)
        pictures = _signal(families, chosen)
        first, second = (_unit(_seen(run, random_view(pictures, 0.08))) for _ in range(2))
        same = _numbered([families.scenes[i] for i in chosen])
        scale = clip.logit_scale.float().exp().clamp(max=100.0)
        words = sum(_contrast(seen @ said.T * scale, same) for seen in (first, second)) / 2
        copies = _contrast(first @ second.T / PICTURE_TEMPERATURE, torch.arange(len(chosen)))
        loss: Tensor = words + COPIES_WEIGHT * copies
        return loss

    return loss_at


def _likeness_loss(run: Run, families: Dataset, tokenizer: Tokenizer) -> Callable[[np.random.Generator], Tensor]:
    """Cosines between two views of each picture against the likeness of their scenes; words a little, to keep them.

    Some pictures bring a decoy, which is like them in its colours and in little else.
    """
    clip: Network = run.fast
    count = run.schedule.batch
    lured = count // 4

    def loss_at(rng: np.random.Generator) -> Tensor:
        chosen = _relatives(rng, families, count, together=TOGETHER)
        scenes = [families.scenes[i] for i in chosen]
        pictures = _signal(families, chosen)
        pictures = torch.cat([pictures, decoys_of(pictures[:lured], rng)])
        first, second = (_seen(run, random_view(pictures, VIEW_MOVEMENT)) for _ in range(2))
        what, look = (torch.from_numpy(wanted) for wanted in likeness(scenes))
        what, look = _with_decoys(what, lured, DECOY_WHAT), _with_decoys(look, lured, DECOY_LOOK)
        kin = torch.from_numpy(np.concatenate([chosen, chosen[:lured]]) // len(RELATIVES)).to(run.device)
        relatives = kin[:, None] == kin[None, :]
        loss = torch.zeros((), device=run.device)
        for part, wanted in ((slice(0, None), (what + look) / 2), (WHAT_HALF, what), (LOOK_HALF, look)):
            middle = torch.cat([first[:count], second[:count]])[:, part].mean(0)
            cosines = _unit(first[:, part] - middle) @ _unit(second[:, part] - middle).T
            loss = loss + _fit(cosines, wanted.to(run.device), relatives, count)
            loss = loss + ORDER_WEIGHT * _order(cosines[:count, :count], wanted[:count, :count].to(run.device))
        said = _said(clip, tokenizer, scenes, rng, run.device)
        scale = clip.logit_scale.float().exp().clamp(max=100.0)
        return loss + WORDS_WEIGHT * _contrast(_unit(first[:count]) @ said.T * scale, _numbered(scenes))

    return loss_at


def _with_decoys(wanted: Tensor, lured: int, share: float) -> Tensor:
    """The wanted cosines (n + lured, n + lured): a decoy has a share of its original's. Decoys among themselves: 0."""
    rows = torch.cat([wanted, share * wanted[:lured]])
    columns = torch.cat([share * wanted[:, :lured], torch.zeros(lured, lured)])
    return torch.cat([rows, columns], dim=1)


def _fit(cosines: Tensor, wanted: Tensor, relatives: Tensor, count: int) -> Tensor:
    """Mean squared errors of a picture with its own copy, its relatives, strangers and decoys, alike in weight.

    The first `count` rows and columns are pictures, the rest decoys.
    """
    error = (cosines - wanted).square()
    own = torch.eye(count, dtype=torch.bool, device=error.device)
    true, kin = error[:count, :count], relatives[:count, :count]
    copies = (cosines.diagonal()[:count] - 1).square().mean()
    lured = relatives[:count, count:]
    decoys = error[:count, count:][lured].mean() + error[count:, :count][lured.T].mean()
    loss: Tensor = copies + 2 * true[kin & ~own].mean() + 2 * true[~kin].mean() + decoys
    return loss


def _order(cosines: Tensor, wanted: Tensor) -> Tensor:
    """How wrongly each picture ranks its own copy, its relatives and the members of the next family.

    Source: C. Burges et al., "Learning to rank using gradient descent", 2005.
    """
    wanted = wanted.clone().fill_diagonal_(1.0)
    found, right = (
        torch.cat([_blocks(matrix), _blocks(matrix.roll(-TOGETHER, dims=1))], dim=1) for matrix in (cosines, wanted)
    )
    better, lead = (ranked[:, :, None] - ranked[:, None] for ranked in (right, found))
    loss: Tensor = nn.functional.softplus(-lead[better > 0.01] / ORDER_TEMPERATURE).mean()
    return loss


def _blocks(matrix: Tensor) -> Tensor:
    """(member, member, family) of an (n, n) matrix: the squares along its diagonal."""
    families = len(matrix) // TOGETHER
    return matrix.view(families, TOGETHER, families, TOGETHER).diagonal(dim1=0, dim2=2)


def _relatives(rng: np.random.Generator, families: Dataset, batch: int, together: int) -> NDArray[np.int64]:
    """Indices of `batch` pictures, `together` of each family that is drawn, the first scene always among them."""
    size = len(RELATIVES)
    drawn = rng.integers(len(families.scenes) // size, size=-(-batch // together))
    chosen = [number * size + np.array([0, *rng.permutation(size - 1)[: together - 1] + 1]) for number in drawn]
    indices: NDArray[np.int64] = np.concatenate(chosen)[:batch]
    return indices


def _signal(data: Dataset, chosen: NDArray[np.int64]) -> Tensor:
    return torch.from_numpy(data.pictures[chosen]).permute(0, 3, 1, 2).to(torch.float32) / 127.5 - 1


def _seen(run: Run, views: Tensor) -> Tensor:
    clip: Network = run.fast
    embeddings: Tensor = clip.get_image_features(pixel_values=views.to(run.device, run.dtype)).pooler_output.float()
    return embeddings


def _said(
    clip: Network, tokenizer: Tokenizer, scenes: list[Scene], rng: np.random.Generator, device: torch.device
) -> Tensor:
    ids = _without_padding(tokenise(tokenizer, [random_caption(scene, rng) for scene in scenes]))
    return _unit(clip.get_text_features(input_ids=ids.to(device)).pooler_output.float())


def _numbered(scenes: list[Scene]) -> Tensor:
    """One number for each different scene."""
    numbers = {scene: number for number, scene in enumerate(dict.fromkeys(scenes))}
    return torch.tensor([numbers[scene] for scene in scenes])


@torch.no_grad()
def embed_pictures(clip: Network, processor: Processor, pictures: list[Image.Image]) -> Vectors:
    """(n, projection) float64: L2-normalised embeddings averaged over each picture, its crops, and their mirror images.

    As Triton's scorer does it with the crops of `calibration.json`.
    """
    vectors = []
    for start in range(0, len(pictures), 16):
        views = [view for picture in pictures[start : start + 16] for view in _views(picture)]
        pixels = processor(images=views, return_tensors="pt")["pixel_values"].float()
        both = [_unit(clip.get_image_features(pixel_values=p).pooler_output) for p in (pixels, pixels.flip(-1))]
        means = (both[0].double() + both[1].double()).numpy() / 2
        vectors.append(means.reshape(-1, 1 + len(CROPS), means.shape[-1]).mean(1))
    return np.concatenate(vectors)


def _views(picture: Image.Image) -> list[Image.Image]:
    width, height = picture.size
    boxes = [(left * width, top * height, (left + side) * width, (top + side) * height) for left, top, side in CROPS]
    return [picture, *(picture.crop(box) for box in boxes)]


@torch.no_grad()
def embed_captions(clip: Network, tokenizer: Tokenizer, captions: list[str]) -> Vectors:
    """(n, projection) float64 L2-normalised embeddings."""
    features = clip.get_text_features(input_ids=tokenise(tokenizer, captions)).pooler_output
    return np.asarray(_unit(features).double().numpy())


def _unit(vectors: Tensor) -> Tensor:
    return nn.functional.normalize(vectors, dim=-1)


def _contrast(logits: Tensor, labels: Tensor) -> Tensor:
    """Cross entropy both ways; rows and columns with the same label all count as right."""
    right = (labels[:, None] == labels[None, :]).float().to(logits.device)
    wanted = right / right.sum(1, keepdim=True)
    forward, backward = logits.log_softmax(1), logits.log_softmax(0)
    return -((wanted * forward).sum(1).mean() + (wanted.T * backward).sum(0).mean()) / 2


def _without_padding(ids: Tensor) -> Tensor:
    """Cuts the columns that are padding in every row; attention is causal, so nothing before them changes."""
    return ids[:, : int((ids != ids[:, -1:]).sum(1).max()) + 1]


def random_view(pictures: Tensor, movement: float) -> Tensor:
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
