"""Puts the operator together and keeps it running: kopf, the workers, the resync."""

import asyncio
import logging
import time
from datetime import UTC, datetime

import kopf

from cygnet_operator import handlers, metrics
from cygnet_operator.cache import Cache
from cygnet_operator.cluster import Cluster, ClusterError, Connection
from cygnet_operator.figures import FiguresReader
from cygnet_operator.model import ALWAYS_THERE, CONTEST, MANAGED_BY, WHERE_INSTALLED
from cygnet_operator.pictures import Pictures
from cygnet_operator.publish import Publisher, replicas_of
from cygnet_operator.reconcile import Ports, Reconciler
from cygnet_operator.settings import OperatorSettings
from cygnet_operator.work import WorkQueue

log = logging.getLogger(__name__)

STUCK_S = 180.0
"""Work that is due for so long says that the operator hangs: the liveness probe fails."""


class Stuck(Exception):
    """Due work is not being done."""


async def operate(settings: OperatorSettings, connection: Connection, namespace: str, stop: asyncio.Event) -> None:
    """Runs the operator until `stop` is set."""
    cluster = Cluster(connection, namespace)
    indices = handlers.Indices()
    cache = Cache(indices.get("contests"), indices.get("children"), indices.get("slices"))
    cache.installed = await _installed(cluster)
    publisher = Publisher(
        settings.admin_token.get_secret_value(),
        lambda: replicas_of(cache.slices),
        acknowledge_s=settings.acknowledge_s,
    )
    figures = FiguresReader(settings.leaderboard_address, settings.dedup_metrics_url)
    ports = Ports(
        cluster, cache, Pictures(cluster.config_map, time.monotonic), publisher, figures, lambda: datetime.now(UTC)
    )
    queue = WorkQueue(Reconciler(ports, settings).reconcile)
    resync = Resync(cluster, cache, queue, settings.resync_s)

    async def background() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(queue.run(settings.workers))
            group.create_task(resync.run())
            group.create_task(_measure(queue, cache))

    def alive() -> float:
        oldest = queue.oldest_due_s
        if oldest > STUCK_S:
            raise Stuck(f"work has been due for {oldest:.0f} s")
        return round(oldest, 3)

    kinds = (*ALWAYS_THERE, *(kind for kind in WHERE_INSTALLED if kind.kind in cache.installed))
    try:
        await kopf.operator(
            registry=handlers.registry(handlers.Heard(indices, cache, queue, alive, background), connection, kinds),
            settings=handlers.settings(),
            standalone=True,
            namespaces=[namespace],
            liveness_endpoint=f"http://{settings.health_listen}/healthz",
            stop_flag=stop,
        )
    finally:
        await publisher.close()
        await figures.close()
        await cluster.close()


class Resync:
    """Looks at everything again, now and then: what a watch has missed is found here."""

    def __init__(self, cluster: Cluster, cache: Cache, queue: WorkQueue, every_s: float) -> None:
        self._cluster, self._cache, self._queue, self._every_s = cluster, cache, queue, every_s

    async def run(self) -> None:
        """Runs for ever."""
        while True:
            await asyncio.sleep(self._every_s)
            try:
                await self.once()
            except ClusterError as error:
                log.warning("the resync failed", extra={"error": str(error)})

    async def once(self) -> None:
        """Lists every kind, notes what is gone, and makes every contest due."""
        self._cache.installed = await _installed(self._cluster)
        selector = ",".join(f"{name}={value}" for name, value in MANAGED_BY.items())
        for kind in (*ALWAYS_THERE, CONTEST):
            version, items = await self._cluster.items(kind, "" if kind == CONTEST else selector)
            self._cache.note_listed(kind, version, items)
        for name in self._cache.names:
            await self._queue.add(name)
        metrics.LAST_RESYNC.set_to_current_time()


async def _installed(cluster: Cluster) -> frozenset[str]:
    return frozenset([kind.kind for kind in WHERE_INSTALLED if await cluster.knows(kind)])


async def _measure(queue: WorkQueue, cache: Cache) -> None:
    while True:
        metrics.QUEUED.set(queue.length)
        metrics.OLDEST_DUE.set(queue.oldest_due_s)
        metrics.CONTESTS.set(len(cache.names))
        await asyncio.sleep(5)
