"""The probe: a small network that reads a picture's attributes, to judge the generator's drawings by.

It is trained on rendered pictures only, and shares nothing with the scorer or the text encoder.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from PIL import Image
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from .autoencoder import to_signal
from .dataset import Dataset, resized
from .grammar import PLAIN, WORLDS, Scene, World
from .optimise import Trainer
from .presets import Preset
from .views import random_view

SIDE = 64
WIDTHS = (32, 64, 96, 128)
JUDGED = (
    "species",
    "colour",
    "background",
    "accessory",
    "count",
    "companion",
    "pose",
    "size",
    "side",
    "facing",
    "light",
    "weather",
    "scenery",
)


ALWAYS = ("species", "colour", "background", "count")


class Probe(nn.Module):
    """Pictures (n, 3, SIDE, SIDE) in [-1, 1] to one row of logits for each attribute of JUDGED."""

    def __init__(self, world: World) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for before, after in zip((3, *WIDTHS), WIDTHS, strict=False):
            layers += [nn.Conv2d(before, after, 3, padding=1, stride=2), nn.GroupNorm(8, after), nn.SiLU()]
            layers += [nn.Conv2d(after, after, 3, padding=1), nn.GroupNorm(8, after), nn.SiLU()]
        self.trunk = nn.Sequential(*layers, nn.Flatten())
        features = WIDTHS[-1] * (SIDE // 2 ** len(WIDTHS)) ** 2
        self.heads = nn.ModuleList(nn.Linear(features, len(world.values(name))) for name in JUDGED)

    def forward(self, pictures: Tensor) -> list[Tensor]:
        """One (n, values) tensor of logits for each attribute."""
        features = self.trunk(pictures)
        return [head(features) for head in self.heads]


def train_probe(preset: Preset, data: Dataset, folder: Path) -> Probe:
    """Trains on moved, blurred and noisy views of rendered pictures."""
    world = WORLDS[preset.world]
    small = resized(data.pictures, SIDE, folder / "probe-pictures.npy")
    labels = torch.tensor([_labels(scene, world) for scene in data.scenes])
    torch.manual_seed(preset.seed)
    trainer = Trainer("probe", Probe(world), preset.probe, folder)

    def loss_at(rng: np.random.Generator) -> Tensor:
        chosen = rng.integers(len(labels), size=preset.probe.batch)
        views = random_view(to_signal(small[chosen]), 0.04).to(trainer.device, trainer.dtype)
        expected = labels[chosen].to(trainer.device)
        return sum(
            (
                nn.functional.cross_entropy(logits.float(), expected[:, i])
                for i, logits in enumerate(trainer.fast(views))
            ),
            start=torch.zeros((), device=trainer.device),
        )

    trained: Probe = trainer.train(preset.seed + 9, loss_at)
    return trained


def write_probe(probe: Probe, path: Path) -> None:
    """Stores the weights in half precision."""
    save_file({name: tensor.half().contiguous() for name, tensor in probe.state_dict().items()}, path)


def read_probe(path: Path, world: World) -> Probe:
    """Loads what `write_probe` wrote for the same world."""
    probe = Probe(world)
    probe.load_state_dict({name: tensor.float() for name, tensor in load_file(path).items()})
    return probe.eval()


@torch.no_grad()
def judge(probe: Probe, pictures: list[Image.Image], scenes: list[Scene], world: World) -> dict[str, float]:
    """For each attribute, the share of pictures in which the probe reads what the scene says.

    Whatever most scenes lack is counted where the scene has it, as "none" is right too often.
    """
    small = np.stack([np.asarray(picture.resize((SIDE, SIDE), Image.Resampling.BILINEAR)) for picture in pictures])
    read = [logits.argmax(1) for logits in probe(to_signal(small))]
    right = torch.stack(read, 1) == torch.tensor([_labels(scene, world) for scene in scenes])
    shares = {}
    for index, name in enumerate(JUDGED):
        plain = "" if name in ALWAYS else getattr(PLAIN, name)
        counted = [i for i, scene in enumerate(scenes) if getattr(scene, name) != plain]
        if counted:
            shares[name] = float(right[counted, index].float().mean())
    return shares


def _labels(scene: Scene, world: World) -> list[int]:
    return [world.values(name).index(getattr(scene, name)) for name in JUDGED]
