"""A double of Triton's gRPC port, for tests of the worker: it answers at once, when its gate opens, or not at all.

The real Triton takes half a minute to start; it is tested with its models in tests/models and with everything else in
the tests of the whole stack. What is here speaks the same protocol, so the worker's own client is tested with it.
"""

import asyncio
import hashlib
import io
import json
from typing import Any

import grpc
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from tritonclient.grpc import service_pb2, service_pb2_grpc

DIMENSIONS = 32
CALIBRATION: dict[str, Any] = {
    "id": "double-1",
    "mean": [0.25] * DIMENSIONS,
    "points": [[-1.0, 0.0], [0.0, 40.0], [0.5, 70.0], [1.0, 100.0]],
    "parts": {"what": {"first": 0, "last": 20, "points": [[-1.0, 0.0], [1.0, 50.0]]}},
}


def picture_of(prompt: str, seed: int) -> bytes:
    """Returns what stands for a drawing: a PNG of a few pixels, whose file tells where it comes from."""
    words, out = PngInfo(), io.BytesIO()
    words.add_text("Description", f"picture of {prompt} with seed {seed}")
    Image.frombytes("RGB", (16, 16), hashlib.sha256(prompt.encode()).digest() * 24).save(out, "PNG", pnginfo=words)
    return out.getvalue()


def embedding_of(picture: bytes) -> NDArray[np.float32]:
    """Returns an embedding that depends on every byte."""
    return np.frombuffer(hashlib.sha256(picture).digest(), dtype=np.uint8).astype(np.float32) / np.float32(255)


def regions_of(picture: bytes) -> NDArray[np.float32]:
    """Returns embeddings for four regions."""
    return np.stack([embedding_of(bytes([region]) + picture) for region in range(4)])


class TritonDouble(service_pb2_grpc.GRPCInferenceServiceServicer):  # type: ignore[misc]
    """Draws words instead of pictures. Probes (64 pixels) pass the gate and are not counted as drawings."""

    def __init__(self) -> None:
        self.generator = "builtin://cygnet-tiny"
        self.scorer = "builtin://cygnet-clip"
        self.calibration: dict[str, Any] | None = CALIBRATION
        self.gate = asyncio.Event()
        self.gate.set()
        self.vocabulary = b""
        self.draws = b""
        """Instead of `picture_of`."""
        self.fits = 2000
        """Characters of a prompt that fit the model."""
        self.refuses: tuple[grpc.StatusCode, str] | None = None
        self.prompts: list[str] = []
        self.seeds: list[int] = []
        self.embedded: list[bytes] = []
        self.probes = 0
        self.at_work = 0
        self.most_at_work = 0
        self.cancelled = 0
        self.port = 0
        self._server: grpc.aio.Server | None = None

    @property
    def address(self) -> str:
        """Where it listens once it has started."""
        return f"127.0.0.1:{self.port}"

    async def start(self) -> None:
        """Listens, on the port it had before if there was one."""
        self._server = grpc.aio.server(options=[("grpc.so_reuseport", 0)])
        service_pb2_grpc.add_GRPCInferenceServiceServicer_to_server(self, self._server)
        self.port = self._server.add_insecure_port(f"127.0.0.1:{self.port}")
        await self._server.start()

    async def stop(self) -> None:
        """Goes away, at once."""
        if self._server is not None:
            await self._server.stop(0)
            self._server = None

    async def ModelInfer(
        self, request: service_pb2.ModelInferRequest, context: "grpc.aio.ServicerContext[Any, Any]"
    ) -> service_pb2.ModelInferResponse:
        inputs = dict(zip((each.name for each in request.inputs), request.raw_input_contents, strict=True))
        self.at_work += 1
        self.most_at_work = max(self.most_at_work, self.at_work)
        try:
            if request.model_name == "diffusion":
                return _response(VOCABULARY=self.vocabulary)
            if request.model_name == "scorer":
                return self._embed(inputs["PICTURE"][4:])
            return await self._draw(inputs, context)
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        finally:
            self.at_work -= 1

    async def _draw(
        self, inputs: dict[str, bytes], context: "grpc.aio.ServicerContext[Any, Any]"
    ) -> service_pb2.ModelInferResponse:
        prompt, seed = inputs["PROMPT"][4:].decode(), int(np.frombuffer(inputs["SEED"], dtype=np.int64)[0])
        if np.frombuffer(inputs["SIZE"], dtype=np.int32)[0] == 64:
            self.probes += 1
        else:
            self.prompts.append(prompt)
            await self.gate.wait()
            if self.refuses is not None:
                await context.abort(*self.refuses)
        self.seeds.append(seed)
        picture = self.draws or picture_of(prompt, seed)
        return _response(
            PICTURE=picture,
            FITTED=np.array([min(len(prompt), self.fits)], dtype=np.int32),
            EMBEDDING=embedding_of(picture),
            REGIONS=regions_of(picture),
            GENERATOR_INFO=json.dumps({"source": self.generator, "digest": "a" * 64}).encode(),
            SCORER_INFO=self._scorer_info(),
        )

    def _embed(self, picture: bytes) -> service_pb2.ModelInferResponse:
        self.embedded.append(picture)
        return _response(EMBEDDING=embedding_of(picture), INFO=self._scorer_info())

    def _scorer_info(self) -> bytes:
        info = {"source": self.scorer, "digest": "b" * 64, "calibration": self.calibration}
        return json.dumps(info).encode()


def _response(**outputs: bytes | NDArray[np.float32] | NDArray[np.int32]) -> service_pb2.ModelInferResponse:
    response = service_pb2.ModelInferResponse()
    for name, value in outputs.items():
        if isinstance(value, bytes):
            response.outputs.add(name=name, datatype="BYTES", shape=[1, 1])
            response.raw_output_contents.append(len(value).to_bytes(4, "little") + value)
        else:
            datatype = "FP32" if value.dtype == np.float32 else "INT32"
            response.outputs.add(name=name, datatype=datatype, shape=[1, *value.shape])
            response.raw_output_contents.append(value.tobytes())
    return response
