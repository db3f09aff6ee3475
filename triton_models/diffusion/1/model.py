"""Triton's side of drawing: tensors in, tensors out. What is drawn, and how, is in `generator.py`."""

from __future__ import annotations  # the stub gives pb_utils its classes only after this module is imported

import json
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import triton_python_backend_utils as pb_utils

ROOT = Path(__file__).resolve().parents[3]
sys.path += [str(ROOT / "triton_models/common"), str(ROOT / "services")]

from cygnet_backend.batching import (  # noqa: E402 - needs the path above
    InvalidInput,
    bytes_rows,
    bytes_tensor,
    integer_rows,
    log_loading,
    serve_batches,
)
from cygnet_backend.cpu import configure_openmp  # noqa: E402 - likewise
from cygnet_backend.settings import GeneratorSettings  # noqa: E402 - likewise
from cygnet_backend.source import locate  # noqa: E402 - likewise

if TYPE_CHECKING:
    from generator import GenerateRequest

MAX_PROMPT_CHARACTERS = 2000
STEPS = range(1, 51)
SIZES = range(64, 1025, 64)


class TritonPythonModel:
    """One loaded pipeline; see `GeneratorSettings` and `configure_openmp` for what it reads from the environment."""

    def initialize(self, args: dict[str, str]) -> None:
        configure_openmp(os.environ)
        settings = GeneratorSettings.read(os.environ)
        log_loading("diffusion", "importing torch and diffusers (ten seconds and more from a cold disk)")
        import generator  # after OpenMP's variables are set
        from cygnet_backend.device import choose_device

        log_loading("diffusion", f"loading {settings.source}")
        repository = Path(args["model_repository"]).resolve().parent
        files = locate(settings.source, repository / "weights", generator.fetch_from_hub)
        device = choose_device(args["model_instance_kind"], args["model_instance_device_id"])
        self.generator = generator.Generator(files.path, device, settings.gpu_batch)
        self.request = generator.GenerateRequest
        self.info = json.dumps(
            {"source": settings.source, "digest": files.digest, **self.generator.describe()}
        ).encode()
        vocabulary = files.path / "vocabulary.json"
        self.vocabulary = vocabulary.read_bytes() if vocabulary.exists() else b""
        log_loading("diffusion", "warming up")
        started = time.monotonic()
        defaults = self.generator.defaults
        self.generator.generate([self.request("a duck", 0, defaults.steps, defaults.size)])
        log_loading("diffusion", f"ready on {device}, one drawing in {time.monotonic() - started:.2f} s")

    def execute(self, requests: list[pb_utils.InferenceRequest]) -> None:
        serve_batches(requests, self.generator.batch, self._read, self._generate, self._write)

    def _read(self, request: pb_utils.InferenceRequest) -> list[GenerateRequest]:
        prompts = [_prompt(text) for text in bytes_rows(request, "PROMPT")]
        defaults = self.generator.defaults
        steps = integer_rows(request, "STEPS", [defaults.steps] * len(prompts))
        sizes = integer_rows(request, "SIZE", [defaults.size] * len(prompts))
        if not all(step in STEPS for step in steps):
            raise InvalidInput(f"STEPS must be {STEPS[0]} to {STEPS[-1]}")
        if not all(size in SIZES for size in sizes):
            raise InvalidInput(f"SIZE must be {SIZES[0]} to {SIZES[-1]} pixels in steps of {SIZES.step}")
        if not all(self.generator.caption(prompt) for prompt in prompts):
            raise InvalidInput("no word of PROMPT names a thing that this model draws")
        seeds = integer_rows(request, "SEED")
        return [self.request(*row) for row in zip(prompts, seeds, steps, sizes, strict=True)]

    def _generate(self, requests: Sequence[GenerateRequest]) -> list[tuple[bytes, int]]:
        fitted = [self.generator.fitted(request.prompt) for request in requests]
        return list(zip(self.generator.generate(requests), fitted, strict=True))

    def _write(self, drawn: list[tuple[bytes, int]]) -> list[pb_utils.Tensor]:
        pictures, fitted = zip(*drawn, strict=True)
        return [
            bytes_tensor("PICTURE", pictures),
            bytes_tensor("INFO", [self.info] * len(drawn)),
            pb_utils.Tensor("FITTED", np.array(fitted, dtype=np.int32)[:, None]),
            # Triton passes on only what was requested.
            bytes_tensor("VOCABULARY", [self.vocabulary] * len(drawn)),
        ]


def _prompt(text: bytes) -> str:
    try:
        prompt = text.decode()
    except UnicodeDecodeError:
        raise InvalidInput("PROMPT must be UTF-8") from None
    if not prompt.strip():
        raise InvalidInput("PROMPT must not be empty")
    if len(prompt) > MAX_PROMPT_CHARACTERS:
        raise InvalidInput(f"PROMPT has {len(prompt)} characters, at most {MAX_PROMPT_CHARACTERS} are drawn")
    return prompt
