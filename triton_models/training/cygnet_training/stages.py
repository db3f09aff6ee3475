"""The stages of training, in order. Each finds its input on disk, resumes where it stopped and may be repeated."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import torch

from . import autoencoder, clip, evaluate, export, generator
from .dataset import Dataset, load, render_stage
from .networks import Network, Tokenizer
from .presets import Preset
from .targets import write_targets
from .words import new_tokenizer


@dataclass(frozen=True)
class Workshop:
    """One preset's data and checkpoints under `directory`, its results under `weights`."""

    preset: Preset
    directory: Path
    weights: Path
    targets: Path | None = None
    drawings: int = 70

    @property
    def checkpoints(self) -> Path:
        """Where networks in training are kept."""
        return self.directory / "checkpoints"

    @cached_property
    def tokenizer(self) -> Tokenizer:
        """Learned anew each time: it takes a second and depends on the preset alone."""
        return new_tokenizer(self.preset)

    @cached_property
    def train_data(self) -> Dataset:
        """The pictures to learn from."""
        return load(self.directory, "train")

    def render(self) -> None:
        """Draw the training pictures, the held-out ones and the contests' targets."""
        render_stage(self.preset, self.directory)
        if self.targets is not None:
            write_targets(self.targets)

    def clip(self) -> None:
        """Train the scorer, whose text tower the generator needs."""
        clip.train_clip(self.preset, self.train_data, self.tokenizer, self.checkpoints)

    def autoencoder(self) -> None:
        """Train the autoencoder at half size, then its decoder at full size."""
        coarse = autoencoder.train_coarse(self.preset, self.train_data, self.checkpoints)
        autoencoder.train_fine(self.preset, self.train_data, self.checkpoints, coarse)

    def latents(self) -> None:
        """Encode the training pictures once. Needs the half-size autoencoder only."""
        coarse = autoencoder.new_coarse(self.preset)
        generator.latents_stage(self.train_data, self._trained(coarse, "autoencoder-coarse"), self.checkpoints)

    def unet(self) -> None:
        """Train the generator on the latents."""
        generator.train_unet(self.preset, self.train_data, self._clip(), self.tokenizer, self.checkpoints)

    def export(self) -> None:
        """Write the directories that Triton loads. Works from any checkpoint, finished or not."""
        unet: Network = self._trained(generator.new_unet(self.preset), "unet")
        fine: Network = self._trained(
            autoencoder.grow(self.preset, autoencoder.new_coarse(self.preset)), "autoencoder-fine"
        )
        deviation = generator.latent_deviation(self.checkpoints)
        export.export_generator(self.preset, self.weights, fine, unet, self._clip(), self.tokenizer, deviation)
        export.export_scorer(self.preset, self.weights, self._clip(), self.tokenizer)

    def evaluate(self) -> None:
        """Print the model card's figures and draw its contact sheet."""
        loaded = evaluate.load_weights(self.weights)
        for what, figure in evaluate.evaluate(self.preset, loaded, load(self.directory, "held_out"), self.drawings):
            print(f"| {what} | {figure} |", flush=True)
        evaluate.contact_sheet(loaded, evaluate.SHEET_PROMPTS[: self.preset.sheet]).save(
            self.weights / "contact_sheet.png", optimize=True
        )

    def _clip(self) -> Network:
        phases = [self._trained(clip.new_clip(self.preset, self.tokenizer), name) for name in ("clip-words", "clip")]
        return clip.blend(*phases)

    def _trained(self, network: Network, name: str) -> Network:
        state = torch.load(self.checkpoints / f"{name}.pt", map_location="cpu", weights_only=True)
        network.load_state_dict(state["average"])
        return network.eval()


STAGES: dict[str, Callable[[Workshop], None]] = {
    "render": Workshop.render,
    "clip": Workshop.clip,
    "autoencoder": Workshop.autoencoder,
    "latents": Workshop.latents,
    "unet": Workshop.unet,
    "export": Workshop.export,
    "evaluate": Workshop.evaluate,
}
