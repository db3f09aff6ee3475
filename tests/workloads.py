"""The keys of the tests' installation, and clients that call as one of its workloads."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import grpc

from cygnet.platform.grpc.callers import CALLERS, Callers
from cygnet.platform.grpc.workloads import ORGANISER, WORKER, InstallationKeys, Workload

KEYS = "k1:" + "i" * 32
INSTALLATION = InstallationKeys(KEYS)
ADMIN_TOKEN = "a" * 32


def callers(admin_token: str | None = None) -> Callers:
    """Returns what a service of the tests' installation knows callers by."""
    return Callers(InstallationKeys(KEYS), admin_token)


def bearer(workload: Workload) -> tuple[tuple[str, str], ...]:
    """Returns the metadata of a workload's call."""
    return (("authorization", f"Bearer {INSTALLATION.tokens_of(workload)()}"),)


def worker_key_file(folder: Path, contest: str = "") -> Path:
    """Writes the key of a contest's workers, or of workers for all; returns where."""
    path = folder / "worker-key"
    path.write_text(INSTALLATION.key_of(Workload(WORKER, contest)))
    return path


def _signed(details: Any) -> Any:
    method = details.method.decode() if isinstance(details.method, bytes) else details.method
    names = sorted(CALLERS.get(method, frozenset()) - {ORGANISER})
    return details._replace(metadata=(*(details.metadata or ()), *bearer(Workload(names[0])))) if names else details


class _Unary(grpc.aio.UnaryUnaryClientInterceptor):
    async def intercept_unary_unary(self, continuation: Any, client_call_details: Any, request: Any) -> Any:
        return await continuation(_signed(client_call_details), request)


class _Streaming(grpc.aio.UnaryStreamClientInterceptor):
    async def intercept_unary_stream(self, continuation: Any, client_call_details: Any, request: Any) -> Any:
        return await continuation(_signed(client_call_details), request)


def inside_channel(address: str, options: Sequence[tuple[str, Any]] = ()) -> grpc.aio.Channel:
    """Returns a channel whose internal calls are those of a workload that may make them."""
    return grpc.aio.insecure_channel(address, options=options, interceptors=[_Unary(), _Streaming()])
