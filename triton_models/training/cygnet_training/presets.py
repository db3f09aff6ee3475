"""How much of everything. `small`, `middle`, `composed`, each from the one before it, made the committed weights on two
CPU cores; `whole` is for a GPU."""

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
    """Sizes of the data and of the networks, and the length of their training."""

    name: str
    # What the generator draws, a key of `grammar.WORLDS`; the scorer always learns the whole world.
    world: str
    # The preset whose autoencoder and generator this one continues from; "" starts from nothing.
    base: str = ""
    seed: int = 20260101
    pictures: int = 40_000
    held_out: int = 512
    families: int = 8_000
    size: int = 256
    # Text: the generator's text encoder begins as the scorer's text tower.
    vocabulary: int = 1536
    tokens: int = 77
    text_width: int = 192
    text_layers: int = 3
    # Scorer: half of its dimensions say what is there, half how it looks.
    clip_size: int = 80
    clip_patch: int = 16
    clip_width: int = 160
    clip_layers: int = 5
    clip_projection: int = 128
    clip_contrastive: Schedule = field(default_factory=lambda: Schedule(1100, 96, 1e-3))
    clip: Schedule = field(default_factory=lambda: Schedule(10_350, 96, 5e-4))
    # Autoencoder at half size; `grow` adds one level of no blocks.
    vae_width: int = 48
    vae_encoder_blocks: tuple[int, ...] = (0, 1, 2, 3)
    vae_decoder_blocks: tuple[int, ...] = (4, 3, 2, 1)
    latent_channels: int = 16
    vae_coarse: Schedule = field(default_factory=lambda: Schedule(2000, 16, 2e-3))
    vae_fine: Schedule = field(default_factory=lambda: Schedule(2000, 8, 1e-3))
    # Generator, and the student that draws in few steps.
    unet_widths: tuple[int, ...] = (128, 192, 256)
    unet: Schedule = field(default_factory=lambda: Schedule(3800, 32, 1e-3))
    guidance_scale: float = 4.0
    teacher_steps: int = 8
    steps: int = 4
    student: Schedule = field(default_factory=lambda: Schedule(420, 8, 3e-4))
    # Evaluation: the probe's training; pairs of each kind; prompts of the contact sheet.
    probe: Schedule = field(default_factory=lambda: Schedule(1200, 128, 2e-3))
    pairs: int = 400
    sheet: int = 64


PRESETS = {
    "small": Preset("small", world="small"),
    "middle": Preset("middle", world="middle", base="small", unet=Schedule(7200, 64, 2e-3)),
    "composed": Preset(
        "composed",
        world="composed",
        base="middle",
        clip=Schedule(3500, 96, 4e-4),
        unet=Schedule(1900, 32, 1e-3),
        student=Schedule(220, 8, 3e-4),
    ),
    "whole": Preset(
        "whole",
        world="whole",
        pictures=60_000,
        families=16_000,
        clip_contrastive=Schedule(4000, 256, 1e-3),
        clip=Schedule(4000, 256, 7e-4),
        vae_coarse=Schedule(6000, 64, 2e-3),
        vae_fine=Schedule(6000, 32, 1e-3),
        unet=Schedule(20_000, 256, 1e-3),
        student=Schedule(2000, 64, 3e-4),
        probe=Schedule(3000, 256, 2e-3),
    ),
    "smoke": Preset(
        "smoke",
        world="small",
        pictures=64,
        held_out=16,
        families=24,
        clip_contrastive=Schedule(4, 16, 1e-3),
        clip=Schedule(4, 16, 1e-3),
        vae_width=16,
        vae_coarse=Schedule(4, 4, 1e-3),
        vae_fine=Schedule(2, 2, 1e-3),
        unet_widths=(32, 32, 32),
        unet=Schedule(4, 8, 1e-3),
        teacher_steps=4,
        steps=2,
        student=Schedule(2, 4, 1e-3),
        probe=Schedule(4, 16, 1e-3),
        pairs=24,
        sheet=2,
    ),
}
PRESETS["smoke-on"] = replace(PRESETS["smoke"], name="smoke-on", world="middle", base="smoke")


def training_directory() -> Path:
    """Where data and checkpoints live: $CYGNET_TRAINING_DIR, or ~/.cache/cygnet/training."""
    return Path(os.environ.get("CYGNET_TRAINING_DIR", "~/.cache/cygnet/training")).expanduser()
