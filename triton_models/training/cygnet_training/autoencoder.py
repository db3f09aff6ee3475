"""The autoencoder: 256x256 pictures to 16x16 latents and back (AutoencoderTiny), trained at half size and then grown.

Flat pictures hold little more at 256 pixels than at 128, and a step at 128 costs a quarter. So a four-level network
is trained on 128-pixel pictures first. Then a fifth level is added in front and behind. The one in front
averages 2x2 pixels exactly, so the latents stay what they were. The one behind starts as plain enlarging, and the
decoder alone is trained further, at full size, to draw sharp edges.

The loss is the absolute error of the pixels and, to keep edges, of their differences to the next pixels right and down
(a gradient difference loss: M. Mathieu et al., "Deep multi-scale video prediction beyond mean square error", 2016).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from .dataset import Dataset, Pictures
from .networks import AutoencoderTiny, Network
from .optimise import Trainer
from .presets import Preset

EDGE_WEIGHT = 0.5
LATENT_NOISE = 0.1
LATENT_WEIGHT = 1e-3
COARSE_CROP = 64
FINE_CROP = 128


def to_signal(pictures: Pictures) -> Tensor:
    """(n, h, w, 3) uint8 to (n, 3, h, w) float32 in [-1, 1], channels last in memory."""
    return torch.from_numpy(pictures.astype(np.float32)).permute(0, 3, 1, 2) / 127.5 - 1


def halve(signal: Tensor) -> Tensor:
    """Means of 2x2 pixels."""
    return nn.functional.avg_pool2d(signal, 2)


def new_coarse(preset: Preset) -> Network:
    """The untrained network for pictures of half size."""
    coarse = _tiny(preset, preset.vae_encoder_blocks, preset.vae_decoder_blocks)
    # One pixel wide, so that it joins with the averaging of the level that `grow` puts in front.
    coarse.encoder.layers[0] = nn.Conv2d(3, preset.vae_width, 1)
    return coarse


def train_coarse(preset: Preset, data: Dataset, folder: Path) -> Network:
    """The four-level network for pictures of half size; noise on its latents makes small errors in them harmless."""
    torch.manual_seed(preset.seed)
    trainer = Trainer("autoencoder-coarse", new_coarse(preset), preset.vae_coarse, folder, orthogonal=True)

    def loss_at(rng: np.random.Generator) -> Tensor:
        crops = halve(to_signal(_crops(data, rng, preset.vae_coarse.batch, COARSE_CROP * 2)))
        crops = crops.to(trainer.device, trainer.dtype)
        latents = trainer.fast.encode(crops).latents
        drawn = trainer.fast.decode(latents + LATENT_NOISE * torch.randn_like(latents)).sample
        size: Tensor = latents.float().square().mean()
        return picture_loss(drawn, crops) + LATENT_WEIGHT * size

    return trainer.train(preset.seed + 1, loss_at)


def train_fine(preset: Preset, data: Dataset, folder: Path, grown: Network) -> Network:
    """The grown network, its decoder trained on at full size with the encoder held still."""
    grown.encoder.requires_grad_(False)
    trainer = Trainer("autoencoder-fine", grown, preset.vae_fine, folder, orthogonal=True)

    def loss_at(rng: np.random.Generator) -> Tensor:
        crops = to_signal(_crops(data, rng, preset.vae_fine.batch, FINE_CROP)).to(trainer.device, trainer.dtype)
        with torch.no_grad():
            latents = trainer.fast.encode(crops).latents
        drawn = trainer.fast.decode(latents + LATENT_NOISE * torch.randn_like(latents)).sample
        return picture_loss(drawn, crops)

    return trainer.train(preset.seed + 2, loss_at)


def picture_loss(drawn: Tensor, target: Tensor) -> Tensor:
    """Mean absolute error of pixels and of neighbour differences."""
    error = (drawn - target).float()
    edges = error.diff(dim=2).abs().mean() + error.diff(dim=3).abs().mean()
    loss: Tensor = error.abs().mean() + EDGE_WEIGHT * edges
    return loss


def grow(preset: Preset, coarse: Network) -> Network:
    """The five-level network that does to 256 pixels what `coarse` does to 128, up to plain enlarging."""
    grown = _tiny(preset, (0, *preset.vae_encoder_blocks), (*preset.vae_decoder_blocks, 0))
    first, second, *encoder = grown.encoder.layers
    *decoder, enlarged, last = grown.decoder.layers
    for new, old in zip(encoder, coarse.encoder.layers[1:], strict=True):
        new.load_state_dict(old.state_dict())
    kept = [layer for layer in decoder if not isinstance(layer, nn.Upsample)]
    learned = [layer for layer in coarse.decoder.layers[:-1] if not isinstance(layer, nn.Upsample)]
    for new, old in zip(kept, learned, strict=True):
        new.load_state_dict(old.state_dict())
    with torch.no_grad():
        # Channels 0-2 carry the colours and channel 3 a constant one, through which the old bias enters.
        first.weight.zero_()
        first.bias.zero_()
        first.weight[:3, :, 1, 1] = torch.eye(3)
        first.bias[3] = 1.0
        second.weight.zero_()
        second.weight[:, :3, 1:, 1:] = coarse.encoder.layers[0].weight.expand(-1, -1, 2, 2) / 4
        second.weight[:, 3, 1, 1] = coarse.encoder.layers[0].bias
        nn.init.dirac_(enlarged.weight)
        last.load_state_dict(coarse.decoder.layers[-1].state_dict())
    return grown


def shrink(preset: Preset, grown: Network) -> Network:
    """The half-size network whose encoder `grown` holds; its decoder is new, as the grown one was trained on."""
    coarse = new_coarse(preset)
    _, second, *encoder = grown.encoder.layers
    for new, old in zip(coarse.encoder.layers[1:], encoder, strict=True):
        new.load_state_dict(old.state_dict())
    with torch.no_grad():
        coarse.encoder.layers[0].weight.copy_(second.weight[:, :3, 1:, 1:].sum((2, 3), keepdim=True))
        coarse.encoder.layers[0].bias.copy_(second.weight[:, 3, 1, 1])
    return coarse


@torch.no_grad()
def encode(coarse: Network, pictures: Pictures) -> Tensor:
    """(n, 256, 256, 3) uint8 to latents (n, channels, 16, 16), by the half-size network, which is the cheaper one."""
    parameter = next(coarse.parameters())
    latents: Tensor = coarse.encode(halve(to_signal(pictures)).to(parameter.device, parameter.dtype)).latents
    return latents


@torch.no_grad()
def psnr(autoencoder: Network, pictures: Pictures) -> float:
    """Mean peak signal-to-noise ratio in dB over pictures, of the 8-bit pictures that a viewer would see."""
    values = []
    for picture in pictures:
        signal = to_signal(picture[None])
        drawn = autoencoder.decode(autoencoder.encode(signal).latents).sample.clamp(-1, 1)
        error = ((drawn + 1) * 127.5).round() - ((signal + 1) * 127.5)
        values.append(10 * np.log10(255**2 / max(float(error.square().mean()), 1e-9)))
    return float(np.mean(values))


def _tiny(preset: Preset, encoder_blocks: tuple[int, ...], decoder_blocks: tuple[int, ...]) -> Network:
    return AutoencoderTiny(
        latent_channels=preset.latent_channels,
        encoder_block_out_channels=(preset.vae_width,) * len(encoder_blocks),
        decoder_block_out_channels=(preset.vae_width,) * len(decoder_blocks),
        num_encoder_blocks=encoder_blocks,
        num_decoder_blocks=decoder_blocks,
    )


def _crops(data: Dataset, rng: np.random.Generator, batch: int, side: int) -> Pictures:
    size = data.pictures.shape[1]
    rows, columns = rng.integers((size - side) // 2 + 1, size=(2, batch)) * 2
    chosen = rng.integers(len(data.scenes), size=batch)
    places = zip(chosen, rows, columns, strict=True)
    return np.stack([data.pictures[i, y : y + side, x : x + side] for i, y, x in places])
