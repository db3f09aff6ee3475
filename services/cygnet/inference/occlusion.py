"""Which regions of a picture its score depends on: the heat map that a player may lay over the drawing.

Occlusion sensitivity (Zeiler & Fergus, "Visualizing and Understanding Convolutional Networks", ECCV 2014): a region
counts by how much the cosine falls when it is hidden. The map is for people; no number is computed from it.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

FAINT = 0.01
"""The least fall of the cosine that is drawn at full brightness: where every fall is smaller, the map stays faint."""


def heat_map(
    embedding: NDArray[np.float32], regions: NDArray[np.float32], target: NDArray[np.float32], mean: Sequence[float]
) -> bytes:
    """Returns one byte for each region, row by row: 0 for no part in the likeness, 255 for the largest.

    `regions` is (n * n, dimensions), the embeddings of the picture with one region hidden; empty where it is empty.
    """
    if not len(regions):
        return b""
    centre = np.asarray(mean, dtype=np.float64)
    whole, *hidden = (_cosines(np.vstack([embedding[None], regions]), target, centre)).tolist()
    drops = np.maximum(0.0, whole - np.array(hidden))
    return bytes(np.rint(drops / max(FAINT, drops.max()) * 255).astype(np.uint8))


def _cosines(
    pictures: NDArray[np.float32], target: NDArray[np.float32], centre: NDArray[np.float64]
) -> NDArray[np.float64]:
    x, y = pictures.astype(np.float64) - centre, target.astype(np.float64) - centre
    lengths = np.linalg.norm(x, axis=1) * np.linalg.norm(y)
    # A hidden picture may come to equal the mean, which has no direction and so no likeness.
    cosines: NDArray[np.float64] = np.divide(x @ y, lengths, out=np.zeros(len(x)), where=lengths > 0)
    return cosines
