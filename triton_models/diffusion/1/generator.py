"""Drawing with any diffusers text-to-image pipeline, so that a picture depends on its own request alone.

Reproducible: the same prompt, seed, steps and size give the same bytes, whatever was drawn before or beside them.

- Noise comes from one generator per picture, always on the CPU, so a neighbour takes none of it.
- On a CPU pictures are drawn one by one. A batched matrix product sums in another order than a single one, so the
  last bits of a picture would depend on the length of the queue; and batching gains no time on a CPU.
- On a GPU every forward pass has the same fixed batch, filled up with copies, so that the same kernels are chosen
  however many pictures wait. That rests on kernels whose rows do not mix, which holds for the deterministic
  kernels selected here but is documented nowhere: the stored picture is the canonical one, and none is drawn twice.

That holds for one machine, one thread count and one set of versions: another CPU rounds differently.
"""

import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import torch
from diffusers import DiffusionPipeline
from diffusers.utils import logging as diffusers_logging
from PIL import Image, ImageOps
from transformers.utils import logging as transformers_logging

from cygnet.inference.reading import Drawing, Vocabulary

_PIPELINE: Any = DiffusionPipeline
"""The class as mypy shall see it: diffusers is only half typed."""


@dataclass(frozen=True, slots=True)
class GenerateRequest:
    """One picture to draw; `size` is both its width and its height in pixels."""

    prompt: str
    seed: int
    steps: int
    size: int


@dataclass(frozen=True, slots=True)
class Defaults:
    """Parameters for requests that leave them out: `cygnet.json` beside the weights, or these values.

    `guidance_scale` None leaves it to the pipeline.
    """

    steps: int = 20
    guidance_scale: float | None = None
    size: int = 512

    @classmethod
    def read(cls, folder: Path) -> "Defaults":
        path = folder / "cygnet.json"
        if not path.exists():
            return cls()
        values = json.loads(path.read_text())
        return cls(**{key: values[key] for key in ("steps", "guidance_scale", "size") if key in values})


class Generator:
    """One loaded pipeline on one device. Not thread-safe: a Triton instance calls it from one thread."""

    def __init__(self, folder: Path, device: str, gpu_batch: int) -> None:
        on_gpu = device.startswith("cuda")
        self.defaults = Defaults.read(folder)
        self._vocabulary = _read_vocabulary(folder)
        self.batch = gpu_batch if on_gpu else 1
        self._device = device
        self._dtype = torch.float16 if on_gpu else torch.float32
        torch.backends.cudnn.benchmark = False  # else the first shapes seen decide which kernels run
        torch.backends.cudnn.deterministic = True
        for library in (diffusers_logging, transformers_logging):
            _silence(library)
        self._pipeline = _PIPELINE.from_pretrained(
            folder, dtype=self._dtype, use_safetensors=True, local_files_only=True
        ).to(device)
        self._pipeline.set_progress_bar_config(disable=True)
        components = self._pipeline.components
        self.tokenizers = [part for name, part in components.items() if name.startswith("tokenizer") and part]
        # Convolutions are half of a drawing's time, and a tenth faster where a pixel's channels lie together.
        for name in ("unet", "vae"):
            if name in components:
                components[name].to(memory_format=torch.channels_last)

    def generate(self, requests: Sequence[GenerateRequest]) -> list[bytes]:
        """Draw every request; the PNG files are in the requests' order."""
        pictures: dict[int, bytes] = {}
        for group in _batchable(requests):
            waiting = iter(group)
            while chunk := list(islice(waiting, self.batch)):
                drawn = self._generate_batch([requests[index] for index in chunk])
                pictures.update(zip(chunk, map(_png, drawn), strict=True))
        return [pictures[index] for index in range(len(requests))]

    def fitted(self, prompt: str) -> int:
        """How many characters of a prompt the tokenizer with the most room takes; all where that cannot be told.

        A vocabulary reads all of a prompt, and its captions are short.
        """
        if (
            self._vocabulary is not None
            or not self.tokenizers
            or not all(tokenizer.is_fast for tokenizer in self.tokenizers)
        ):
            return len(prompt)
        taken = (
            tokenizer(
                prompt, truncation=True, max_length=tokenizer.model_max_length, return_offsets_mapping=True
            ).offset_mapping
            for tokenizer in self.tokenizers
        )
        # What is cut off are whole tokens at the end; blanks there are no token.
        ends = max(end for offsets in taken for _, end in offsets)
        return len(prompt) if ends >= len(prompt.rstrip()) else ends

    def caption(self, prompt: str) -> str:
        """What is drawn for the prompt: what the model's vocabulary reads of it, or all of it where it has none."""
        return prompt if self._vocabulary is None else self._vocabulary.read(prompt).caption

    def describe(self) -> dict[str, Any]:
        """What a receipt says of how a picture was made, beside the weights' digest."""
        return {
            "steps": self.defaults.steps,
            "size": self.defaults.size,
            "guidance_scale": self.defaults.guidance_scale,
            "device": self._device.partition(":")[0],
            "precision": str(self._dtype).removeprefix("torch."),
        }

    def _generate_batch(self, requests: Sequence[GenerateRequest]) -> list[Image.Image]:
        padded = [*requests, *[requests[-1]] * (self.batch - len(requests))]
        drawings = [self._drawing(request) for request in padded]
        guidance = {} if self.defaults.guidance_scale is None else {"guidance_scale": self.defaults.guidance_scale}
        with torch.inference_mode():
            drawn = self._pipeline(
                prompt=[drawing.text for drawing in drawings],
                num_inference_steps=requests[0].steps,
                height=requests[0].size,
                width=requests[0].size,
                generator=[torch.Generator("cpu").manual_seed(request.seed) for request in padded],
                output_type="pil",
                **guidance,
            ).images
        return [
            ImageOps.mirror(picture) if drawing.mirrored else picture
            for picture, drawing in zip(drawn[: len(requests)], drawings, strict=False)
        ]

    def _drawing(self, request: GenerateRequest) -> Drawing:
        if self._vocabulary is None:
            return Drawing(request.prompt, mirrored=False)
        return self._vocabulary.drawing(request.prompt, request.seed)


def fetch_from_hub(repository: str, revision: str | None) -> Path:
    """Download what the pipeline at `repository` needs, safetensors only: a pickle can run code."""
    return Path(_PIPELINE.download(repository, revision=revision, use_safetensors=True))


def _read_vocabulary(folder: Path) -> Vocabulary | None:
    path = folder / "vocabulary.json"
    return Vocabulary.of(json.loads(path.read_bytes())) if path.exists() else None


def _silence(library_logging: Any) -> None:
    """Both libraries warn about a long prompt by quoting it, and no prompt may be logged."""
    library_logging.set_verbosity_error()
    library_logging.disable_progress_bar()


def _batchable(requests: Sequence[GenerateRequest]) -> Iterator[list[int]]:
    """Indices of the requests that can share a forward pass."""
    groups: dict[tuple[int, int], list[int]] = {}
    for index, request in enumerate(requests):
        groups.setdefault((request.steps, request.size), []).append(index)
    yield from groups.values()


def _png(picture: Image.Image) -> bytes:
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()
