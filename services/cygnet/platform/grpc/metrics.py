"""gRPC metrics of every process, under the names that go-grpc-middleware made the convention."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

import grpc
from prometheus_client import Counter, Gauge, Histogram

from cygnet.platform.grpc.interceptors import AioContext, WrappingInterceptor

_LABELS = ("grpc_type", "grpc_service", "grpc_method")
STARTED = Counter("grpc_server_started", "RPCs started on the server.", _LABELS)
HANDLED = Counter("grpc_server_handled", "RPCs completed on the server, by code.", (*_LABELS, "grpc_code"))
HANDLING = Histogram(
    "grpc_server_handling_seconds",
    "How long RPCs took on the server.",
    _LABELS,
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300),
)
IN_FLIGHT = Gauge("cygnet_grpc_server_in_flight", "RPCs being handled now.", _LABELS)

# "InvalidArgument" and so on, as Go writes them; American spelling, and OK in capitals.
_CODE_NAMES = {code: code.name.title().replace("_", "") for code in grpc.StatusCode}
_CODE_NAMES |= {grpc.StatusCode.OK: "OK", grpc.StatusCode.CANCELLED: "Canceled"}
_CODES_BY_NUMBER = {code.value[0]: name for code, name in _CODE_NAMES.items()}


class MetricsInterceptor(WrappingInterceptor):
    """Counts and times each call. The outermost interceptor, so that it sees the code that the client sees."""

    def __init__(self, methods: Iterable[tuple[str, str]]) -> None:
        """`methods` are (full method name, kind) of all calls served: their series exist before the first call."""
        for method, kind in methods:
            labels = _labels(method, kind)
            STARTED.labels(*labels)
            HANDLING.labels(*labels)
            for code in _CODE_NAMES.values():
                HANDLED.labels(*labels, code)

    @asynccontextmanager
    async def around(self, method: str, kind: str, context: AioContext) -> AsyncIterator[None]:
        labels = _labels(method, kind)
        STARTED.labels(*labels).inc()
        IN_FLIGHT.labels(*labels).inc()
        began = time.perf_counter()
        code = "OK"
        try:
            yield
            code = _code_of(context)
        except (asyncio.CancelledError, GeneratorExit):
            code = "Canceled"
            raise
        except grpc.aio.AbortError:
            code = _code_of(context)
            raise
        except BaseException:
            code = "Unknown"
            raise
        finally:
            IN_FLIGHT.labels(*labels).dec()
            HANDLED.labels(*labels, code).inc()
            HANDLING.labels(*labels).observe(time.perf_counter() - began)


def _labels(method: str, kind: str) -> tuple[str, str, str]:
    _, service, name = method.split("/")
    return kind, service, name


def _code_of(context: AioContext) -> str:
    # grpc.aio returns the bare number of the code once it was set, and 0 or None before.
    code = context.code()
    if isinstance(code, grpc.StatusCode):
        return _CODE_NAMES[code]
    return _CODES_BY_NUMBER.get(code or 0, "Unknown")
