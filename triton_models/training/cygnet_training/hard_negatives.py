"""Hard negatives: mosaics, strong blurs and jigsaws, which keep a picture's colours in their places and show nothing.

A scorer that was never trained on them goes by the colours alone and takes them for good copies.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

CELLS = (4, 11)
TILES = 4


def hard_negatives_of(pictures: Tensor, rng: np.random.Generator) -> Tensor:
    """One hard negative of each (n, 3, side, side) picture, the three kinds in turn."""
    kinds = (_mosaic, _blurred, _jigsaw)
    return torch.stack([kinds[i % len(kinds)](picture[None], rng)[0] for i, picture in enumerate(pictures)])


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
