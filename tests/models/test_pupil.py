"""The pupil's arithmetic: one step along the wanted v must land exactly where the teacher's steps ended."""

import pytest
import torch
from torch import Tensor

from cygnet_training.generator import new_scheduler
from cygnet_training.presets import PRESETS
from cygnet_training.pupil import _lessons

PRESET = PRESETS["middle"]


def _teacher(noisy: Tensor, time: int) -> Tensor:
    """Any smooth function of state and time will do."""
    return torch.tanh(noisy * 0.7 + time / 500)


def test_the_pupils_steps_end_where_the_teachers_do() -> None:
    """Drawn by the pipeline's own scheduler, with the v that the lessons teach."""
    noise = torch.randn((2, 3, 4, 4), generator=torch.Generator().manual_seed(1))
    lessons = _lessons(_teacher, noise, torch.zeros(2, 1, 1), PRESET)
    teacher, pupil = new_scheduler(), new_scheduler()
    teacher.set_timesteps(PRESET.teacher_steps)
    pupil.set_timesteps(PRESET.steps)
    wanted = noise
    for time in teacher.timesteps:
        wanted = teacher.step(_teacher(wanted, int(time)), time, wanted).prev_sample
    state = noise
    for index, time in enumerate(pupil.timesteps):
        rows = slice(index * len(noise), (index + 1) * len(noise))
        assert torch.allclose(lessons.noisy[rows], state, atol=1e-4)
        assert set(lessons.times[rows].tolist()) == {int(time)}
        state = pupil.step(lessons.wanted[rows], time, state).prev_sample
    assert torch.allclose(state, wanted, atol=1e-3)
    assert state.std().item() == pytest.approx(wanted.std().item(), rel=1e-3)
