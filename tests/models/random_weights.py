"""Models of the shipped kind with random weights, small enough to be made in a second.

They stand in for the shipped ones wherever a test is about bytes, bounds and batches rather than about swans.
"""

import json
from pathlib import Path
from typing import Any

import diffusers
import torch
import transformers
from transformers.convert_slow_tokenizer import bytes_to_unicode
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

EMBEDDING_DIMENSIONS = 24

# Both libraries are only half typed; as Any, mypy takes their constructors as they are.
_diffusers: Any = diffusers
_transformers: Any = transformers
_byte_symbols: Any = bytes_to_unicode


def make_pipeline(folder: Path) -> Path:
    """Save a Stable-Diffusion pipeline that draws coloured noise, 64x64 in 2 steps."""
    torch.manual_seed(7)
    tokenizer = _tokenizer()
    text = _transformers.CLIPTextConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
    )
    unet = _diffusers.UNet2DConditionModel(
        sample_size=8,
        in_channels=4,
        out_channels=4,
        block_out_channels=(32, 64),
        layers_per_block=1,
        cross_attention_dim=32,
        attention_head_dim=8,
        down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"),
        up_block_types=("UpBlock2D", "CrossAttnUpBlock2D"),
    )
    _diffusers.StableDiffusionPipeline(
        vae=_diffusers.AutoencoderTiny(encoder_block_out_channels=(16,) * 4, decoder_block_out_channels=(16,) * 4),
        text_encoder=_transformers.CLIPTextModel(text),
        tokenizer=tokenizer,
        unet=unet,
        scheduler=_diffusers.LCMScheduler(steps_offset=1),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    ).save_pretrained(folder)
    (folder / "cygnet.json").write_text(json.dumps({"steps": 2, "guidance_scale": 1.0, "size": 64}))
    return folder


def make_clip(folder: Path) -> Path:
    """Save a CLIP with a calibration."""
    torch.manual_seed(11)
    small = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4}
    config = _transformers.CLIPConfig(
        text_config={"vocab_size": 300, "bos_token_id": 0, "eos_token_id": 1, **small},
        vision_config={"image_size": 32, "patch_size": 8, **small},
        projection_dim=EMBEDDING_DIMENSIONS,
    )
    _transformers.CLIPModel(config).save_pretrained(folder)
    CLIPImageProcessorPil(size={"shortest_edge": 32}, crop_size={"height": 32, "width": 32}).save_pretrained(folder)
    points, half = [[0.0, 0.0], [1.0, 100.0]], EMBEDDING_DIMENSIONS // 2
    calibration = {
        "id": "random-1",
        "crops": [[0.0, 0.0, 0.75], [0.25, 0.0, 0.75]],
        "mean": [0.01] * EMBEDDING_DIMENSIONS,
        "points": points,
        "parts": {
            "what": {"first": 0, "last": half, "points": points},
            "look": {"first": half, "last": EMBEDDING_DIMENSIONS, "points": points},
        },
    }
    (folder / "calibration.json").write_text(json.dumps(calibration))
    return folder


def _tokenizer() -> Any:
    """Every byte is a token of its own, with and without the end of a word."""
    symbols = list(_byte_symbols().values())
    words = [*symbols, *(f"{symbol}</w>" for symbol in symbols), "<|startoftext|>", "<|endoftext|>"]
    return _transformers.CLIPTokenizer({word: index for index, word in enumerate(words)}, [], model_max_length=77)
