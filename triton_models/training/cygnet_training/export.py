"""Writes the trained networks as ordinary diffusers and transformers directories, in half precision."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import torch

from .autoencoder import shrink
from .calibrate import calibration
from .clip import new_processor
from .generator import new_generator, new_scheduler, write_latent_statistics
from .grammar import WORLDS
from .networks import CLIPModel, Network, StableDiffusionPipeline, Tokenizer
from .presets import Preset
from .vocabulary import vocabulary

GENERATOR, SCORER = "cygnet-tiny", "cygnet-clip"


def export_generator(
    preset: Preset,
    weights: Path,
    autoencoder: Network,
    unet: Network,
    text_encoder: Network,
    tokenizer: Tokenizer,
    latent_deviation: float,
) -> None:
    """Writes `weights/cygnet-tiny`, which `DiffusionPipeline.from_pretrained` loads, and its defaults beside it."""
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
    words = json.dumps(vocabulary(), ensure_ascii=False, indent=1)
    (directory / "vocabulary.json").write_text(words + "\n")


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


def restore(preset: Preset, weights: Path, folder: Path) -> None:
    """The way back: checkpoints that a preset can go on from, made of the directories that Triton loads.

    The student stands in for its teacher: what it learned of guidance is unlearned as training goes on.
    """
    folder.mkdir(parents=True, exist_ok=True)
    pipeline = StableDiffusionPipeline.from_pretrained(weights / GENERATOR, torch_dtype=torch.float32)
    pipeline.tokenizer.save_pretrained(folder / "tokenizer")
    coarse = shrink(preset, pipeline.vae)
    clip = CLIPModel.from_pretrained(weights / SCORER, dtype=torch.float32)
    for name, network in (
        ("unet", new_generator(pipeline.unet, pipeline.text_encoder)),
        ("autoencoder-fine", pipeline.vae),
        ("autoencoder-coarse", coarse),
        ("clip", clip),
    ):
        torch.save({"average": network.state_dict()}, folder / f"{name}.pt")
    write_latent_statistics(folder, 0.0, 1 / pipeline.vae.config.scaling_factor)


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
