"""Occlusion sensitivity: hide parts of a picture, one at a time, to see which of them a similarity comes from.

Source: M. Zeiler, R. Fergus, "Visualizing and understanding convolutional networks", 2014. It needs nothing of a model
but embeddings of pictures, so it explains any CLIP; the score is computed elsewhere.

A region is a cell of a grid over the pixels that the model sees. Its cover has the mean colours of that part of the
picture, lets half of the picture through, and fades out over a cell: a hard edge, or a patch of another colour, would
be an object of its own, which a model trained with hard negatives takes for one.
"""

import numpy as np
import torch
from numpy.typing import NDArray

FADE = 1.0
"""The width, in cells, over which a cover fades out around its cell."""
STRENGTH = 0.5
"""How much of the picture a cover takes away where it is thickest."""
MEANS = 2
"""A cover's colours are the means of MEANS x MEANS parts of the picture, interpolated between them."""


def occluded(pixels: torch.Tensor, side: int) -> torch.Tensor:
    """(3, h, w) pixels to (side*side, 3, h, w): each region, row by row, half hidden under the colours around it."""
    height, width = int(pixels.shape[-2]), int(pixels.shape[-1])
    cover = STRENGTH * _covers(side, height, width)
    means = torch.nn.functional.adaptive_avg_pool2d(pixels[None], MEANS)
    blurred = torch.nn.functional.interpolate(means, size=(height, width), mode="bilinear", align_corners=False)
    return pixels * (1 - cover) + blurred * cover


def _covers(side: int, height: int, width: int) -> torch.Tensor:
    """(side*side, 1, height, width), 1 where a region's cover hides all, 0 where it hides nothing."""
    down, across = _windows(side, height), _windows(side, width)
    return torch.from_numpy(np.einsum("ry,cx->rcyx", down, across).reshape(side * side, 1, height, width))


def _windows(side: int, pixels: int) -> NDArray[np.float32]:
    """(side, pixels): 1 inside each cell, falling to 0 as a raised cosine (a Tukey window) around it."""
    places = (np.arange(pixels) + 0.5) / pixels * side
    outside = np.abs(places[None, :] - np.arange(side)[:, None] - 0.5) - 0.5
    windows: NDArray[np.float32] = (0.5 + 0.5 * np.cos(np.pi * np.clip(outside / FADE, 0, 1))).astype(np.float32)
    return windows
