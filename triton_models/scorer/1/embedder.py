"""A picture's embedding: a score is computed from it, so it must depend on the picture's bytes alone.

The embedding is the mean of L2-normalised CLIP image embeddings: the picture's and those of the crops that the
calibration names, so that the borders of CLIP's patches matter less (test-time augmentation). The mean is not
normalised again; the cosine that is taken from it does that.

Everything is fp32 with TF32 off: bf16 moves a cosine by 3e-4, which shows at two decimals. Every forward pass has
the same fixed shape, filled up with zeros, so that neighbours cannot change which kernels run. That holds for the
embeddings of a picture with one region hidden as well: they take a pass of their own, one picture at a time.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from calibration import Crop
from huggingface_hub import snapshot_download
from numpy.typing import NDArray
from occlusion import occluded
from PIL import Image
from transformers import CLIPConfig, CLIPVisionModelWithProjection

# The PIL implementation by name: `CLIPImageProcessor` is another one wherever torchvision happens to be installed,
# and resizes to other pixels.
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil
from transformers.utils import logging as transformers_logging

ROWS = 32


@dataclass(frozen=True, slots=True)
class EmbedRequest:
    """An RGB picture to embed, and whether to embed it with each region hidden as well."""

    picture: Image.Image
    regions: bool = False


@dataclass(frozen=True, slots=True)
class EmbedResult:
    """The embedding, of shape (dimensions,), and (regions, dimensions) where the regions were requested."""

    embedding: NDArray[np.float32]
    regions: NDArray[np.float32] | None


class Embedder:
    """The vision half of a CLIP on one device. Not thread-safe: a Triton instance calls it from one thread."""

    def __init__(
        self,
        folder: Path,
        device: str,
        gpu_batch: int,
        regions: int,
        crops: Sequence[Crop] = (),
    ) -> None:
        """`regions` is how many of them lie along a side; with 0 nothing is ever hidden."""
        torch.backends.cuda.matmul.allow_tf32 = False
        torch.backends.cudnn.allow_tf32 = False
        torch.backends.cudnn.benchmark = False
        torch.backends.cudnn.deterministic = True
        self.batch = gpu_batch if device.startswith("cuda") else 1
        self._device = device
        self._regions = regions
        self._crops = crops
        self._processor = _load(CLIPImageProcessorPil, folder)
        self._clip = _load_vision_half(folder).to(device).eval()
        self.dimensions = int(self._clip.config.projection_dim)

    def embed(self, requests: Sequence[EmbedRequest]) -> list[EmbedResult]:
        """The results in the requests' order."""
        results: list[EmbedResult] = []
        for start in range(0, len(requests), self.batch):
            results.extend(self._embed_batch(requests[start : start + self.batch]))
        return results

    def _embed_batch(self, requests: Sequence[EmbedRequest]) -> list[EmbedResult]:
        views = [view for request in requests for view in self._views(request.picture)]
        pixels: torch.Tensor = self._processor(images=views, return_tensors="pt")["pixel_values"]
        each = 1 + len(self._crops)
        # Whole blocks of rows: a matrix product rounds the rows of its last, shorter block otherwise.
        rows = self.batch * each if self.batch == 1 else -(-self.batch * each // ROWS) * ROWS
        padded = torch.zeros((rows, *pixels.shape[1:]), dtype=torch.float32)
        padded[: len(views)] = pixels
        units = self._units(padded)[: self.batch * each].view(self.batch, each, -1)
        means = units.mean(dim=1)
        return [
            EmbedResult(
                means[row].numpy(),
                self._embed_occluded(pixels[row * each], means[row], units[row, 0]) if request.regions else None,
            )
            for row, request in enumerate(requests)
        ]

    def _views(self, picture: Image.Image) -> list[Image.Image]:
        width, height = picture.size
        boxes = [
            (left * width, top * height, (left + side) * width, (top + side) * height)
            for left, top, side in self._crops
        ]
        return [picture, *(picture.crop(box) for box in boxes)]

    def _embed_occluded(self, pixels: torch.Tensor, mean: torch.Tensor, unit: torch.Tensor) -> NDArray[np.float32]:
        """The picture's embedding `mean` for each hidden region, as if that were hidden in half of what is averaged.

        It is hidden in the whole picture alone, whose own embedding is `unit`: to hide it in the crops too would take
        many times as long, and shows the same regions.
        """
        if self._regions == 0:
            return np.zeros((0, self.dimensions), dtype=np.float32)
        hidden: NDArray[np.float32] = (mean + (self._units(occluded(pixels, self._regions)) - unit) / 2).numpy()
        return hidden

    def _units(self, pixels: torch.Tensor) -> torch.Tensor:
        """One forward pass: the L2-normalised embeddings of (n, 3, h, w) pixels, on the host."""
        with torch.inference_mode():
            raw = self._clip(pixel_values=pixels.to(self._device)).image_embeds
            return torch.nn.functional.normalize(raw, dim=-1).cpu()


def _load_vision_half(folder: Path) -> Any:
    _silence(transformers_logging)
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


def _silence(library_logging: Any) -> None:
    """transformers warns that the text half is not loaded, which is intended."""
    library_logging.set_verbosity_error()
    library_logging.disable_progress_bar()


def fetch_from_hub(repository: str, revision: str | None) -> Path:
    """Download a CLIP's configuration and weights, safetensors only: a pickle can run code."""
    return Path(snapshot_download(repository, revision=revision, allow_patterns=["*.json", "*.safetensors"]))
