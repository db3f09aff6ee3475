"""How much of everything: `first` made the committed weights on two CPU cores, `smoke` runs every stage in a minute."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from pathlib import Path


@dataclass(frozen=True)
class Schedule:
    """One optimiser run. `steps` of `batch` samples at a peak rate of `rate`."""

    steps: int
    batch: int
    rate: float


@dataclass(frozen=True)
class Preset:
    """Sizes of the data and of the three networks, and the length of their training."""

    name: str
    seed: int = 20260101
    pictures: int = 32_000
    held_out: int = 512
    size: int = 256
    # Text: the generator's text encoder is the scorer's text tower, frozen.
    vocabulary: int = 768
    tokens: int = 32
    text_width: int = 192
    text_layers: int = 3
    # Scorer.
    clip_size: int = 80
    clip_patch: int = 16
    clip_width: int = 160
    clip_layers: int = 5
    clip_projection: int = 128
    clip_words: Schedule = field(default_factory=lambda: Schedule(900, 96, 1e-3))
    clip: Schedule = field(default_factory=lambda: Schedule(700, 96, 7e-4))
    # Autoencoder at half size; `grow` adds one level of no blocks.
    vae_width: int = 48
    vae_encoder_blocks: tuple[int, ...] = (0, 1, 2, 3)
    vae_decoder_blocks: tuple[int, ...] = (4, 3, 2, 1)
    latent_channels: int = 16
    vae_coarse: Schedule = field(default_factory=lambda: Schedule(2000, 16, 2e-3))
    vae_fine: Schedule = field(default_factory=lambda: Schedule(2000, 8, 1e-3))
    # Generator.
    unet_widths: tuple[int, ...] = (128, 192, 256)
    unet: Schedule = field(default_factory=lambda: Schedule(2100, 32, 1e-3))
    steps: int = 10
    guidance_scale: float = 3.0
    # Evaluation: pairs of each kind of likeness; prompts of the contact sheet.
    pairs: int = 400
    sheet: int = 20


PRESETS = {
    "first": Preset("first"),
    "smoke": replace(
        Preset("smoke"),
        pictures=64,
        held_out=16,
        clip_words=Schedule(4, 16, 1e-3),
        clip=Schedule(4, 16, 1e-3),
        vae_width=16,
        vae_coarse=Schedule(4, 4, 1e-3),
        vae_fine=Schedule(2, 2, 1e-3),
        unet_widths=(32, 32, 32),
        unet=Schedule(4, 8, 1e-3),
        steps=2,
        pairs=24,
        sheet=2,
    ),
}


def training_directory() -> Path:
    """Where data and checkpoints live: $CYGNET_TRAINING_DIR, or ~/.cache/cygnet/training."""
    return Path(os.environ.get("CYGNET_TRAINING_DIR", "~/.cache/cygnet/training")).expanduser()
