"""The distillation's arithmetic: one step along the target v must land exactly where the teacher's steps ended."""

import pytest
import torch
from torch import Tensor

from cygnet_training.generator import new_scheduler
from cygnet_training.presets import PRESETS
from cygnet_training.student import distillation_batch

PRESET = PRESETS["middle"]


def _teacher(noisy: Tensor, time: int) -> Tensor:
    """Any smooth function of state and time will do."""
    return torch.tanh(noisy * 0.7 + time / 500)


def test_the_students_steps_end_where_the_teachers_do() -> None:
    """Drawn by the pipeline's own scheduler, with the v that the student is trained on."""
    noise = torch.randn((2, 3, 4, 4), generator=torch.Generator().manual_seed(1))
    batch = distillation_batch(_teacher, noise, torch.zeros(2, 1, 1), PRESET)
    teacher, student = new_scheduler(), new_scheduler()
    teacher.set_timesteps(PRESET.teacher_steps)
    student.set_timesteps(PRESET.steps)
    expected = noise
    for time in teacher.timesteps:
        expected = teacher.step(_teacher(expected, int(time)), time, expected).prev_sample
    state = noise
    for index, time in enumerate(student.timesteps):
        rows = slice(index * len(noise), (index + 1) * len(noise))
        assert torch.allclose(batch.noisy[rows], state, atol=1e-4)
        assert set(batch.times[rows].tolist()) == {int(time)}
        state = student.step(batch.target[rows], time, state).prev_sample
    assert torch.allclose(state, expected, atol=1e-3)
    assert state.std().item() == pytest.approx(expected.std().item(), rel=1e-3)
