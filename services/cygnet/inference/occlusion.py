"""Which regions of a picture its score depends on: the heat map that a player may lay over the drawing.

Occlusion sensitivity (Zeiler & Fergus, "Visualizing and Understanding Convolutional Networks", ECCV 2014): a region
helps by how much the cosine falls when it is hidden, and hurts by how much it rises. The map is for people; no number
is computed from it.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

FAINT = 0.01
"""The least change of the cosine that is drawn at full strength: where all are smaller, the map stays faint."""


def heat_map(
    embedding: NDArray[np.float32], regions: NDArray[np.float32], target: NDArray[np.float32], mean: Sequence[float]
) -> tuple[bytes, bytes]:
    """Returns how much each region helps, and how much each hurts: a byte for each, row by row.

    Both are on one scale, 255 for the largest change of either kind: what helps a little beside what hurts much is
    shown as little. `regions` is (n * n, dimensions), the embeddings of the picture with one region hidden; both maps
    are empty where it is empty.
    """
    if not len(regions):
        return b"", b""
    centre = np.asarray(mean, dtype=np.float64)
    whole, *hidden = (_cosines(np.vstack([embedding[None], regions]), target, centre)).tolist()
    falls = whole - np.array(hidden)
    strengths = np.rint(falls / max(FAINT, np.abs(falls).max()) * 255).astype(np.int16)
    return bytes(np.maximum(0, strengths).astype(np.uint8)), bytes(np.maximum(0, -strengths).astype(np.uint8))


def _cosines(
    pictures: NDArray[np.float32], target: NDArray[np.float32], centre: NDArray[np.float64]
) -> NDArray[np.float64]:
    x, y = pictures.astype(np.float64) - centre, target.astype(np.float64) - centre
    lengths = np.linalg.norm(x, axis=1) * np.linalg.norm(y)
    # A hidden picture may come to equal the mean, which has no direction and so no likeness.
    cosines: NDArray[np.float64] = np.divide(x @ y, lengths, out=np.zeros(len(x)), where=lengths > 0)
    return cosines
