"""diffusers and transformers as the type checker shall see them: half typed, so untyped, and only here."""

from typing import Any

import diffusers
import transformers
from diffusers.models import attention_processor

Network = Any
"""A network or pipeline of either library."""
Tokenizer = Any
Processor = Any

AutoencoderTiny: Any = diffusers.AutoencoderTiny
DDIMScheduler: Any = diffusers.DDIMScheduler
DiffusionPipeline: Any = diffusers.DiffusionPipeline
StableDiffusionPipeline: Any = diffusers.StableDiffusionPipeline
UNet2DConditionModel: Any = diffusers.UNet2DConditionModel
PlainAttention: Any = attention_processor.AttnProcessor

CLIPConfig: Any = transformers.CLIPConfig
CLIPImageProcessorPil: Any = transformers.CLIPImageProcessorPil
CLIPModel: Any = transformers.CLIPModel
CLIPTextConfig: Any = transformers.CLIPTextConfig
CLIPTextModel: Any = transformers.CLIPTextModel
CLIPTokenizer: Any = transformers.CLIPTokenizer
CLIPVisionConfig: Any = transformers.CLIPVisionConfig
