"""The student: a copy of the generator that is distilled to draw in four unguided steps instead of eight guided ones.

The teacher runs its network twice a step, with and without the words, and extrapolates from the second to the first
(classifier-free guidance). The student learns to reach in one step, with one run, where two guided steps of the teacher
end. It is trained on the states of the teacher's own drawings, begun from pure noise, at the times of its own steps.

Sources: J. Ho, T. Salimans, "Classifier-free diffusion guidance", 2022; T. Salimans, J. Ho, "Progressive distillation
for fast sampling of diffusion models", 2022; C. Meng et al., "On distillation of guided diffusion models", 2023.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from .clip import tokenise
from .generator import new_scheduler
from .grammar import WORLDS, random_scene
from .networks import Network, Tokenizer
from .optimise import Trainer
from .presets import Preset
from .vocabulary import canonical_caption, left_out


@dataclass(frozen=True)
class DistillationBatch:
    """A row for each student's step of each drawing: the state there, its time, the words, and the target v."""

    noisy: Tensor
    times: Tensor
    words: Tensor
    target: Tensor


def train_student(preset: Preset, tokenizer: Tokenizer, folder: Path, generator: Network) -> Network:
    """Trains a copy of the UNet of `generator`, whose text encoder stays; returns the mean of its last weights."""
    world, teacher = WORLDS[preset.world], generator["unet"]
    trainer = Trainer("student", copy.deepcopy(teacher), preset.student, folder, orthogonal=True)
    text = generator["text"].eval().to(trainer.device, trainer.dtype)
    frozen = teacher.eval().to(trainer.device, trainer.dtype).to(memory_format=torch.channels_last)

    def loss_at(rng: np.random.Generator) -> Tensor:
        scenes = [random_scene(rng, world) for _ in range(preset.student.batch)]
        captions = [canonical_caption(scene, left_out(scene, rng)) for scene in scenes]
        with torch.no_grad():
            words, no_words = (
                text(input_ids=tokenise(tokenizer, texts).to(trainer.device)).last_hidden_state
                for texts in (captions, [""] * len(captions))
            )

            def guided(noisy: Tensor, time: int) -> Tensor:
                return _guided(frozen, noisy, time, words, no_words, preset.guidance_scale)

            shape = (len(captions), preset.latent_channels, *[teacher.config.sample_size] * 2)
            batch = distillation_batch(guided, torch.randn(shape).to(trainer.device), words, preset)
        noisy = batch.noisy.to(trainer.dtype).contiguous(memory_format=torch.channels_last)
        velocity = trainer.fast(noisy, batch.times, batch.words).sample.float()
        loss: Tensor = (velocity - batch.target).square().mean()
        return loss

    return trainer.train(preset.seed + 7, loss_at)


def distillation_batch(
    guided: Callable[[Tensor, int], Tensor], noise: Tensor, words: Tensor, preset: Preset
) -> DistillationBatch:
    """Draws once with the teacher by DDIM; each step of the student spans teacher_steps / steps of the teacher's."""
    span = preset.teacher_steps // preset.steps
    scheduler = new_scheduler()
    scheduler.set_timesteps(preset.teacher_steps)
    times = [*(int(time) for time in scheduler.timesteps), -1]
    state, start = noise, noise
    noisy, target = [], []
    for step in range(preset.teacher_steps):
        if step % span == 0:
            start = state
        signal, sigma = _signal_and_noise(scheduler.alphas_cumprod, times[step])
        velocity = guided(state, times[step])
        clean, epsilon = signal * state - sigma * velocity, signal * velocity + sigma * state
        signal, sigma = _signal_and_noise(scheduler.alphas_cumprod, times[step + 1])
        state = signal * clean + sigma * epsilon
        if (step + 1) % span == 0:
            noisy.append(start)
            first = _signal_and_noise(scheduler.alphas_cumprod, times[step + 1 - span])
            target.append(_one_step(start, state, first, (signal, sigma)))
    starts = torch.tensor(times[:-1:span], device=noise.device).repeat_interleave(len(noise))
    return DistillationBatch(torch.cat(noisy), starts, words.repeat(preset.steps, 1, 1), torch.cat(target))


def _one_step(start: Tensor, end: Tensor, first: tuple[float, float], last: tuple[float, float]) -> Tensor:
    """The v with which one DDIM step leads from `start` to `end`; the pairs are the shares of signal and noise there.

    Source: the target of Salimans and Ho 2022, algorithm 2, written as v.
    """
    (signal, sigma), (signal_after, sigma_after) = first, last
    clean = (end - sigma_after / sigma * start) / (signal_after - sigma_after / sigma * signal)
    return (signal * start - clean) / sigma


def _signal_and_noise(alphas_cumprod: Tensor, time: int) -> tuple[float, float]:
    """How much of a state is signal and how much noise at a time; -1 is the finished drawing."""
    share = 1.0 if time < 0 else float(alphas_cumprod[time])
    return share**0.5, (1 - share) ** 0.5


def _guided(network: Network, noisy: Tensor, time: int, words: Tensor, no_words: Tensor, scale: float) -> Tensor:
    both = torch.cat([noisy, noisy]).to(words.dtype).contiguous(memory_format=torch.channels_last)
    velocities = network(both, torch.full((len(both),), time, device=noisy.device), torch.cat([words, no_words])).sample
    conditional, unconditional = velocities.float().chunk(2)
    guided: Tensor = unconditional + scale * (conditional - unconditional)
    return guided
