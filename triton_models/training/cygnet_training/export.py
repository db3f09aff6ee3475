"""Writes the trained networks as ordinary diffusers and transformers directories, in half precision."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import torch

from .calibrate import calibration
from .clip import new_processor
from .generator import new_scheduler
from .grammar import WORLDS
from .networks import CLIPModel, CLIPTextModel, Network, StableDiffusionPipeline, Tokenizer
from .presets import Preset

GENERATOR, SCORER = "cygnet-tiny", "cygnet-clip"


def export_generator(
    preset: Preset,
    weights: Path,
    autoencoder: Network,
    unet: Network,
    clip: Network,
    tokenizer: Tokenizer,
    latent_deviation: float,
) -> None:
    """Writes `weights/cygnet-tiny`, which `DiffusionPipeline.from_pretrained` loads, and its defaults beside it."""
    text_encoder = CLIPTextModel(clip.config.text_config)
    text_encoder.load_state_dict(clip.text_model.state_dict())
    autoencoder.register_to_config(scaling_factor=1 / latent_deviation)
    pipeline = StableDiffusionPipeline(
        vae=autoencoder,
        text_encoder=text_encoder,
        tokenizer=tokenizer,
        unet=unet,
        scheduler=new_scheduler(),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
    directory = _empty(weights / GENERATOR)
    pipeline.to(torch.float16).save_pretrained(directory)
    _compute_in_fp32(directory / "text_encoder")
    # The student has learned the guidance: a scale of 1 runs it once a step.
    defaults = {"steps": preset.steps, "guidance_scale": 1.0, "size": preset.size}
    (directory / "cygnet.json").write_text(json.dumps(defaults, indent=2) + "\n")


def export_scorer(preset: Preset, weights: Path, clip: Network, tokenizer: Tokenizer) -> None:
    """Writes `weights/cygnet-clip` with its processor, then calibrates what was written, not what was trained."""
    directory = _empty(weights / SCORER)
    clip.to(torch.float16).save_pretrained(directory)
    _compute_in_fp32(directory)
    tokenizer.save_pretrained(directory)
    processor = new_processor(preset)
    processor.save_pretrained(directory)
    written = CLIPModel.from_pretrained(directory, dtype=torch.float32).eval()
    record = calibration(written, processor, WORLDS[preset.world], preset.seed + 5, preset.pairs)
    (directory / "calibration.json").write_text(json.dumps(record) + "\n")


def _compute_in_fp32(directory: Path) -> None:
    """Have transformers compute in fp32 what is stored in half precision, as diffusers always does.

    Otherwise it takes the stored type, and a pipeline of both types cannot draw.
    """
    path = directory / "config.json"
    config = json.loads(path.read_text())
    config["dtype"] = "float32"
    path.write_text(json.dumps(config, indent=2, sort_keys=True) + "\n")


def _empty(directory: Path) -> Path:
    if directory.exists():
        shutil.rmtree(directory)
    directory.mkdir(parents=True)
    return directory
