"""Other views of a picture, which the scorer must take for the same one: moved, turned, in other light and colours.

No view is mirrored: where a figure looks is part of what a picture shows.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

TURN = math.radians(5)


def random_view(pictures: Tensor, movement: float) -> Tensor:
    """One random view of each (n, 3, h, w) picture in [-1, 1]: moved, resized, turned, with other light and noise."""
    count = len(pictures)
    scale = 1 + (torch.rand(count) - 0.5) * 2 * movement
    turn = (torch.rand(count) - 0.5) * 2 * TURN * (movement / 0.1)
    place = torch.zeros(count, 2, 3)
    place[:, 0, 0], place[:, 0, 1] = scale * turn.cos(), -scale * turn.sin()
    place[:, 1, 0], place[:, 1, 1] = scale * turn.sin(), scale * turn.cos()
    place[:, :, 2] = (torch.rand(count, 2) - 0.5) * 2 * movement
    grid = nn.functional.affine_grid(place, list(pictures.shape), align_corners=False)
    moved = nn.functional.grid_sample(pictures, grid, padding_mode="reflection", align_corners=False)
    if torch.rand(()) < 0.3:
        moved = nn.functional.avg_pool2d(moved, 3, stride=1, padding=1, count_include_pad=False)
    # Brightness of the whole picture by a sixth, of each colour by a twentieth.
    gain = (1 + (torch.rand(count, 1, 1, 1) - 0.5) / 3) * (1 + (torch.rand(count, 3, 1, 1) - 0.5) * 0.1)
    shift = (torch.rand(count, 3, 1, 1) - 0.5) * 0.1
    noise = torch.randn_like(moved) * torch.rand(count, 1, 1, 1) * 0.1
    return ((moved + 1) * gain - 1 + shift + noise).clamp(-1, 1)


def foreign_palette(pictures: Tensor, share: float) -> Tensor:
    """Some of the (n, 3, h, w) pictures as another hand would have made them: mixed colours, slanting light, grain."""
    count, side = len(pictures), pictures.shape[-1]
    mixing = torch.eye(3) + torch.randn(count, 3, 3) * 0.12
    changed = torch.einsum("nab,nbhw->nahw", mixing, pictures)
    light = nn.functional.interpolate(torch.randn(count, 1, 2, 2) * 0.25, size=side, mode="bilinear")
    grain = nn.functional.interpolate(torch.randn(count, 1, side // 4, side // 4) * 0.12, size=side, mode="bilinear")
    changed = (changed * (0.75 + 0.5 * torch.rand(count, 1, 1, 1)) + light + grain).clamp(-1, 1)
    return torch.where(torch.rand(count, 1, 1, 1) < share, changed, pictures)
