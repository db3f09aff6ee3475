"""The generator's pupil: it draws in four plain steps what the generator draws in eight guided ones, a quarter of them.

The generator asks its network twice a step, with the words and without them, and leans away from the second. The pupil
learns where two such steps lead, by one step and without asking twice. Its lessons are the generator's own drawings,
begun from pure noise at the times that the pupil will use, so it learns on the states that it will meet.
Source: C. Meng et al., "On distillation of guided diffusion models", 2023.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from .captions import random_caption
from .clip import tokenise
from .generator import new_scheduler
from .grammar import WORLDS, random_scene
from .networks import Network, Tokenizer
from .optimise import Run
from .presets import Preset


@dataclass(frozen=True)
class Lessons:
    """One for each step of each drawing: the noisy latents, their times, the words, and the v to answer with."""

    noisy: Tensor
    times: Tensor
    words: Tensor
    wanted: Tensor


def train_pupil(preset: Preset, clip: Network, tokenizer: Tokenizer, folder: Path, teacher: Network) -> Network:
    """Trains a copy of `teacher`; returns the mean of its weights over the last steps."""
    world = WORLDS[preset.world]
    run = Run("pupil", copy.deepcopy(teacher), preset.pupil, folder, orthogonal=True)
    text = clip.text_model.eval().to(run.device, run.dtype)
    master = teacher.eval().to(run.device, run.dtype).to(memory_format=torch.channels_last)

    def loss_at(rng: np.random.Generator) -> Tensor:
        captions = [random_caption(random_scene(rng, world), rng) for _ in range(preset.pupil.batch)]
        with torch.no_grad():
            said, unsaid = (
                text(input_ids=tokenise(tokenizer, words).to(run.device)).last_hidden_state
                for words in (captions, [""] * len(captions))
            )

            def guided(noisy: Tensor, time: int) -> Tensor:
                return _guided(master, noisy, time, said, unsaid, preset.guidance_scale)

            shape = (len(captions), preset.latent_channels, *[teacher.config.sample_size] * 2)
            lessons = _lessons(guided, torch.randn(shape).to(run.device), said, preset)
        noisy = lessons.noisy.to(run.dtype).contiguous(memory_format=torch.channels_last)
        guess = run.fast(noisy, lessons.times, lessons.words).sample.float()
        loss: Tensor = (guess - lessons.wanted).square().mean()
        return loss

    return run.train(preset.seed + 7, loss_at)


def _lessons(guided: Callable[[Tensor, int], Tensor], noise: Tensor, words: Tensor, preset: Preset) -> Lessons:
    """Draws once with the teacher; each pupil's step spans as many of the teacher's as there are more of those."""
    span = preset.teacher_steps // preset.steps
    scheduler = new_scheduler()
    scheduler.set_timesteps(preset.teacher_steps)
    times = [*(int(time) for time in scheduler.timesteps), -1]
    now, begun = noise, noise
    noisy, wanted = [], []
    for step in range(preset.teacher_steps):
        if step % span == 0:
            begun = now
        kept, lost = _shares(scheduler.alphas_cumprod, times[step])
        velocity = guided(now, times[step])
        clean, rest = kept * now - lost * velocity, kept * velocity + lost * now
        kept, lost = _shares(scheduler.alphas_cumprod, times[step + 1])
        now = kept * clean + lost * rest
        if (step + 1) % span == 0:
            noisy.append(begun)
            first = _shares(scheduler.alphas_cumprod, times[step + 1 - span])
            wanted.append(_one_step(begun, now, first, (kept, lost)))
    starts = torch.tensor(times[:-1:span], device=noise.device).repeat_interleave(len(noise))
    return Lessons(torch.cat(noisy), starts, words.repeat(preset.steps, 1, 1), torch.cat(wanted))


def _one_step(begun: Tensor, ended: Tensor, first: tuple[float, float], last: tuple[float, float]) -> Tensor:
    """The v with which one step leads from `begun` to `ended`; the pairs are the shares of signal and noise there."""
    (kept, lost), (kept_after, lost_after) = first, last
    clean = (ended - lost_after / lost * begun) / (kept_after - lost_after / lost * kept)
    return (kept * begun - clean) / lost


def _shares(signal: Tensor, time: int) -> tuple[float, float]:
    """How much of a state is signal and how much noise at a time; -1 is the finished drawing."""
    share = 1.0 if time < 0 else float(signal[time])
    return share**0.5, (1 - share) ** 0.5


def _guided(network: Network, noisy: Tensor, time: int, said: Tensor, unsaid: Tensor, scale: float) -> Tensor:
    both = torch.cat([noisy, noisy]).to(said.dtype).contiguous(memory_format=torch.channels_last)
    guesses = network(both, torch.full((len(both),), time, device=noisy.device), torch.cat([said, unsaid])).sample
    with_words, without = guesses.float().chunk(2)
    leaning: Tensor = without + scale * (with_words - without)
    return leaning
