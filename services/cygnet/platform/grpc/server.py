"""The life of a service process: start, serve, stop gracefully.

One event loop a process. On SIGTERM or SIGINT: health says NOT_SERVING, streams are told (`Lifetime.stopping`),
calls in flight get their grace, then everything that was opened is closed in reverse order.

The standard health service is answered by that event loop, so a probe sees one that hangs, which a scrape of the
metrics does not: a thread of its own answers those.
"""

import asyncio
import logging
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import grpc
import uvloop
from google.protobuf.descriptor import ServiceDescriptor
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection
from prometheus_client import start_http_server

from cygnet.platform import logs
from cygnet.platform.grpc import LIVENESS, READINESS
from cygnet.platform.grpc.callers import CallerInterceptor, Callers, check_contest
from cygnet.platform.grpc.interceptors import DecodingInterceptor
from cygnet.platform.grpc.metrics import MetricsInterceptor
from cygnet.platform.grpc.status import ErrorInterceptor
from cygnet.platform.grpc.streams import StreamShareInterceptor
from cygnet.platform.settings import ServiceSettings
from cygnet.platform.tasks import cancel_and_wait

log = logging.getLogger(__name__)

MAX_REQUEST_BYTES = 64 * 1024
"""The largest request of a public or internal port: a prompt is short."""
MAX_ADMIN_REQUEST_BYTES = 20 * 1024 * 1024
"""The largest request of an admin port: target pictures travel with the document."""


@dataclass(frozen=True)
class Endpoint:
    """A gRPC port and what is served there."""

    listen: str
    servicers: Sequence[object] = ()
    """Instances of the servicer classes that grpc_tools generated."""
    callers: Callers | None = None
    """Knows who calls; where everything is for everybody, nobody needs to."""
    admin: bool = False
    """The public API, too, is for organisers here."""
    max_request_bytes: int = MAX_REQUEST_BYTES

    def services(self) -> list[tuple[ServiceDescriptor, Callable[[object, grpc.aio.Server], None]]]:
        """Returns each servicer's descriptor, and the generated call that adds the servicer to a server."""
        found = []
        for servicer in self.servicers:
            base = next(kind for kind in type(servicer).__mro__ if kind.__module__.endswith("_pb2_grpc"))
            generated = sys.modules[base.__module__]
            messages = sys.modules[base.__module__.removesuffix("_grpc")]
            descriptor = messages.DESCRIPTOR.services_by_name[base.__name__.removesuffix("Servicer")]
            found.append((descriptor, getattr(generated, f"add_{base.__name__}_to_server")))
        return found


class Lifetime:
    """Handed to the wiring of a service: what to open, what to run beside the calls, and when to stop."""

    def __init__(self, resources: AsyncExitStack) -> None:
        self.resources = resources
        self.stopping = asyncio.Event()
        self.health = health.aio.HealthServicer()
        """Says from the start that the service is ready."""
        self._failure: BaseException | None = None

    async def set_ready(self, ready: bool) -> None:
        """Says whether the service is ready; one that stops is not, whatever is said."""
        if not self.stopping.is_set():
            await self.health.set(READINESS, _status(ready))

    def spawn(self, work: Coroutine[None, None, None], name: str) -> None:
        """Runs `work` beside the calls until the service stops. Its failure stops the service: nothing runs half."""
        task = asyncio.create_task(work, name=name)
        task.add_done_callback(self._ended)
        self.resources.push_async_callback(cancel_and_wait, task)

    def _ended(self, task: asyncio.Task[None]) -> None:
        if task.cancelled() or self.stopping.is_set():
            return
        self._failure = task.exception() or RuntimeError("ended early")
        log.error("%s failed, stopping", task.get_name(), exc_info=self._failure)
        self.stopping.set()

    def raise_failure(self) -> None:
        """Raises what stopped the service, if it did not stop by itself."""
        if self._failure is not None:
            raise SystemExit(1) from self._failure


def run(name: str, settings: ServiceSettings, wire: Callable[[Lifetime], Awaitable[Sequence[Endpoint]]]) -> None:
    """Runs a service until it is told to stop. `wire` builds it and says what is served where."""
    logs.configure(name, level=settings.log_level, as_json=settings.log_json)
    uvloop.run(_run(name, settings, wire))


async def _run(name: str, settings: ServiceSettings, wire: Callable[[Lifetime], Awaitable[Sequence[Endpoint]]]) -> None:
    async with AsyncExitStack() as resources:
        lifetime = Lifetime(resources)
        loop = asyncio.get_running_loop()
        for signum in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(signum, lifetime.stopping.set)
        host, port = settings.metrics_listen.rsplit(":", 1)
        metrics_server, _ = start_http_server(int(port), host)
        resources.callback(metrics_server.shutdown)
        endpoints = await wire(lifetime)
        async with serving(endpoints, grace_s=settings.stop_grace_s, health_servicer=lifetime.health) as ports:
            log.info("serving", extra={"ports": ports, "metrics_port": metrics_server.server_port})
            await lifetime.stopping.wait()
            log.info("stopping")
    lifetime.raise_failure()


@asynccontextmanager
async def serving(
    endpoints: Sequence[Endpoint], *, grace_s: float, health_servicer: health.aio.HealthServicer | None = None
) -> AsyncIterator[list[int]]:
    """Serves the endpoints while the block lasts; yields their ports in order (useful where one asked for port 0)."""
    servers: list[grpc.aio.Server] = []
    health_servicer = health_servicer or health.aio.HealthServicer()
    ports: list[int] = []
    for endpoint in endpoints:
        server, port = _server(endpoint, health_servicer)
        servers.append(server)
        ports.append(port)
    for server in servers:
        await server.start()
    names = [descriptor.full_name for endpoint in endpoints for descriptor, _ in endpoint.services()]
    for name in (LIVENESS, *names):
        await health_servicer.set(name, _status(True))
    try:
        yield ports
    finally:
        for name in (READINESS, *names):
            await health_servicer.set(name, _status(False))
        await asyncio.gather(*(server.stop(grace_s) for server in servers))


def _status(serving: bool) -> int:
    return health_pb2.HealthCheckResponse.SERVING if serving else health_pb2.HealthCheckResponse.NOT_SERVING


def _server(endpoint: Endpoint, health_servicer: health.aio.HealthServicer) -> tuple[grpc.aio.Server, int]:
    services = endpoint.services()
    methods = [
        (f"/{descriptor.full_name}/{method.name}", "server_stream" if method.server_streaming else "unary")
        for descriptor, _ in services
        for method in descriptor.methods
    ]
    server = grpc.aio.server(
        interceptors=[
            MetricsInterceptor(methods),
            ErrorInterceptor(),
            StreamShareInterceptor(),
            CallerInterceptor([method for method, _ in methods], endpoint.callers, admin=endpoint.admin),
            DecodingInterceptor(check_contest),
        ],
        options=[
            ("grpc.max_receive_message_length", endpoint.max_request_bytes),
            ("grpc.so_reuseport", 0),
            # A hall's phones come back all at once. Of more than 1,000 calls that wait for the event loop, gRPC drops
            # some at random (CANCELLED, and no handler ever sees them); Envoy is who bounds them.
            ("grpc.server.max_pending_requests", 20_000),
            ("grpc.server.max_pending_requests_hard_limit", 40_000),
            ("grpc.keepalive_time_ms", 30_000),
            ("grpc.http2.min_ping_interval_without_data_ms", 10_000),
            # So that clients ask for the name again now and then and find later replicas; calls in flight end.
            ("grpc.max_connection_age_ms", 300_000),
        ],
    )
    for (_, add), servicer in zip(services, endpoint.servicers, strict=True):
        add(servicer, server)
    health_pb2_grpc.add_HealthServicer_to_server(health_servicer, server)
    reflection.enable_server_reflection(
        [*(d.full_name for d, _ in services), health.SERVICE_NAME, reflection.SERVICE_NAME], server
    )
    return server, server.add_insecure_port(endpoint.listen)
