"""Replicas of services that take contest documents, as the operator finds them: real admin ports on a real Redis, and
EndpointSlices that point to them.
"""

import asyncio
import contextlib
import io
import json
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import redis.asyncio as aioredis
from PIL import Image

from cygnet.contest.admin import ContestAdminServicer
from cygnet.contest.store import ContestStore
from cygnet.internal.v1 import document_pb2
from cygnet.platform.grpc.server import MAX_ADMIN_REQUEST_BYTES, Endpoint, serving
from cygnet.platform.pictures import PictureStore

from ..redis_urls import as_user
from ..workloads import callers
from .control_plane import NAMESPACE, ControlPlane


def own_address() -> str:
    """Returns an address of this machine that is not loopback: an EndpointSlice takes no other."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("198.51.100.1", 9))  # sends nothing; asks for the route
        return str(probe.getsockname()[0])


def png(colour: str = "gold") -> bytes:
    """Returns a picture that may be a target."""
    out = io.BytesIO()
    Image.new("RGB", (256, 256), colour).save(out, "PNG")
    return out.getvalue()


def announce(plane: ControlPlane, service: str, ports: list[int]) -> None:
    """Says on the cluster that a service has these replicas: a slice for each, as they differ by port."""
    for i, port in enumerate(ports):
        labels = {"kubernetes.io/service-name": service, "cygnet.dev/contest-admin": "true"}
        piece = {
            "apiVersion": "discovery.k8s.io/v1",
            "kind": "EndpointSlice",
            "metadata": {"name": f"{service}-{i}", "namespace": NAMESPACE, "labels": labels},
            "addressType": "IPv4",
            "ports": [{"name": "admin", "port": port, "protocol": "TCP"}],
            "endpoints": [
                {
                    "addresses": [own_address()],
                    "conditions": {"ready": True},
                    "targetRef": {"kind": "Pod", "name": f"{service}-{i}", "namespace": NAMESPACE},
                }
            ],
        }
        plane.kubectl("apply", "-f", "-", stdin=json.dumps(piece))


@dataclass
class Services:
    """Two services with some replicas each."""

    stores: dict[str, list[ContestStore]] = field(default_factory=dict)
    ports: dict[str, list[int]] = field(default_factory=dict)

    def addresses(self) -> dict[str, dict[str, str]]:
        """Returns host:port and name of each replica, by service."""
        return {
            service: {f"{own_address()}:{port}": f"{service}-{i}" for i, port in enumerate(ports)}
            for service, ports in self.ports.items()
        }

    def documents(self, contest: str) -> list[document_pb2.ContestDocument]:
        """Returns what each replica has in force."""
        return [contests.get(contest) for stores in self.stores.values() for contests in stores]


@contextlib.contextmanager
def replicas(redis_url: str, token: str, folder: Path, count: int) -> Iterator[Services]:
    """Serves admin ports in a thread of their own while the block lasts."""
    services = Services()
    started, stop = threading.Event(), threading.Event()
    thread = threading.Thread(
        target=lambda: asyncio.run(_serve(services, redis_url, token, folder, count, started, stop)), daemon=True
    )
    thread.start()
    assert started.wait(60)
    try:
        yield services
    finally:
        stop.set()
        thread.join(30)


async def _serve(
    services: Services,
    redis_url: str,
    token: str,
    folder: Path,
    count: int,
    started: threading.Event,
    stop: threading.Event,
) -> None:
    pictures = PictureStore(folder.as_uri())
    async with contextlib.AsyncExitStack() as stack:
        for service, prefix, store in (("submission", "sub", pictures), ("leaderboard", "board", None)):
            for _ in range(count):
                client = aioredis.Redis.from_url(as_user(redis_url, service))
                stack.push_async_callback(client.aclose)
                contests = ContestStore(client, prefix)
                await contests.load()
                following = asyncio.create_task(contests.follow())
                stack.callback(following.cancel)
                (port,) = await stack.enter_async_context(serving([_endpoint(contests, store, token)], grace_s=0))
                services.stores.setdefault(service, []).append(contests)
                services.ports.setdefault(service, []).append(port)
        started.set()
        while not stop.is_set():
            await asyncio.sleep(0.05)


def _endpoint(contests: ContestStore, store: PictureStore | None, token: str) -> Endpoint:
    return Endpoint(
        f"{own_address()}:0",
        [ContestAdminServicer(contests, store)],
        callers(token),
        admin=True,
        max_request_bytes=MAX_ADMIN_REQUEST_BYTES,
    )
