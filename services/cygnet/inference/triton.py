"""A client of Triton: draw and embed one prompt, embed one picture, and know whether the models answer.

The one rule of this module: **no deadline and no cancellation ever reaches the server.** Triton 2.51, the one that
comes as a Python package, segfaults when a gRPC client cancels a call or its deadline passes while the request is in
flight, and takes every other participant's drawing with it
(https://github.com/triton-inference-server/server/issues/7368, https://github.com/triton-inference-server/server/issues/8034).
So every call runs in a task of its own behind `asyncio.shield`. Whoever loses patience, or is cancelled, stops
*waiting*; the call goes on, is counted in `in_flight`, and its answer is dropped. What must bound a request's time on
the server is the server's own queue policy (config.pbtxt of the models) and the step limit.
"""

import asyncio
import json
import re
from collections.abc import Awaitable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from tritonclient.grpc import InferInput, InferRequestedOutput
from tritonclient.grpc.aio import InferenceServerClient
from tritonclient.utils import InferenceServerException

from cygnet.inference.scoring import Calibration, NotScorable

_Answer = TypeVar("_Answer")

_CHANNEL_OPTIONS = [
    ("grpc.max_send_message_length", -1),
    ("grpc.max_receive_message_length", -1),
    # gRPC waits up to two minutes between attempts to reconnect; a restarted Triton is back in twenty seconds.
    ("grpc.initial_reconnect_backoff_ms", 200),
    ("grpc.max_reconnect_backoff_ms", 2000),
]

# The server itself says with these that another time, or another replica, will do.
_UNAVAILABLE = {"StatusCode.UNAVAILABLE", "StatusCode.NOT_FOUND", "StatusCode.RESOURCE_EXHAUSTED"}
# How 2.51 answers once a model's Python process has died: "Stub process 'diffusion_0_0' is not healthy."
_DEAD_MODEL = re.compile(r"Stub process '(\w+?)_\d+_\d+'")


class TritonUnavailable(Exception):
    """The server cannot draw now: unreachable, full, out of patience, or a model's process has died.

    `dead_model` names the model in the last case; only `TritonClient.recover` or a restart brings it back.
    """

    def __init__(self, message: str, *, dead_model: str | None = None) -> None:
        super().__init__(message)
        self.dead_model = dead_model


class DrawingFailed(Exception):
    """The server answered that this request cannot be done; where it `refused` the inputs, another try is in vain."""

    def __init__(self, message: str, *, refused: bool) -> None:
        super().__init__(message)
        self.refused = refused


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """A generator as a receipt names it: its configured source and the sha256 digest of its weights."""

    source: str
    digest: str


@dataclass(frozen=True, slots=True)
class ScorerInfo:
    """A scorer as a receipt names it; one whose `calibration` is None can embed, and its scores have no scale."""

    source: str
    digest: str
    calibration: Calibration | None

    def usable_calibration(self) -> Calibration:
        """Returns the calibration.

        Raises:
            NotScorable: there is none, or none that can be used.
        """
        if self.calibration is None:
            raise NotScorable(f"scorer {self.source} has no calibration: it can embed, but not score")
        self.calibration.check()
        return self.calibration


@dataclass(frozen=True, slots=True)
class Drawing:
    """A picture (the bytes of a PNG file), its float32 embedding of shape (dimensions,), and who made them.

    `fitted` is how many characters of the prompt the model took, all of them where it cannot say. `regions`, of shape
    (n * n, dimensions), has the embeddings of the picture with one region hidden, row by row; n is 0 where the scorer
    hides none.
    """

    picture: bytes = field(repr=False)
    fitted: int
    embedding: NDArray[np.float32] = field(repr=False)
    regions: NDArray[np.float32] = field(repr=False)
    generator: ModelInfo
    scorer: ScorerInfo = field(repr=False)


@dataclass(frozen=True, slots=True)
class Embedding:
    """The float32 embedding of a given picture, of shape (dimensions,), and the scorer that made it."""

    vector: NDArray[np.float32] = field(repr=False)
    scorer: ScorerInfo = field(repr=False)


@dataclass(frozen=True, slots=True)
class ServedModels:
    """The models that answer; `vocabulary` is the generator's vocabulary.json, empty where it has none."""

    generator: ModelInfo
    scorer: ScorerInfo = field(repr=False)
    vocabulary: bytes = field(repr=False)


def require_models(served: ServedModels | Drawing, generator_source: str, scorer_source: str) -> None:
    """Checks that these are the models that are served, or that drew.

    Raises:
        TritonUnavailable: another model is served; somebody else, or another time, will do.
    """
    for wanted, found in ((generator_source, served.generator.source), (scorer_source, served.scorer.source)):
        if wanted != found:
            raise TritonUnavailable(f"{wanted} is wanted, Triton serves {found}")


class TritonClient:
    """One channel to one Triton replica. Construct it inside the running event loop, and `close` it before that ends.

    Args:
        url: host:port of the server's gRPC endpoint.
        patience_s: how long a caller waits for an answer before `TritonUnavailable` is raised.
        model: the ensemble that draws; another version of the models is reached under another name.
    """

    def __init__(self, url: str, *, patience_s: float = 60.0, model: str = "draw_and_score") -> None:
        self._url = url
        self._patience_s = patience_s
        self._model = model
        self._client: Any = InferenceServerClient(url, channel_args=_CHANNEL_OPTIONS)
        self._running: set[asyncio.Future[Any]] = set()

    @property
    def in_flight(self) -> int:
        """Calls that the server still works on, those included that nobody waits for any more."""
        return len(self._running)

    async def draw_and_score(
        self, prompt: str, seed: int, steps: int, size: int, *, patience_s: float | None = None
    ) -> Drawing:
        """Draw `prompt` as a `size` x `size` picture and embed it.

        Args:
            prompt: 1 to 2000 characters.
            seed: any signed 64-bit integer; the same prompt, seed, steps and size give the same bytes.
            steps: scheduler steps, 1 to 50; 0 for the model's own default.
            size: pixels, 64 to 1024 in steps of 64.

        Raises:
            TritonUnavailable: no answer now; the submission waits and costs no try.
            DrawingFailed: the server refused the inputs, or the model failed on them.
        """
        inputs = _drawing_inputs(prompt, seed, steps, size)
        answer = await self._wait(self._client.infer(self._model, inputs), patience_s)
        return Drawing(
            picture=answer.as_numpy("PICTURE").item(),
            fitted=answer.as_numpy("FITTED").item(),
            embedding=answer.as_numpy("EMBEDDING")[0].astype(np.float32),
            regions=answer.as_numpy("REGIONS")[0].astype(np.float32),
            generator=_generator_info(answer.as_numpy("GENERATOR_INFO").item()),
            scorer=_scorer_info(answer.as_numpy("SCORER_INFO").item()),
        )

    async def embed(self, picture: bytes, *, patience_s: float | None = None) -> Embedding:
        """Embed a PNG of at most 8 MiB and 16 to 4096 pixels a side, a contest's target for one.

        Raises:
            TritonUnavailable, DrawingFailed: as for `draw_and_score`.
        """
        inputs = [_input("PICTURE", "BYTES", picture)]
        # Only these, or the scorer hides regions that nobody looks at.
        outputs = [InferRequestedOutput(name) for name in ("EMBEDDING", "INFO")]
        answer = await self._wait(self._client.infer("scorer", inputs, outputs=outputs), patience_s)
        return Embedding(
            vector=answer.as_numpy("EMBEDDING")[0].astype(np.float32),
            scorer=_scorer_info(answer.as_numpy("INFO").item()),
        )

    async def probe(self, *, patience_s: float = 10.0) -> ServedModels:
        """Draw and score one tiny picture, the only proof that the models answer.

        Triton's own health endpoints stay green after a model's Python process has died
        (https://github.com/triton-inference-server/server/issues/8604).

        Raises:
            TritonUnavailable: they do not answer.
            DrawingFailed: they answer, and cannot draw even this.
        """
        drawing = await self.draw_and_score("a duck", seed=0, steps=1, size=64, patience_s=patience_s)
        # Apart: the ensemble leaves it out, so that it does not travel with every picture.
        inputs = _drawing_inputs("a duck", seed=0, steps=1, size=64)
        outputs = [InferRequestedOutput("VOCABULARY")]
        answer = await self._wait(self._client.infer("diffusion", inputs, outputs=outputs), patience_s)
        return ServedModels(drawing.generator, drawing.scorer, answer.as_numpy("VOCABULARY").item())

    async def recover(self, dead_model: str, *, patience_s: float = 120.0) -> None:
        """Start a dead model's process anew, the other models untouched; for one caller at a time.

        It is unloaded first: a load of a model whose files have not changed is answered with success and does
        nothing.

        Raises:
            TritonUnavailable: the server cannot be reached, or cannot load the model.
        """
        try:
            await self._wait(self._client.unload_model(dead_model), patience_s)
            await self._wait(self._client.load_model(dead_model), patience_s)
        except DrawingFailed as error:
            raise TritonUnavailable(f"Triton at {self._url} cannot load {dead_model}: {error}") from error

    async def close(self, *, patience_s: float = 30.0) -> None:
        """Wait for every call that is still in flight, then close the channel: closing it earlier would cancel them.

        Where the server does not answer in `patience_s`, the channel is left to the end of the process.
        """
        if self._running:
            await asyncio.wait(self._running, timeout=patience_s)
        if not self._running:
            await self._client.close()

    async def _wait(self, call: Awaitable[_Answer], patience_s: float | None) -> _Answer:
        patience = self._patience_s if patience_s is None else patience_s
        running = asyncio.ensure_future(call)
        self._running.add(running)
        running.add_done_callback(self._finished)
        try:
            return await asyncio.wait_for(asyncio.shield(running), patience)
        except TimeoutError:
            raise TritonUnavailable(f"no answer from Triton at {self._url} in {patience:g} s") from None
        except InferenceServerException as error:
            raise self._domain_error(error) from error

    def _finished(self, running: asyncio.Future[Any]) -> None:
        self._running.discard(running)
        if not running.cancelled():
            running.exception()  # seen, so that asyncio does not report the failure of a call nobody waits for

    def _domain_error(self, error: InferenceServerException) -> TritonUnavailable | DrawingFailed:
        message = str(error.message()).removeprefix(f"in ensemble '{self._model}', ")
        dead = _DEAD_MODEL.search(message)
        if dead or error.status() in _UNAVAILABLE:
            return TritonUnavailable(f"Triton at {self._url}: {message}", dead_model=dead and dead[1])
        return DrawingFailed(message, refused=error.status() == "StatusCode.INVALID_ARGUMENT")


# The same few kilobytes come with every drawing, so each is parsed once.
@lru_cache(maxsize=8)
def _generator_info(raw: bytes) -> ModelInfo:
    document = json.loads(raw)
    return ModelInfo(document["source"], document["digest"])


@lru_cache(maxsize=8)
def _scorer_info(raw: bytes) -> ScorerInfo:
    document = json.loads(raw)
    calibration = document["calibration"]
    return ScorerInfo(document["source"], document["digest"], calibration and Calibration.of(calibration))


def _drawing_inputs(prompt: str, seed: int, steps: int, size: int) -> list[InferInput]:
    inputs = [
        _input("PROMPT", "BYTES", prompt.encode()),
        _input("SEED", "INT64", seed),
        _input("SIZE", "INT32", size),
    ]
    return [*inputs, _input("STEPS", "INT32", steps)] if steps else inputs


def _input(name: str, datatype: str, value: bytes | int) -> InferInput:
    dtype = {"BYTES": np.object_, "INT64": np.int64, "INT32": np.int32}[datatype]
    tensor = InferInput(name, [1, 1], datatype)
    tensor.set_data_from_numpy(np.array([[value]], dtype=dtype))
    return tensor
