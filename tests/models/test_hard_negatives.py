"""Hard negatives keep the colours and lose the drawing, or the scorer would be trained to tell copies apart."""

import numpy as np
import torch

from cygnet_training.grammar import Scene
from cygnet_training.hard_negatives import hard_negatives_of
from cygnet_training.renderer import render


def test_hard_negatives_keep_colours_and_lose_edges() -> None:
    picture = render(Scene("duck", "yellow", "pond"), np.random.default_rng(1)).resize((80, 80))
    signal = torch.from_numpy(np.asarray(picture, dtype=np.float32)).permute(2, 0, 1) / 127.5 - 1
    originals = signal[None].repeat(6, 1, 1, 1)
    negatives = hard_negatives_of(originals, np.random.default_rng(2))
    assert negatives.shape == originals.shape
    for negative in negatives:
        assert torch.allclose(negative.mean((1, 2)), signal.mean((1, 2)), atol=0.03)
        assert (negative - signal).abs().mean() > 0.05
