"""The only module that knows kopf: receives changes, keeps the indices, and puts contests into the work queue.

kopf's create and update handlers are edges that keep their state in annotations; its timers and daemons add finalizers.
Neither is wanted on a resource that must be deletable while the operator is down. Raw events, indices and a resync
converge as a Go controller does and leave nothing behind.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp
import kopf

from cygnet_operator.cache import Cache
from cygnet_operator.cluster import Connection
from cygnet_operator.model import (
    ADMIN_LABEL,
    CONTEST,
    CONTEST_LABEL,
    ENDPOINT_SLICE,
    FIELD_MANAGER,
    MANAGED_BY,
    Kind,
    Object,
)
from cygnet_operator.workqueue import WorkQueue

_CHILD_SELECTOR = ",".join(f"{name}={value}" for name, value in MANAGED_BY.items())


RESPONSE_S = 15.0
"""The API server begins to answer a list or a watch within so many seconds, or is asked again."""


@dataclass(frozen=True)
class Sinks:
    """Where what kopf receives goes to."""

    cache: Cache
    queue: WorkQueue
    probes: Mapping[str, Callable[[], float | None]]
    """What the liveness endpoint says, by name; it fails while one of them raises kopf.PermanentError."""
    background: Callable[[], Awaitable[None]]
    """Runs beside kopf until it is cancelled: the workers and the resync."""


def registry(sinks: Sinks, connection: Connection, child_kinds: tuple[Kind, ...]) -> kopf.OperatorRegistry:
    """Returns the handlers, ready to be run."""
    handlers = kopf.OperatorRegistry()
    _on_startup(handlers, sinks, connection)
    _on_contests(handlers, sinks)
    _on_children(handlers, sinks, child_kinds)
    _on_slices(handlers, sinks)
    for name, probe in sinks.probes.items():
        _on_probe(handlers, name, probe)
    return handlers


def settings(child_kinds: tuple[Kind, ...]) -> kopf.OperatorSettings:
    """Returns kopf's settings: no peering, no scan for namespaces and CRDs (which would need rights on the cluster)."""
    chosen = kopf.OperatorSettings()
    chosen.peering.standalone = True
    chosen.scanning.disabled = True
    chosen.posting.enabled = False
    chosen.networking.connect_timeout = 5
    # kopf gives up on a watch after its last pause and stops the operator: an API server may be away for longer.
    chosen.networking.error_backoffs = (0.5, 1, 2, 3, 5, 5, *[5] * 1000)
    for kind in child_kinds:
        chosen.watching.label_selectors[kind.api_version, kind.plural] = _CHILD_SELECTOR
    chosen.watching.label_selectors[ENDPOINT_SLICE.api_version, ENDPOINT_SLICE.plural] = f"{ADMIN_LABEL}=true"
    return chosen


def session(connection: Connection) -> aiohttp.ClientSession:
    """Returns the session that kopf lists and watches with. kopf closes it.

    An API server that is starting takes a connection and may leave a request on it unanswered; kopf waits 70 s for the
    first byte of a watch, in which no change is seen. So an answer has to begin in time, or kopf asks again.
    """

    async def in_time(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
        if token := connection.token():
            request.headers["Authorization"] = f"Bearer {token}"
        async with asyncio.timeout(RESPONSE_S):
            response = await handler(request)
        if response.status == 404 and "watch" in request.url.query:
            # kopf ends halfway when a kind that it watches has gone. It asks again after this, until the resync has
            # noticed as well, and everything starts over without that kind.
            response.close()
            raise aiohttp.ClientConnectionError("the kind is not known any more")
        return response

    connector = aiohttp.TCPConnector(limit=0, ssl=connection.tls())
    return aiohttp.ClientSession(connector=connector, middlewares=(in_time,))


def _on_startup(handlers: kopf.OperatorRegistry, sinks: Sinks, connection: Connection) -> None:
    running: list[asyncio.Task[None]] = []

    @kopf.on.login(registry=handlers)
    async def login(**_: Any) -> kopf.AiohttpSession:
        return kopf.AiohttpSession(server=connection.server, aiohttp_session=session(connection))

    @kopf.on.startup(registry=handlers)
    async def startup(**given: Any) -> None:
        sinks.cache.indices = {name: given[name] for name in ("contests", "children", "slices")}
        running.append(asyncio.ensure_future(sinks.background()))

    @kopf.on.cleanup(registry=handlers)
    async def cleanup(**_: Any) -> None:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


def _on_probe(handlers: kopf.OperatorRegistry, name: str, probe: Callable[[], float | None]) -> None:
    @kopf.on.probe(id=name, registry=handlers)
    async def probed(**_: Any) -> float | None:
        # In the event loop: kopf would call an ordinary function in a thread, beside the workers.
        return probe()


def _on_contests(handlers: kopf.OperatorRegistry, sinks: Sinks) -> None:
    @kopf.index(CONTEST.api_version, CONTEST.plural, id="contests", registry=handlers)
    def contests(body: kopf.Body, **_: Any) -> dict[str, Object]:
        return {body["metadata"]["name"]: _plain(body, CONTEST)}

    @kopf.on.event(CONTEST.api_version, CONTEST.plural, id="contest", registry=handlers)
    async def contest(event: kopf.RawEvent, name: str, **_: Any) -> None:
        sinks.cache.note_event(event["object"], deleted=event["type"] == "DELETED")
        await sinks.queue.add(name)


def _on_children(handlers: kopf.OperatorRegistry, sinks: Sinks, kinds: tuple[Kind, ...]) -> None:
    async def child(event: kopf.RawEvent, labels: kopf.Labels, **_: Any) -> None:
        sinks.cache.note_event(event["object"], deleted=event["type"] == "DELETED")
        if owner := labels.get(CONTEST_LABEL):
            await sinks.queue.add(owner)

    def indexed(kind: Kind) -> None:
        def children(body: kopf.Body, labels: kopf.Labels, **_: Any) -> dict[str, Object]:
            return {labels.get(CONTEST_LABEL, ""): _plain(body, kind)}

        kopf.index(kind.api_version, kind.plural, id="children", registry=handlers)(children)
        kopf.on.event(kind.api_version, kind.plural, id=f"child-{kind.plural}", registry=handlers)(child)

    for kind in kinds:
        indexed(kind)


def _on_slices(handlers: kopf.OperatorRegistry, sinks: Sinks) -> None:
    @kopf.index(ENDPOINT_SLICE.api_version, ENDPOINT_SLICE.plural, id="slices", registry=handlers)
    def slices(body: kopf.Body, **_: Any) -> dict[str, Object]:
        return {"": _plain(body, ENDPOINT_SLICE)}

    @kopf.on.event(ENDPOINT_SLICE.api_version, ENDPOINT_SLICE.plural, id="slice", registry=handlers)
    async def changed(**_: Any) -> None:
        # A replica that has come may lack every document.
        for name in sinks.cache.names:
            await sinks.queue.add(name)


def _plain(body: kopf.Body, kind: Kind) -> dict[str, Any]:
    """Returns the object without what is large and of no use here; who manages a Deployment's replicas is."""
    metadata = dict(body["metadata"])
    managers = metadata.pop("managedFields", ())
    if any(entry.get("manager", "").startswith(FIELD_MANAGER) for entry in managers):
        metadata["managedFields"] = [{"manager": entry.get("manager")} for entry in managers]
    return {**body, "apiVersion": kind.api_version, "kind": kind.kind, "metadata": metadata}
