"""Hard negatives: mosaics, strong blurs, jigsaws, blank paper: a picture's colours in their places, showing nothing.

A scorer that was never trained on them goes by the colours alone and takes them for good copies.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

CELLS = (4, 11)
TILES = 4


def look_shares(count: int) -> Tensor:
    """(count, 1): how much of its original's look is left of each hard negative; blank paper has next to none."""
    return torch.tensor([[0.1 if _KINDS[i % len(_KINDS)] is _blank else 0.4] for i in range(count)])


def hard_negatives_of(pictures: Tensor, rng: np.random.Generator) -> Tensor:
    """One hard negative of each (n, 3, side, side) picture, the kinds in turn, blank paper less often."""
    return torch.stack([_KINDS[i % len(_KINDS)](picture[None], rng)[0] for i, picture in enumerate(pictures)])


def _mosaic(picture: Tensor, rng: np.random.Generator) -> Tensor:
    cells = int(rng.integers(*CELLS))
    few = nn.functional.interpolate(picture, size=cells, mode="area")
    return nn.functional.interpolate(few, size=picture.shape[-1], mode="nearest")


def _blurred(picture: Tensor, rng: np.random.Generator) -> Tensor:
    cells = int(rng.integers(*CELLS))
    few = nn.functional.interpolate(picture, size=cells, mode="area")
    return nn.functional.interpolate(few, size=picture.shape[-1], mode="bicubic").clamp(-1, 1)


def _jigsaw(picture: Tensor, rng: np.random.Generator) -> Tensor:
    side = picture.shape[-1] // TILES
    tiles = picture.unfold(2, side, side).unfold(3, side, side).reshape(1, 3, TILES * TILES, side, side)
    mixed = tiles[:, :, rng.permutation(TILES * TILES)].reshape(1, 3, TILES, TILES, side, side)
    return mixed.permute(0, 1, 2, 4, 3, 5).reshape(picture.shape)


def _blank(picture: Tensor, rng: np.random.Generator) -> Tensor:
    """Paper in the picture's mean colour, or white."""
    paper = picture.mean((2, 3), keepdim=True) if rng.random() < 0.5 else torch.ones(1, 3, 1, 1)
    return paper.expand_as(picture)


_KINDS = (_mosaic, _blurred, _jigsaw, _mosaic, _blurred, _blank)
