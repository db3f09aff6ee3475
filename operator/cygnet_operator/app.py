"""Puts the operator together and keeps it running: kopf, the workers, the resync."""

import asyncio
import logging
import time
from collections.abc import Sequence
from datetime import UTC, datetime

import kopf

from cygnet.platform.grpc.workloads import OPERATOR, InstallationKeys, Workload
from cygnet.platform.tasks import wait_unless
from cygnet_operator import handlers, metrics
from cygnet_operator.cache import Cache
from cygnet_operator.cluster import Cluster, ClusterError, Connection
from cygnet_operator.model import ALWAYS_THERE, CONTEST, MANAGED_BY, WHERE_INSTALLED, Kind
from cygnet_operator.pictures import Pictures
from cygnet_operator.publish import Publisher, replicas_of
from cygnet_operator.reconcile import Dependencies, Reconciler
from cygnet_operator.settings import OperatorSettings
from cygnet_operator.stats import StatisticsReader
from cygnet_operator.workqueue import WorkQueue

log = logging.getLogger(__name__)

STUCK_S = 180.0
"""Nothing has got done for so long although there was work: the operator hangs, and the liveness probe fails."""


LOOK_AGAIN_S = 2.0
"""At start, whether the cluster is ready for us is looked at this often."""


class Stuck(kopf.PermanentError):
    """Work is not being done. Permanent to kopf: else it would ask again and leave the prober without an answer."""


async def operate(settings: OperatorSettings, connection: Connection, namespace: str, stop: asyncio.Event) -> bool:
    """Runs the operator until `stop` is set. Returns whether it is to be started again, because kinds were installed or
    removed that it watches.
    """
    cluster = Cluster(connection, namespace)
    try:
        # kopf looks once at what kinds there are; the chart may bring the operator before the kind.
        installed = await _until_known(cluster, stop)
        return installed is not None and await _operate(settings, connection, cluster, installed, stop)
    finally:
        await cluster.close()


async def _operate(
    settings: OperatorSettings, connection: Connection, cluster: Cluster, installed: frozenset[str], stop: asyncio.Event
) -> bool:
    cache = Cache(installed)
    token = InstallationKeys(settings.installation_keys.get_secret_value()).tokens_of(Workload(OPERATOR))
    publisher = Publisher(
        token,
        lambda: replicas_of(cache.slices),
        acknowledge_s=settings.acknowledge_s,
    )
    statistics = (
        StatisticsReader(settings.dedup_address, settings.leaderboard_address, token)
        if settings.leaderboard_address
        else None
    )
    dependencies = Dependencies(
        cluster, cache, Pictures(cluster.config_map, time.monotonic), publisher, statistics, lambda: datetime.now(UTC)
    )
    queue = WorkQueue(Reconciler(dependencies, settings).reconcile)
    metrics.show(lambda: queue.length, lambda: queue.oldest_due_s, lambda: cache.count)

    kinds = (*ALWAYS_THERE, *(kind for kind in WHERE_INSTALLED if kind.kind in installed))
    resync = Resync(cluster, cache, queue, kinds, settings.resync_s, stop)
    failures: list[BaseException] = []

    async def background() -> None:
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(queue.run(settings.workers))
                group.create_task(resync.run())
        except Exception as error:
            # Nothing runs half: an operator that only watches would look alive for ever.
            failures.append(error)
            stop.set()

    def alive() -> float:
        if queue.stuck_s > STUCK_S:
            raise Stuck(f"no work has got done for {queue.stuck_s:.0f} s")
        return queue.stuck_s

    # At rest the last look may be as old as the resync is rare: it fails no probe, and tells a person what goes on.
    probes = {"stuck_seconds": alive, "last_reconcile_age_seconds": lambda: queue.since_last_s}
    sinks = handlers.Sinks(cache, queue, probes, background)

    try:
        await kopf.operator(
            registry=handlers.registry(sinks, connection, kinds),
            settings=handlers.settings(kinds),
            standalone=True,
            namespaces=[cluster.namespace],
            liveness_endpoint=f"http://{settings.health_listen}/healthz",
            stop_flag=stop,
        )
    finally:
        await publisher.close()
        if statistics is not None:
            await statistics.close()
    if failures:
        raise failures[0]
    return resync.kinds_changed


class Resync:
    """Looks at everything again, now and then: what a watch has missed is found here."""

    def __init__(
        self,
        cluster: Cluster,
        cache: Cache,
        queue: WorkQueue,
        child_kinds: Sequence[Kind],
        every_s: float,
        stop: asyncio.Event,
    ) -> None:
        """Sets `stop` when the cluster has come to know other kinds than those that are watched."""
        self._cluster, self._cache, self._queue = cluster, cache, queue
        self._child_kinds, self._every_s, self._stop = child_kinds, every_s, stop
        self.kinds_changed = False

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
        installed = await _installed(self._cluster)
        if installed != self._cache.installed:
            changed = ", ".join(sorted(installed ^ self._cache.installed))
            log.info("starting over: kinds have come or gone", extra={"kinds": changed})
            self.kinds_changed = True
            self._stop.set()
            return
        selector = ",".join(f"{name}={value}" for name, value in MANAGED_BY.items())
        for kind in (*self._child_kinds, CONTEST):
            version, items = await self._cluster.items(kind, "" if kind == CONTEST else selector)
            self._cache.note_listed(kind, version, items)
        for name in self._cache.names:
            await self._queue.add(name)
        metrics.LAST_RESYNC.set_to_current_time()


async def _until_known(cluster: Cluster, stop: asyncio.Event) -> frozenset[str] | None:
    """Waits until the cluster knows contests; returns which optional kinds it knows, or None when stopped meanwhile."""
    while not stop.is_set():
        try:
            if await cluster.knows(CONTEST):
                return await _installed(cluster)
            log.warning("waiting: the cluster does not know contests yet; apply contest-crd.yaml")
        except ClusterError as error:
            log.warning("waiting for the API server", extra={"error": str(error)})
        await wait_unless(stop, asyncio.sleep(LOOK_AGAIN_S))
    return None


async def _installed(cluster: Cluster) -> frozenset[str]:
    return frozenset([kind.kind for kind in WHERE_INSTALLED if await cluster.knows(kind)])
