"""Triton's side of scoring: tensors in, tensors out. What a picture's embedding is, `embedder.py` says."""

from __future__ import annotations  # the stub gives pb_utils its classes only after this module is imported

import json
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import triton_python_backend_utils as pb_utils

sys.path.append(str(Path(__file__).resolve().parents[2] / "common"))

from cygnet_backend.answering import Refused, answer, bytes_tensor, texts  # noqa: E402 - needs the path above
from cygnet_backend.cpu import settle_threads  # noqa: E402 - likewise
from cygnet_backend.source import locate  # noqa: E402 - likewise

if TYPE_CHECKING:
    from embedder import Answer, Question


class TritonPythonModel:
    """One loaded CLIP and the calibration that belongs to it. Read from the environment when it loads:

    - CYGNET_SCORER_SOURCE: the model, as `cygnet_backend.source.locate` takes it; builtin://cygnet-clip.
    - CYGNET_SCORER_CALIBRATION: the path of its calibration; calibration.json beside the weights.
    - CYGNET_SCORER_GPU_BATCH: pictures embedded together on a GPU, always that many, see `embedder.py`; 8.
    - CYGNET_SCORER_REGIONS: regions along a picture's side for the heat map, 0 to 16; 5. 0 for none: with a large CLIP
      on a CPU, where 25 pictures more take seconds.
    - OMP_NUM_THREADS, OMP_WAIT_POLICY: threads on a CPU, see `cygnet_backend.cpu`.
    """

    def initialize(self, args: dict[str, str]) -> None:
        settle_threads(os.environ)
        _say("importing torch and transformers (ten seconds and more from a cold disk)")
        import calibration  # not before the threads are settled
        import embedder
        import pictures
        from cygnet_backend.device import choose_device

        repository = Path(args["model_repository"]).resolve().parent
        source = os.environ.get("CYGNET_SCORER_SOURCE", "builtin://cygnet-clip")
        _say(f"loading {source}")
        files = locate(source, repository / "weights", embedder.fetch_from_hub)
        device = choose_device(args["model_instance_kind"], args["model_instance_device_id"])
        own = Path(os.environ.get("CYGNET_SCORER_CALIBRATION") or files.path / "calibration.json")
        self.embedder = embedder.Embedder(
            files.path, device, _gpu_batch(), _regions(embedder.DEFAULT_REGIONS), calibration.crops(own)
        )
        self.question = embedder.Question
        self.open_picture, self.unfit = pictures.open_picture, pictures.UnfitPicture
        scale = calibration.read(own, self.embedder.dimensions)
        self.info = json.dumps({"source": source, "digest": files.digest, "calibration": scale}).encode()
        _say("warming up")
        started = time.monotonic()
        self.embedder.embed([self.question(pictures.blank(), regions=True)])
        _say(f"ready on {device}, one embedding in {time.monotonic() - started:.2f} s")

    def execute(self, requests: list[pb_utils.InferenceRequest]) -> None:
        answer(requests, self.embedder.batch, self._read, self.embedder.embed, self._write)

    def _read(self, request: pb_utils.InferenceRequest) -> list[Question]:
        regions = "REGIONS" in request.requested_output_names()
        try:
            return [self.question(self.open_picture(picture), regions) for picture in texts(request, "PICTURE")]
        except self.unfit as reason:
            raise Refused(f"PICTURE {reason}") from None

    def _write(self, answers: list[Answer]) -> list[pb_utils.Tensor]:
        tensors = [
            pb_utils.Tensor("EMBEDDING", np.stack([answer.embedding for answer in answers])),
            bytes_tensor("INFO", [self.info] * len(answers)),
        ]
        regions = [answer.regions for answer in answers if answer.regions is not None]
        return [*tensors, pb_utils.Tensor("REGIONS", np.stack(regions))] if regions else tensors


def _gpu_batch() -> int:
    return int(os.environ.get("CYGNET_SCORER_GPU_BATCH", "8"))


def _regions(default: int) -> int:
    side = int(os.environ.get("CYGNET_SCORER_REGIONS", str(default)))
    if not 0 <= side <= 16:
        raise ValueError(f"CYGNET_SCORER_REGIONS={side}: must be 0 to 16")
    return side


def _say(what: str) -> None:
    """A line for whoever starts the server: `cygnet up` turns it into its progress display."""
    pb_utils.Logger.log_info(f"cygnet load scorer: {what}")
