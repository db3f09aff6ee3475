"""Serving a batch of requests one by one, so that no request fails, or waits, because of another one."""

from __future__ import annotations  # the stub gives pb_utils its classes only after this module is imported

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import numpy as np
import triton_python_backend_utils as pb_utils
from numpy.typing import NDArray

Row = TypeVar("Row")
Result = TypeVar("Result")


class InvalidInput(Exception):
    """The model cannot work on this request; the text tells its sender what to change."""


@dataclass(slots=True)
class _Pending(Generic[Result]):
    request: pb_utils.InferenceRequest
    rows: int
    results: list[Result] = field(default_factory=list)
    failed: bool = False


def serve_batches(
    requests: Sequence[pb_utils.InferenceRequest],
    batch: int,
    read: Callable[[pb_utils.InferenceRequest], list[Row]],
    infer: Callable[[list[Row]], Sequence[Result]],
    write: Callable[[list[Result]], list[pb_utils.Tensor]],
) -> None:
    """Read every request's rows, infer `batch` rows at a time, and send each response once it is complete.

    A request for which `read` raises InvalidInput is answered INVALID_ARGUMENT at once. Where `infer` fails, the
    requests of that batch alone are answered INTERNAL. Responses go through the response sender rather than the return
    value: otherwise the first picture of a batch would wait until the last one is drawn.
    """
    queue: list[tuple[_Pending[Result], Row]] = []
    for request in requests:
        try:
            rows = read(request)
        except InvalidInput as error:
            _fail(request, str(error), pb_utils.TritonError.INVALID_ARG)
        else:
            pending = _Pending[Result](request, len(rows))
            queue.extend((pending, row) for row in rows)
    for start in range(0, len(queue), batch):
        part = queue[start : start + batch]
        try:
            results = infer([row for _, row in part])
        except Exception as error:  # a failure on one picture must not fail the server's other requests
            pb_utils.Logger.log_error(f"cygnet: a request failed in the model: {type(error).__name__}: {error}")
            for pending in {id(pending): pending for pending, _ in part}.values():
                _fail_once(pending, f"the model failed: {type(error).__name__}: {error}")
        else:
            for (pending, _), result in zip(part, results, strict=True):
                pending.results.append(result)
                if len(pending.results) == pending.rows and not pending.failed:
                    _send(pending.request, pb_utils.InferenceResponse(write(pending.results)))


def bytes_rows(request: pb_utils.InferenceRequest, name: str) -> list[bytes]:
    """The rows of a BYTES input."""
    tensor = pb_utils.get_input_tensor_by_name(request, name)
    return [] if tensor is None else [bytes(value) for value in tensor.as_numpy().ravel()]


def integer_rows(request: pb_utils.InferenceRequest, name: str, absent: Sequence[int] = ()) -> list[int]:
    """The rows of an integer input; `absent` where the request left an optional input out."""
    tensor = pb_utils.get_input_tensor_by_name(request, name)
    return list(absent) if tensor is None else [int(value) for value in tensor.as_numpy().ravel()]


def bytes_tensor(name: str, values: Sequence[bytes]) -> pb_utils.Tensor:
    """A BYTES output of shape [rows, 1]."""
    column: NDArray[np.object_] = np.empty((len(values), 1), dtype=np.object_)
    column[:, 0] = values
    return pb_utils.Tensor(name, column)


def log_loading(model: str, step: str) -> None:
    """Log a step of a model's loading, in the form that `cygnet up` reads for its progress display."""
    pb_utils.Logger.log_info(f"cygnet load {model}: {step}")


def _fail_once(pending: _Pending[Result], message: str) -> None:
    if not pending.failed:
        pending.failed = True
        _fail(pending.request, message, pb_utils.TritonError.INTERNAL)


def _fail(request: pb_utils.InferenceRequest, message: str, code: int) -> None:
    _send(request, pb_utils.InferenceResponse([], error=pb_utils.TritonError(message, code)))


def _send(request: pb_utils.InferenceRequest, response: pb_utils.InferenceResponse) -> None:
    request.get_response_sender().send(response, flags=pb_utils.TRITONSERVER_RESPONSE_COMPLETE_FINAL)
