"""Covering parts of a picture, one at a time: what a part has to do with a likeness shows when it is hidden.

That asks nothing of the model but to embed pictures, so it explains any CLIP, and leaves the scoring to whoever
scores. A region is a cell of a grid over the pixels that the model sees, and fades out over half a cell around it: a
hard edge is a shape that the picture does not have, and models see shapes.
"""

import numpy as np
import torch
from numpy.typing import NDArray

FADE = 0.5
"""In cells: over so much around a cell its cover fades out."""


def covered(pixels: torch.Tensor, side: int) -> torch.Tensor:
    """(3, h, w) pixels to (side*side, 3, h, w): each region, row by row, hidden under the picture's mean colour."""
    cover = _covers(side, int(pixels.shape[-2]), int(pixels.shape[-1]))
    mean = pixels.mean(dim=(1, 2), keepdim=True)
    return pixels * (1 - cover) + mean * cover


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
