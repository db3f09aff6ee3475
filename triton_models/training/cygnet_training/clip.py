"""The scorer: a small CLIP, its text tower also being the generator's text encoder.

It is trained in two phases. The first is CLIP's: pictures against captions, in batches with families of scenes that
differ in one attribute. The second is on similarity: the cosine of two pictures shall be what `similarity.py` computes
for their scenes, and 1 for two views of one picture, so that a near copy outscores another picture of the same scene.
The first half of the embedding is trained on what is there, the second on how it looks.

Sources: A. Radford et al., "Learning transferable visual models from natural language supervision", 2021; P. Khosla et
al., "Supervised contrastive learning", 2020, for several right answers in a row; T. Chen et al., "A simple framework
for contrastive learning of visual representations", 2020, for two views of a picture.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn

from .autoencoder import to_signal
from .captions import random_caption
from .dataset import RELATIVES, Dataset
from .grammar import Scene
from .hard_negatives import hard_negatives_of, look_shares
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
from .optimise import Trainer
from .presets import Preset
from .similarity import scene_similarities
from .views import foreign_palette, random_view

Vectors = NDArray[np.float64]
VIEW_WEIGHT, VIEW_TEMPERATURE = 0.2, 0.1
CAPTION_WEIGHT = 0.05
VIEW_MOVEMENT = 0.1
"""How far a view is moved and resized in the similarity phase: as far as the crops are."""
FOREIGN_SHARE = 0.2
"""Of the pictures of a batch, shown in other colours and light than the renderer's, as targets from elsewhere have."""
FAMILY_MEMBERS = 4
RANKING_WEIGHT, RANKING_TEMPERATURE = 0.25, 0.05
HARD_NEGATIVE_WHAT = 0.1
CROPS = ((0.0, 0.0, 0.9), (0.1, 0.0, 0.9), (0.0, 0.1, 0.9), (0.1, 0.1, 0.9))
"""What is embedded besides a whole picture: (left, top, side) as shares of its sides. Patches are as large as a
hat, so it matters where their borders fall: docs/decisions/0012-crops.md."""
HALF = 64
WHAT_HALF, LOOK_HALF = slice(0, HALF), slice(HALF, 2 * HALF)


def new_clip(preset: Preset, tokenizer: Tokenizer) -> Network:
    """An untrained CLIP. Attention is computed plainly: the fused kernel's backward pass is slow on CPUs."""
    vision = CLIPVisionConfig(
        hidden_size=preset.clip_width,
        intermediate_size=preset.clip_width * 4,
        num_hidden_layers=preset.clip_layers,
        num_attention_heads=preset.clip_width // 32,
        image_size=preset.clip_size,
        patch_size=preset.clip_patch,
        projection_dim=preset.clip_projection,
    )
    text = text_config(preset, tokenizer)
    config = CLIPConfig(text_config=text, vision_config=vision, projection_dim=preset.clip_projection)
    config._attn_implementation = "eager"
    return CLIPModel(config)


def text_config(preset: Preset, tokenizer: Tokenizer) -> Any:
    """The form of the text tower."""
    config = CLIPTextConfig(
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
    config._attn_implementation = "eager"
    return config


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


def train_contrastive(preset: Preset, families: Dataset, tokenizer: Tokenizer, folder: Path) -> Network:
    """The first phase, from nothing: pictures against captions."""
    torch.manual_seed(preset.seed)
    contrastive = Trainer("clip-contrastive", new_clip(preset, tokenizer), preset.clip_contrastive, folder)
    return contrastive.train(preset.seed + 3, _contrastive_phase(contrastive, families, tokenizer))


def train_similarity(preset: Preset, families: Dataset, tokenizer: Tokenizer, folder: Path, clip: Network) -> None:
    """The second phase, on similarities, with the text tower frozen."""
    clip.requires_grad_(True)
    clip.text_model.requires_grad_(False)
    clip.text_projection.requires_grad_(False)
    similarity = Trainer("clip", clip, preset.clip, folder, orthogonal=True)
    similarity.train(preset.seed + 4, _similarity_phase(similarity, families, tokenizer))


def _contrastive_phase(
    trainer: Trainer, families: Dataset, tokenizer: Tokenizer
) -> Callable[[np.random.Generator], Tensor]:
    """Pictures against captions, three members of a family at a time, so that one attribute often decides."""
    clip: Network = trainer.fast

    def loss_at(rng: np.random.Generator) -> Tensor:
        chosen = _family_batch(rng, families, trainer.schedule.batch, members=3)
        scenes = [families.scenes[i] for i in chosen]
        texts = _embed_random_captions(clip, tokenizer, scenes, rng, trainer.device)
        pictures = to_signal(families.pictures[chosen])
        first, second = (_unit(_embed_views(trainer, random_view(pictures, 0.08))) for _ in range(2))
        scale = clip.logit_scale.float().exp().clamp(max=100.0)
        captions = sum(_contrastive_loss(views @ texts.T * scale, _labels(scenes)) for views in (first, second)) / 2
        copies = _contrastive_loss(first @ second.T / VIEW_TEMPERATURE, torch.arange(len(chosen)))
        loss: Tensor = captions + VIEW_WEIGHT * copies
        return loss

    return loss_at


def _similarity_phase(
    trainer: Trainer, families: Dataset, tokenizer: Tokenizer
) -> Callable[[np.random.Generator], Tensor]:
    """Cosines between two views of each picture against the similarity of their scenes.

    A quarter of the pictures bring a hard negative, similar in its colours and in little else. Captions keep a small
    weight, so that the picture tower stays aligned with the text tower.
    """
    clip: Network = trainer.fast
    count = trainer.schedule.batch
    negatives = count // 4

    def loss_at(rng: np.random.Generator) -> Tensor:
        chosen = _family_batch(rng, families, count, members=FAMILY_MEMBERS)
        scenes = [families.scenes[i] for i in chosen]
        pictures = foreign_palette(to_signal(families.pictures[chosen]), FOREIGN_SHARE)
        pictures = torch.cat([pictures, hard_negatives_of(pictures[:negatives], rng)])
        first, second = (_embed_views(trainer, random_view(pictures, VIEW_MOVEMENT)) for _ in range(2))
        what, look = (torch.from_numpy(target) for target in scene_similarities(scenes))
        what = _with_hard_negatives(what, torch.full((negatives, 1), HARD_NEGATIVE_WHAT))
        look = _with_hard_negatives(look, look_shares(negatives))
        family = torch.from_numpy(np.concatenate([chosen, chosen[:negatives]]) // len(RELATIVES)).to(trainer.device)
        related = family[:, None] == family[None, :]
        loss = torch.zeros((), device=trainer.device)
        for part, target in ((slice(0, None), (what + look) / 2), (WHAT_HALF, what), (LOOK_HALF, look)):
            mean = torch.cat([first[:count], second[:count]])[:, part].mean(0)
            cosines = _unit(first[:, part] - mean) @ _unit(second[:, part] - mean).T
            target = target.to(trainer.device)
            loss = loss + _similarity_loss(cosines, target, related, count)
            loss = loss + RANKING_WEIGHT * _ranking_loss(cosines[:count, :count], target[:count, :count])
        texts = _embed_random_captions(clip, tokenizer, scenes, rng, trainer.device)
        scale = clip.logit_scale.float().exp().clamp(max=100.0)
        return loss + CAPTION_WEIGHT * _contrastive_loss(_unit(first[:count]) @ texts.T * scale, _labels(scenes))

    return loss_at


def _with_hard_negatives(target: Tensor, shares: Tensor) -> Tensor:
    """The target cosines (n + negatives, n + negatives), for (negatives, 1) shares.

    A hard negative has a share of its original's similarities, and none with another hard negative.
    """
    negatives = len(shares)
    rows = torch.cat([target, shares * target[:negatives]])
    columns = torch.cat([shares.T * target[:, :negatives], torch.zeros(negatives, negatives)])
    return torch.cat([rows, columns], dim=1)


def _similarity_loss(cosines: Tensor, target: Tensor, related: Tensor, count: int) -> Tensor:
    """Mean squared errors of a picture with its own copy, its family, other families and hard negatives, each averaged.

    The first `count` rows and columns are pictures, the rest hard negatives.
    """
    error = (cosines - target).square()
    own = torch.eye(count, dtype=torch.bool, device=error.device)
    pictures, family = error[:count, :count], related[:count, :count]
    copies = (cosines.diagonal()[:count] - 1).square().mean()
    originals = related[:count, count:]
    negatives = error[:count, count:][originals].mean() + error[count:, :count][originals.T].mean()
    loss: Tensor = copies + 2 * pictures[family & ~own].mean() + 2 * pictures[~family].mean() + negatives
    return loss


def _ranking_loss(cosines: Tensor, target: Tensor) -> Tensor:
    """How wrongly each picture ranks its own copy, its family and the members of the next family (RankNet).

    Source: C. Burges et al., "Learning to rank using gradient descent", 2005.
    """
    target = target.clone().fill_diagonal_(1.0)
    found, right = (
        torch.cat([_blocks(matrix), _blocks(matrix.roll(-FAMILY_MEMBERS, dims=1))], dim=1)
        for matrix in (cosines, target)
    )
    better, lead = (ranked[:, :, None] - ranked[:, None] for ranked in (right, found))
    loss: Tensor = nn.functional.softplus(-lead[better > 0.01] / RANKING_TEMPERATURE).mean()
    return loss


def _blocks(matrix: Tensor) -> Tensor:
    """(member, member, family) of an (n, n) matrix: the squares along its diagonal."""
    families = len(matrix) // FAMILY_MEMBERS
    return matrix.view(families, FAMILY_MEMBERS, families, FAMILY_MEMBERS).diagonal(dim1=0, dim2=2)


def _family_batch(rng: np.random.Generator, families: Dataset, batch: int, members: int) -> NDArray[np.int64]:
    """Indices of `batch` pictures, `members` of each family that is drawn, the first scene always among them."""
    size = len(RELATIVES)
    drawn = rng.integers(len(families.scenes) // size, size=-(-batch // members))
    chosen = [number * size + np.array([0, *rng.permutation(size - 1)[: members - 1] + 1]) for number in drawn]
    indices: NDArray[np.int64] = np.concatenate(chosen)[:batch]
    return indices


def _embed_views(trainer: Trainer, views: Tensor) -> Tensor:
    clip: Network = trainer.fast
    pixels = views.to(trainer.device, trainer.dtype)
    embeddings: Tensor = clip.get_image_features(pixel_values=pixels).pooler_output.float()
    return embeddings


def _embed_random_captions(
    clip: Network, tokenizer: Tokenizer, scenes: list[Scene], rng: np.random.Generator, device: torch.device
) -> Tensor:
    ids = _without_padding(tokenise(tokenizer, [random_caption(scene, rng) for scene in scenes]))
    return _unit(clip.get_text_features(input_ids=ids.to(device)).pooler_output.float())


def _labels(scenes: list[Scene]) -> Tensor:
    """One number for each different scene."""
    numbers = {scene: number for number, scene in enumerate(dict.fromkeys(scenes))}
    return torch.tensor([numbers[scene] for scene in scenes])


@torch.no_grad()
def embed_pictures(clip: Network, processor: Processor, pictures: list[Image.Image]) -> Vectors:
    """(n, projection) float64: L2-normalised embeddings averaged over each picture and its crops.

    As Triton's scorer does it with the crops of `calibration.json`.
    """
    vectors = []
    for start in range(0, len(pictures), 16):
        views = [view for picture in pictures[start : start + 16] for view in _views(picture)]
        pixels = processor(images=views, return_tensors="pt")["pixel_values"].float()
        means = _unit(clip.get_image_features(pixel_values=pixels).pooler_output).double().numpy()
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


def _contrastive_loss(logits: Tensor, labels: Tensor) -> Tensor:
    """Cross entropy both ways; rows and columns with the same label all count as right."""
    right = (labels[:, None] == labels[None, :]).float().to(logits.device)
    target = right / right.sum(1, keepdim=True)
    forward, backward = logits.log_softmax(1), logits.log_softmax(0)
    return -((target * forward).sum(1).mean() + (target.T * backward).sum(0).mean()) / 2


def _without_padding(ids: Tensor) -> Tensor:
    """Cuts the columns that are padding in every row; attention is causal, so nothing before them changes."""
    return ids[:, : int((ids != ids[:, -1:]).sum(1).max()) + 1]


def centred_cosine(one: Vectors, other: Vectors, mean: Vectors) -> Vectors:
    """Row-wise cosine of embeddings after subtracting the calibration's mean."""
    a, b = one - mean, other - mean
    return np.asarray((a * b).sum(-1) / (np.linalg.norm(a, axis=-1) * np.linalg.norm(b, axis=-1)))
