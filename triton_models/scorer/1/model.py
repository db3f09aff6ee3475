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

ROOT = Path(__file__).resolve().parents[3]
sys.path += [str(ROOT / "triton_models/common"), str(ROOT / "services")]

from cygnet_backend.batching import (  # noqa: E402 - needs the path above
    InvalidInput,
    bytes_rows,
    bytes_tensor,
    log_loading,
    serve_batches,
)
from cygnet_backend.cpu import configure_openmp  # noqa: E402 - likewise
from cygnet_backend.settings import ScorerSettings  # noqa: E402 - likewise
from cygnet_backend.source import locate  # noqa: E402 - likewise

if TYPE_CHECKING:
    from embedder import EmbedRequest, EmbedResult


class TritonPythonModel:
    """One loaded CLIP and the calibration that belongs to it.

    See `ScorerSettings` and `configure_openmp` for what it reads from the environment.
    """

    def initialize(self, args: dict[str, str]) -> None:
        configure_openmp(os.environ)
        settings = ScorerSettings.read(os.environ)
        log_loading("scorer", "importing torch and transformers (ten seconds and more from a cold disk)")
        import calibration
        import embedder  # after OpenMP's variables are set
        from cygnet_backend.device import choose_device

        from cygnet.platform.images import UnfitPicture, blank, open_picture

        log_loading("scorer", f"loading {settings.source}")
        repository = Path(args["model_repository"]).resolve().parent
        files = locate(settings.source, repository / "weights", embedder.fetch_from_hub)
        device = choose_device(args["model_instance_kind"], args["model_instance_device_id"])
        published = settings.calibration or files.path / "calibration.json"
        self.embedder = embedder.Embedder(
            files.path, device, settings.gpu_batch, settings.regions, calibration.crops(published)
        )
        self.request = embedder.EmbedRequest
        self.open_picture, self.unfit = open_picture, UnfitPicture
        scale = calibration.read(published, self.embedder.dimensions)
        self.info = json.dumps({"source": settings.source, "digest": files.digest, "calibration": scale}).encode()
        log_loading("scorer", "warming up")
        started = time.monotonic()
        self.embedder.embed([self.request(blank(), regions=True)])
        log_loading("scorer", f"ready on {device}, one embedding in {time.monotonic() - started:.2f} s")

    def execute(self, requests: list[pb_utils.InferenceRequest]) -> None:
        serve_batches(requests, self.embedder.batch, self._read, self.embedder.embed, self._write)

    def _read(self, request: pb_utils.InferenceRequest) -> list[EmbedRequest]:
        regions = "REGIONS" in request.requested_output_names()
        try:
            return [self.request(self.open_picture(content), regions) for content in bytes_rows(request, "PICTURE")]
        except self.unfit as reason:
            raise InvalidInput(f"PICTURE {reason}") from None

    def _write(self, results: list[EmbedResult]) -> list[pb_utils.Tensor]:
        tensors = [
            pb_utils.Tensor("EMBEDDING", np.stack([result.embedding for result in results])),
            bytes_tensor("INFO", [self.info] * len(results)),
        ]
        regions = [result.regions for result in results if result.regions is not None]
        return [*tensors, pb_utils.Tensor("REGIONS", np.stack(regions))] if regions else tensors
