"""Covering parts of a picture, one at a time: what a part has to do with a likeness shows when it is hidden.

That asks nothing of the model but to embed pictures, so it explains any CLIP, and leaves the scoring to whoever
scores. A region is a cell of a grid over the pixels that the model sees. Its cover is what that part of the picture has
on average, it lets half of the picture through, and it fades out over a cell: an edge, or a patch of some other colour,
is a thing that the picture does not have, and a model that knows decoys takes it for one.
"""

import numpy as np
import torch
from numpy.typing import NDArray

FADE = 1.0
"""In cells: over so much around a cell its cover fades out."""
STRENGTH = 0.5
"""How much of the picture a cover takes away where it is thickest."""
PARTS = 2
"""The cover's colours are the means of so many parts along a side, one passing into the next."""


def covered(pixels: torch.Tensor, side: int) -> torch.Tensor:
    """(3, h, w) pixels to (side*side, 3, h, w): each region, row by row, half hidden under the colours around it."""
    height, width = int(pixels.shape[-2]), int(pixels.shape[-1])
    cover = STRENGTH * _covers(side, height, width)
    means = torch.nn.functional.adaptive_avg_pool2d(pixels[None], PARTS)
    blurred = torch.nn.functional.interpolate(means, size=(height, width), mode="bilinear", align_corners=False)
    return pixels * (1 - cover) + blurred * cover


def _covers(side: int, height: int, width: int) -> torch.Tensor:
    """(side*side, 1, height, width), 1 where a region's cover hides all, 0 where it hides nothing."""
    down, across = _windows(side, height), _windows(side, width)
    return torch.from_numpy(np.einsum("ry,cx->rcyx", down, across).reshape(side * side, 1, height, width))


def _windows(side: int, pixels: int) -> NDArray[np.float32]:
    """(side, pixels): 1 inside of each cell, falling to 0 as a cosine around it."""
    places = (np.arange(pixels) + 0.5) / pixels * side
    outside = np.abs(places[None, :] - np.arange(side)[:, None] - 0.5) - 0.5
    windows: NDArray[np.float32] = (0.5 + 0.5 * np.cos(np.pi * np.clip(outside / FADE, 0, 1))).astype(np.float32)
    return windows
