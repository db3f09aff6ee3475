"""Wires and runs the dedup service."""

import time
from collections.abc import Sequence

from cygnet.dedup import requests
from cygnet.dedup.admission.admit import AdmissionController
from cygnet.dedup.changes import Changes
from cygnet.dedup.memory import watch_memory
from cygnet.dedup.outbox.relay import OutboxRelay
from cygnet.dedup.queue.leases import Leasing
from cygnet.dedup.queue.overdue import Overdue, SteadyPast
from cygnet.dedup.queue.reaper import Reaper
from cygnet.dedup.servicer import DedupServicer
from cygnet.dedup.settings import DedupSettings
from cygnet.dedup.snapshots import Snapshots
from cygnet.dedup.store import Store
from cygnet.dedup.telemetry import Telemetry
from cygnet.dedup.values import Bucket
from cygnet.internal.v1 import results_pb2_grpc
from cygnet.platform.clock import now_ms
from cygnet.platform.grpc.callers import Callers
from cygnet.platform.grpc.client import channel
from cygnet.platform.grpc.server import Endpoint, Lifetime, run
from cygnet.platform.grpc.workloads import DEDUP, InstallationKeys, Workload
from cygnet.platform.redis import connected


async def wire(settings: DedupSettings, lifetime: Lifetime) -> Sequence[Endpoint]:
    """Builds the service; returns what it serves."""
    redis = await lifetime.resources.enter_async_context(connected(settings.redis_url.get_secret_value()))
    installation = InstallationKeys(settings.installation_keys.get_secret_value())
    leaderboard = await lifetime.resources.enter_async_context(
        channel(settings.leaderboard_address, token=installation.tokens_of(Workload(DEDUP)))
    )
    store, telemetry = Store(redis), Telemetry()
    await store.check_format()
    changes = Changes(store)
    snapshots = Snapshots(store, clock=now_ms, away_ms=settings.model_away_ms)
    relay = OutboxRelay(store, results_pb2_grpc.ResultLogServiceStub(leaderboard), changes)
    overdue = Overdue(
        store.waiting_jobs,
        telemetry,
        model_away_ms=settings.model_away_ms,
        clock=now_ms,
        past=SteadyPast(time.monotonic),
    )
    reaper = Reaper(
        store,
        telemetry,
        lease_ms=settings.lease_ms,
        most_lost=settings.lease_losses,
        overdue=overdue.round,
        clock=now_ms,
    )
    servicer = DedupServicer(
        AdmissionController(
            store,
            snapshots,
            submit_bucket=Bucket(settings.submit_every_ms, settings.submit_burst),
            clock=now_ms,
            count=telemetry.admission,
        ),
        Leasing(
            store,
            changes,
            telemetry,
            lease_ms=settings.lease_ms,
            model_away_ms=settings.model_away_ms,
            clock=now_ms,
            stopping=lifetime.stopping,
        ),
        snapshots,
        changes,
        store,
        stopping=lifetime.stopping,
    )
    lifetime.spawn(changes.run(), "the subscription to changes")
    lifetime.spawn(changes.stop_when(lifetime.stopping), "the end of streams")
    lifetime.spawn(relay.run(), "the relay of scores")
    lifetime.spawn(reaper.run(), "the reaper of leases")
    lifetime.spawn(watch_memory(redis, telemetry.memory), "the watch of Redis' memory")
    return [Endpoint(settings.listen, [servicer], Callers(installation), max_request_bytes=requests.MAX_BYTES)]


if __name__ == "__main__":
    settings = DedupSettings()
    run("dedup", settings, lambda lifetime: wire(settings, lifetime))
