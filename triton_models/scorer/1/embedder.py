"""A picture's embedding: the number a score hangs on, so it must depend on the picture's bytes alone.

The embedding is the mean of two L2-normalised CLIP image embeddings, the picture's and its mirror image's: a swan
that looks left is as good a swan. The mean is not normalised again; the cosine that is taken from it does that.

Everything is fp32 with TF32 off: bf16 moves a cosine by 3e-4, which shows at two decimals. Every forward pass has
the same fixed shape, filled up with zeros, so that neighbours cannot change which kernels run.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from huggingface_hub import snapshot_download
from numpy.typing import NDArray
from PIL import Image
from transformers import CLIPConfig, CLIPVisionModelWithProjection

# The PIL implementation by name: `CLIPImageProcessor` is another one wherever torchvision happens to be installed,
# and resizes to other pixels.
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil
from transformers.utils import logging as transformers_logging


class Embedder:
    """The vision half of a CLIP on one device. Not thread-safe: a Triton instance calls it from one thread."""

    def __init__(self, folder: Path, device: str, gpu_batch: int) -> None:
        torch.backends.cuda.matmul.allow_tf32 = False
        torch.backends.cudnn.allow_tf32 = False
        torch.backends.cudnn.benchmark = False
        torch.backends.cudnn.deterministic = True
        self.batch = gpu_batch if device.startswith("cuda") else 1
        self._device = device
        self._processor = _load(CLIPImageProcessorPil, folder)
        self._clip = _load_vision_half(folder).to(device).eval()
        self.dimensions = int(self._clip.config.projection_dim)

    def embed(self, pictures: Sequence[Image.Image]) -> list[NDArray[np.float32]]:
        """The embeddings of RGB pictures, in order, each of shape (dimensions,)."""
        embeddings: list[NDArray[np.float32]] = []
        for start in range(0, len(pictures), self.batch):
            embeddings.extend(self._embed_chunk(pictures[start : start + self.batch]))
        return embeddings

    def _embed_chunk(self, pictures: Sequence[Image.Image]) -> NDArray[np.float32]:
        pixels: torch.Tensor = self._processor(images=list(pictures), return_tensors="pt")["pixel_values"]
        padded = torch.zeros((self.batch, *pixels.shape[1:]), dtype=torch.float32)
        padded[: len(pictures)] = pixels
        both = torch.cat([padded, padded.flip(-1)]).to(self._device)
        with torch.inference_mode():
            raw = self._clip(pixel_values=both).image_embeds
        unit = torch.nn.functional.normalize(raw, dim=-1)
        mean = (unit[: self.batch] + unit[self.batch :]) / 2
        result: NDArray[np.float32] = mean[: len(pictures)].cpu().numpy()
        return result


def _load_vision_half(folder: Path) -> Any:
    _quieten(transformers_logging)
    config = _load(CLIPConfig, folder)
    # A whole CLIP states the width of its projection at the top, the vision half alone looks for it inside.
    config.vision_config.projection_dim = config.projection_dim
    return _load(
        CLIPVisionModelWithProjection,
        folder,
        config=config.vision_config,
        dtype=torch.float32,
        use_safetensors=True,
    )


def _load(kind: Any, folder: Path, **options: Any) -> Any:
    return kind.from_pretrained(folder, local_files_only=True, **options)


def _quieten(library_logging: Any) -> None:
    """The text half is left unread on purpose, which is nothing to warn of."""
    library_logging.set_verbosity_error()
    library_logging.disable_progress_bar()


def fetch_from_hub(repository: str, revision: str | None) -> Path:
    """Download a CLIP's configuration and weights, safetensors only: a pickle can run code."""
    return Path(snapshot_download(repository, revision=revision, allow_patterns=["*.json", "*.safetensors"]))
