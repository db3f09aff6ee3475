"""The part of Triton's Python backend API that Cygnet uses.

The module exists only inside the backend's stub process and carries no types. A `.pyi` is never imported,
so this file cannot shadow it.
"""

from typing import Any, ClassVar

from numpy.typing import NDArray

TRITONSERVER_RESPONSE_COMPLETE_FINAL: int

class TritonError(Exception):
    INTERNAL: ClassVar[int]
    INVALID_ARG: ClassVar[int]
    def __init__(self, message: str, code: int = ...) -> None: ...

class Tensor:
    def __init__(self, name: str, data: NDArray[Any]) -> None: ...
    def as_numpy(self) -> NDArray[Any]: ...

class InferenceResponse:
    def __init__(self, output_tensors: list[Tensor], error: TritonError | None = ...) -> None: ...

class InferenceResponseSender:
    def send(self, response: InferenceResponse, flags: int = ...) -> None: ...

class InferenceRequest:
    def get_response_sender(self) -> InferenceResponseSender: ...
    def requested_output_names(self) -> list[str]: ...

class Logger:
    @staticmethod
    def log_info(message: str) -> None: ...
    @staticmethod
    def log_error(message: str) -> None: ...

def get_input_tensor_by_name(request: InferenceRequest, name: str) -> Tensor | None: ...
