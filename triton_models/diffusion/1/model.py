"""Triton's side of drawing: tensors in, tensors out. What is drawn, and how, is `painter.py`'s business."""

from __future__ import annotations  # the stub gives pb_utils its classes only after this module is imported

import json
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import triton_python_backend_utils as pb_utils

sys.path.append(str(Path(__file__).resolve().parents[2] / "common"))

from cygnet_backend.answering import Refused, answer, bytes_tensor, numbers, texts  # noqa: E402 - needs the path above
from cygnet_backend.cpu import settle_threads  # noqa: E402 - likewise
from cygnet_backend.source import locate  # noqa: E402 - likewise

if TYPE_CHECKING:
    from painter import Job

MAX_PROMPT_CHARACTERS = 2000
STEPS = range(1, 51)
SIZES = range(64, 1025, 64)


class TritonPythonModel:
    """One loaded pipeline. Read from the environment when it loads:

    - CYGNET_GENERATOR_SOURCE: the model, as `cygnet_backend.source.locate` takes it; builtin://cygnet-tiny.
    - CYGNET_GENERATOR_GPU_BATCH: pictures drawn together on a GPU, always that many, see `painter.py`; 4.
    - OMP_NUM_THREADS, OMP_WAIT_POLICY: threads on a CPU, see `cygnet_backend.cpu`.
    """

    def initialize(self, args: dict[str, str]) -> None:
        settle_threads(os.environ)
        _say("importing torch and diffusers (ten seconds and more from a cold disk)")
        import painter  # not before the threads are settled
        from cygnet_backend.device import choose_device

        repository = Path(args["model_repository"]).resolve().parent
        source = os.environ.get("CYGNET_GENERATOR_SOURCE", "builtin://cygnet-tiny")
        _say(f"loading {source}")
        files = locate(source, repository / "weights", painter.fetch_from_hub)
        device = choose_device(args["model_instance_kind"], args["model_instance_device_id"])
        self.painter = painter.Painter(files.path, device, _gpu_batch())
        self.job = painter.Job
        self.info = json.dumps({"source": source, "digest": files.digest, **self.painter.describe()}).encode()
        _say("warming up")
        started = time.monotonic()
        self.painter.draw([painter.Job("a duck", 0, self.painter.defaults.steps, self.painter.defaults.size)])
        _say(f"ready on {device}, one drawing in {time.monotonic() - started:.2f} s")

    def execute(self, requests: list[pb_utils.InferenceRequest]) -> None:
        answer(requests, self.painter.batch, self._read, self.painter.draw, self._write)

    def _read(self, request: pb_utils.InferenceRequest) -> list[Job]:
        prompts = [_prompt(text) for text in texts(request, "PROMPT")]
        defaults = self.painter.defaults
        steps = numbers(request, "STEPS", [defaults.steps] * len(prompts))
        sizes = numbers(request, "SIZE", [defaults.size] * len(prompts))
        if not all(step in STEPS for step in steps):
            raise Refused(f"STEPS must be {STEPS[0]} to {STEPS[-1]}")
        if not all(size in SIZES for size in sizes):
            raise Refused(f"SIZE must be {SIZES[0]} to {SIZES[-1]} pixels in steps of {SIZES.step}")
        return [self.job(*row) for row in zip(prompts, numbers(request, "SEED"), steps, sizes, strict=True)]

    def _write(self, pictures: list[bytes]) -> list[pb_utils.Tensor]:
        return [bytes_tensor("PICTURE", pictures), bytes_tensor("INFO", [self.info] * len(pictures))]


def _prompt(text: bytes) -> str:
    try:
        prompt = text.decode()
    except UnicodeDecodeError:
        raise Refused("PROMPT must be UTF-8") from None
    if not prompt.strip():
        raise Refused("PROMPT must not be empty")
    if len(prompt) > MAX_PROMPT_CHARACTERS:
        raise Refused(f"PROMPT has {len(prompt)} characters, at most {MAX_PROMPT_CHARACTERS} are drawn")
    return prompt


def _gpu_batch() -> int:
    return int(os.environ.get("CYGNET_GENERATOR_GPU_BATCH", "4"))


def _say(what: str) -> None:
    """A line for whoever starts the server: `cygnet up` turns it into its progress display."""
    pb_utils.Logger.log_info(f"cygnet load diffusion: {what}")
