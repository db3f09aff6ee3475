"""The stages of training, in order. Each reads its input from disk, resumes where it stopped and may be repeated.

The schedules of `whole` are meant for at most ten minutes a stage on one GPU.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import torch

from . import autoencoder, clip, evaluate, export, generator, probe, student, target_scales
from .dataset import Dataset, load, render_stage
from .grammar import WORLDS, World
from .networks import Network, Tokenizer
from .presets import Preset
from .targets import write_targets
from .tokenizer import kept_tokenizer


@dataclass(frozen=True)
class TrainingRun:
    """One preset's data and checkpoints under `directory`, its results under `weights`."""

    preset: Preset
    directory: Path
    weights: Path
    probe_path: Path
    targets: Path | None = None
    drawings: int = 70

    @property
    def checkpoints(self) -> Path:
        """Where networks in training are kept."""
        return self.directory / "checkpoints"

    @property
    def world(self) -> World:
        """What the generator draws."""
        return WORLDS[self.preset.world]

    @cached_property
    def tokenizer(self) -> Tokenizer:
        """The base preset's, where there is one."""
        return kept_tokenizer(self.preset, self._base_checkpoints / "tokenizer")

    @cached_property
    def train_data(self) -> Dataset:
        """The pictures to learn from."""
        return load(self.directory, "train")

    def restore(self) -> None:
        """Write the base preset's checkpoints from the shipped weights, to train on where it was never run."""
        export.restore(self.preset, self.weights, self._base_checkpoints)

    def render(self) -> None:
        """Draw the training pictures, the held-out ones and the contests' targets."""
        render_stage(self.preset, self.directory)
        if self.targets is not None:
            write_targets(self.targets)

    def clip(self) -> None:
        """Train the scorer, with whose text tower the generator begins."""
        families = load(self.directory, "families")
        if self.preset.base:
            first = self._from_base("clip")
        else:
            first = clip.train_contrastive(self.preset, families, self.tokenizer, self.checkpoints)
        clip.train_similarity(self.preset, families, self.tokenizer, self.checkpoints, first)

    def autoencoder(self) -> None:
        """Train the autoencoder at half size, then its decoder at full size."""
        if self.preset.base:
            # The encoder stays what it was: the generator was trained on its latents.
            fine = self._from_base("autoencoder-fine")
        else:
            coarse = autoencoder.train_coarse(self.preset, self.train_data, self.checkpoints)
            fine = autoencoder.grow(self.preset, coarse)
        autoencoder.train_fine(self.preset, self.train_data, self.checkpoints, fine)

    def latents(self) -> None:
        """Encode the training pictures once. Needs the half-size autoencoder only."""
        generator.latents_stage(self.train_data, self._coarse(), self.checkpoints)

    def unet(self) -> None:
        """Train the generator and its text encoder on the latents."""
        initial = self._from_base("unet") if self.preset.base else self._first_generator()
        generator.train_unet(
            self.preset,
            self.train_data,
            self.tokenizer,
            self.checkpoints,
            initial,
            self._deviation(),
        )

    def student(self) -> None:
        """Distil the generator into a copy that draws in few steps."""
        student.train_student(self.preset, self.tokenizer, self.checkpoints, self._trained("unet"))

    def probe(self) -> None:
        """Train the probe that judges drawings, and write it."""
        trained = probe.train_probe(self.preset, self.train_data, self.checkpoints)
        probe.write_probe(trained, self.probe_path)

    def export(self) -> None:
        """Write the directories that Triton loads. Works from any checkpoints, finished or not."""
        export.export_generator(
            self.preset,
            self.weights,
            self._trained("autoencoder-fine"),
            self._trained("student"),
            self._trained("unet")["text"],
            self.tokenizer,
            self._deviation(),
        )
        export.export_scorer(self.preset, self.weights, self._trained("clip"), self.tokenizer)

    def scale(self) -> None:
        """Fit each composed target's own scale on what the written weights draw."""
        loaded = evaluate.load_weights(self.weights)
        path = self.weights / export.SCORER / "calibration.json"
        target_scales.write_target_scales(loaded, path, min(target_scales.SEEDS, self.drawings))

    def evaluate(self) -> None:
        """Print the model card's figures and draw its contact sheet."""
        loaded = evaluate.load_weights(self.weights)
        judge = probe.read_probe(self.probe_path, self.world)
        held_out = load(self.directory, "held_out")
        for what, figure in evaluate.evaluate(self.preset, loaded, judge, held_out, self.drawings):
            print(f"| {what} | {figure} |", flush=True)
        evaluate.contact_sheet(loaded, evaluate.SHEET_PROMPTS[: self.preset.sheet]).save(
            self.weights / "contact_sheet.png", optimize=True
        )

    @property
    def _base_checkpoints(self) -> Path:
        """Where the encoder and the latents' scale were settled: in the base preset, where there is one."""
        return self.directory.parent / self.preset.base / "checkpoints" if self.preset.base else self.checkpoints

    def _first_generator(self) -> Network:
        """A new UNet, and the scorer's text tower as it was after the first phase of its training."""
        generator = self._new("unet")
        generator["text"].load_state_dict(self._trained("clip-contrastive").text_model.state_dict())
        return generator

    def _deviation(self) -> float:
        return generator.latent_deviation(self._base_checkpoints)

    def _coarse(self) -> Network:
        return _read(autoencoder.new_coarse(self.preset), self._base_checkpoints / "autoencoder-coarse.pt")

    def _new(self, name: str) -> Network:
        """The untrained network of that name."""
        if name == "autoencoder-fine":
            return autoencoder.grow(self.preset, autoencoder.new_coarse(self.preset))
        if name == "unet":
            text = generator.new_text_encoder(self.preset, self.tokenizer)
            return generator.new_generator(generator.new_unet(self.preset), text)
        if name == "student":
            return generator.new_unet(self.preset)
        return clip.new_clip(self.preset, self.tokenizer)

    def _trained(self, name: str) -> Network:
        return _read(self._new(name), self.checkpoints / f"{name}.pt").eval()

    def _from_base(self, name: str) -> Network:
        """The network as the base preset left it."""
        return _read(self._new(name), self._base_checkpoints / f"{name}.pt")


def _read(network: Network, path: Path) -> Network:
    network.load_state_dict(torch.load(path, map_location="cpu", weights_only=True)["average"])
    return network


STAGES: dict[str, Callable[[TrainingRun], None]] = {
    "restore": TrainingRun.restore,
    "render": TrainingRun.render,
    "clip": TrainingRun.clip,
    "autoencoder": TrainingRun.autoencoder,
    "latents": TrainingRun.latents,
    "unet": TrainingRun.unet,
    "student": TrainingRun.student,
    "probe": TrainingRun.probe,
    "export": TrainingRun.export,
    "scale": TrainingRun.scale,
    "evaluate": TrainingRun.evaluate,
}
