"""Decoys keep the colours and lose the drawing: else the scorer would be taught to tell apart what is the same."""

import numpy as np
import torch

from cygnet_training.decoys import decoys_of
from cygnet_training.grammar import Scene
from cygnet_training.renderer import render


def test_decoys_keep_colours_and_lose_edges() -> None:
    picture = render(Scene("duck", "yellow", "pond"), np.random.default_rng(1)).resize((80, 80))
    signal = torch.from_numpy(np.asarray(picture, dtype=np.float32)).permute(2, 0, 1) / 127.5 - 1
    originals = signal[None].repeat(6, 1, 1, 1)
    decoys = decoys_of(originals, np.random.default_rng(2))
    assert decoys.shape == originals.shape
    for decoy in decoys:
        assert torch.allclose(decoy.mean((1, 2)), signal.mean((1, 2)), atol=0.03)
        assert (decoy - signal).abs().mean() > 0.05
