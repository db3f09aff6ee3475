"""The generator: a latent-diffusion UNet that predicts v, and its text encoder, trained together on canonical captions.

Latents are computed once. The noise schedule ends in pure noise (zero terminal signal-to-noise ratio), without which
a model cannot draw a picture whose mean is dark or bright, such as a plain night sky.

Sources: R. Rombach et al., "High-resolution image synthesis with latent diffusion models", 2022; for v T. Salimans, J.
Ho, "Progressive distillation for fast sampling of diffusion models", 2022; for the schedule S. Lin et al., "Common
diffusion noise schedules and sample steps are flawed", 2023.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from .autoencoder import encode
from .clip import text_config, tokenise
from .dataset import Dataset
from .networks import CLIPTextModel, DDIMScheduler, Network, PlainAttention, Tokenizer, UNet2DConditionModel
from .optimise import Trainer, best_device, fast_dtype
from .presets import Preset
from .progress import progress
from .vocabulary import canonical_caption, left_out

UNCONDITIONAL_SHARE = 0.1
"""Of the captions, left empty for guidance: J. Ho, T. Salimans, "Classifier-free diffusion guidance", 2022."""


def new_scheduler() -> DDIMScheduler:
    """The noise schedule of training and drawing alike; "trailing" starts every drawing from pure noise."""
    return DDIMScheduler(
        beta_schedule="squaredcos_cap_v2",
        prediction_type="v_prediction",
        rescale_betas_zero_snr=True,
        timestep_spacing="trailing",
        clip_sample=False,
        steps_offset=1,
    )


def new_unet(preset: Preset) -> Network:
    """An untrained UNet over 16x16 latents, attending to the words at 8x8 and 4x4."""
    unet = UNet2DConditionModel(
        sample_size=preset.size // 2 ** (len(preset.vae_decoder_blocks)),
        in_channels=preset.latent_channels,
        out_channels=preset.latent_channels,
        block_out_channels=preset.unet_widths,
        layers_per_block=1,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"),
        up_block_types=("UpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
        cross_attention_dim=preset.text_width,
        attention_head_dim=4,
        norm_num_groups=16,
    )
    # Plain attention: the fused kernel's backward pass is many times slower on CPUs.
    unet.set_attn_processor(PlainAttention())
    return unet


def new_text_encoder(preset: Preset, tokenizer: Tokenizer) -> Network:
    """An untrained text encoder of the form of the scorer's text tower."""
    return CLIPTextModel(text_config(preset, tokenizer))


def new_generator(unet: Network, text: Network) -> Network:
    """Both networks as one, to be trained and kept together."""
    return nn.ModuleDict({"unet": unet, "text": text})


def latents_stage(data: Dataset, coarse: Network, folder: Path) -> None:
    """Writes `latents.npy` (n, channels, 16, 16) fp16, and the mean and deviation of its values in `latents.json`."""
    path = folder / "latents.npy"
    if path.exists():
        return
    fast = coarse.to(best_device(), fast_dtype()).to(memory_format=torch.channels_last)
    parts = [
        encode(fast, data.pictures[start : start + 64]).to("cpu", torch.float16).numpy()
        for start in progress(range(0, len(data.scenes), 64), desc="latents")
    ]
    latents = np.concatenate(parts)
    values = latents.astype(np.float64)
    write_latent_statistics(folder, float(values.mean()), float(values.std()))
    np.save(path, latents)


def write_latent_statistics(folder: Path, mean: float, deviation: float) -> None:
    """Keeps what the pipeline's `scaling_factor` is made of."""
    (folder / "latents.json").write_text(json.dumps({"mean": mean, "deviation": deviation}))


def latent_deviation(folder: Path) -> float:
    """The standard deviation of the latents, by which the pipeline's `scaling_factor` divides them."""
    return float(json.loads((folder / "latents.json").read_text())["deviation"])


def train_unet(
    preset: Preset,
    data: Dataset,
    tokenizer: Tokenizer,
    folder: Path,
    initial: Network,
    deviation: float,
) -> Network:
    """Trains `initial`, a `new_generator`, on cached latents and fresh captions; returns the mean of its last weights.

    Latents are divided by `deviation`, which stays the same for as long as the weights are trained on.
    """
    latents = torch.from_numpy(np.load(folder / "latents.npy"))
    scale = 1 / deviation
    alphas_cumprod = new_scheduler().alphas_cumprod
    trainer = Trainer("unet", initial, preset.unet, folder, ema=0.997, orthogonal=True)
    unet, text = trainer.fast["unet"], trainer.fast["text"]

    # What looks left is the mirror image of what looks right: half of the work, and never the wrong way round.
    right = np.array([i for i, scene in enumerate(data.scenes) if scene.facing != "left"])

    def loss_at(rng: np.random.Generator) -> Tensor:
        chosen = right[rng.integers(len(right), size=preset.unet.batch)]
        captions = [_caption(data, i, rng) for i in chosen]
        words = text(input_ids=tokenise(tokenizer, captions).to(trainer.device)).last_hidden_state
        clean = latents[chosen].float() * scale
        noise = torch.randn_like(clean)
        # Stratified over the batch for a loss of less variance: D. Kingma et al., "Variational diffusion models", 2021.
        times = (torch.rand(()) + torch.arange(len(chosen)) / len(chosen)) % 1.0 * len(alphas_cumprod)
        times = times.long().clamp(max=len(alphas_cumprod) - 1)
        signal = alphas_cumprod[times].sqrt().view(-1, 1, 1, 1)
        sigma = (1 - alphas_cumprod[times]).sqrt().view(-1, 1, 1, 1)
        noisy = (
            (signal * clean + sigma * noise)
            .to(trainer.device, trainer.dtype)
            .contiguous(memory_format=torch.channels_last)
        )
        velocity = unet(noisy, times.to(trainer.device), words).sample.float()
        loss: Tensor = (velocity - (signal * noise - sigma * clean).to(trainer.device)).square().mean()
        return loss

    return trainer.train(preset.seed + 5, loss_at)


def _caption(data: Dataset, index: int, rng: np.random.Generator) -> str:
    scene = data.scenes[index]
    return "" if rng.random() < UNCONDITIONAL_SHARE else canonical_caption(scene, left_out(scene, rng))
