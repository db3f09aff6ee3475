"""Makes one contest as it should be: look, plan, do what differs, say how it stands. Level-triggered: what led here
does not matter, and doing it again changes nothing.
"""

import asyncio
import hashlib
import logging
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from cygnet.contest.document import to_document
from cygnet_operator import drift, metrics
from cygnet_operator.cache import Cache
from cygnet_operator.cluster import SCALE_MANAGER, Cluster, ClusterError, Refused
from cygnet_operator.events import event_object
from cygnet_operator.model import DEPLOYMENT, Contest, InvalidContest, Object, Observed, Policy, Statistics, parse
from cygnet_operator.pictures import PictureMissing, Pictures
from cygnet_operator.plan import KEY_ANNOTATION, Plan, key_mark, plan, worker_key, workload_name
from cygnet_operator.pods import selector
from cygnet_operator.podstatus import blocking_reason
from cygnet_operator.publish import Publisher
from cygnet_operator.rollout import Serving, serving_of
from cygnet_operator.schedule import ScheduleState, schedule_at
from cygnet_operator.settings import OperatorSettings
from cygnet_operator.stats import StatisticsReader
from cygnet_operator.status import Findings, Problem, events_between, failed_status, status_of
from cygnet_operator.workqueue import Outcome

log = logging.getLogger(__name__)

LOOK_AGAIN_S = 10.0
"""Replicas that do not serve yet are looked at this often, for the reason."""


@dataclass(frozen=True)
class Dependencies:
    """What the reconciler works with."""

    cluster: Cluster
    cache: Cache
    pictures: Pictures
    publisher: Publisher
    statistics: StatisticsReader | None
    """None: the status shows no counts."""
    now: Callable[[], datetime]


class Reconciler:
    """One reconcile function for every contest."""

    def __init__(self, dependencies: Dependencies, settings: OperatorSettings) -> None:
        self._dependencies = dependencies
        self._settings = settings
        self._statistics: dict[str, tuple[datetime, Statistics]] = {}

    async def reconcile(self, name: str) -> Outcome:
        """Looks at one contest and does what there is to do."""
        body = self._dependencies.cache.contest(name)
        if body is None or "deletionTimestamp" in body["metadata"]:
            self._statistics.pop(name, None)
            self._dependencies.pictures.forget(name)
            metrics.forget(name)
            return Outcome(settled=True)  # Kubernetes collects the children by their ownerReferences
        try:
            return await self._make(parse(body), body)
        except InvalidContest as error:
            problem = Problem("SchemaMismatch", str(error))
        except Exception as error:
            log.exception("reconciliation failed", extra={"contest": name})
            problem = Problem("InternalError", f"{type(error).__name__}: the operator's log says more")
        status = failed_status(body.get("status") or {}, _generation(body), problem, self._dependencies.now())
        await self._write(body, status)
        return Outcome(settled=False)

    async def _make(self, contest: Contest, body: Object) -> Outcome:
        now = self._dependencies.now()
        state = schedule_at(contest.spec, _created(body), now)
        observed = self._dependencies.cache.observed(contest.name, contest.uid)
        desired = plan(contest, observed, state, self._settings)
        serving = serving_of(contest, observed, desired)
        (policy, unpublished), unmade = await asyncio.gather(
            self._publish(contest, serving), self._problem_of(self._do(contest, desired, observed))
        )
        observed = self._dependencies.cache.observed(contest.name, contest.uid)
        findings = Findings(
            observed=observed,
            replicas=desired.replicas,
            policy=policy,
            serving=serving,
            statistics=await self._statistics_of(contest, state, now),
            problem=unmade or unpublished,
            pods=await self._blocking_reason(contest, desired, observed),
            url=f"{base}/c/{contest.name}" if (base := self._settings.public_url.rstrip("/")) else "",
        )
        status = status_of(contest, state, findings, now)
        written = await self._write(body, status)
        done = written and unmade is None and unpublished is None and policy is not None and policy.in_force
        return Outcome(settled=done, again_in_s=self._again_in_s(state, status, now))

    async def _do(self, contest: Contest, desired: Plan, observed: Observed) -> None:
        await self._give_key(contest, observed)
        for item in desired.objects:
            if item["kind"] == DEPLOYMENT.kind:
                await self._make_deployment(contest, item, desired.replicas, observed)
            else:
                live = observed.children.get((item["kind"], item["metadata"]["name"]))
                if live is None or drift.drifted(item, live):
                    await self._apply(item)
        for kind, name in desired.surplus:
            uid = observed.children[(kind.kind, name)]["metadata"]["uid"]
            await self._dependencies.cluster.delete(kind, name, uid)
            self._dependencies.cache.note_deleted(uid)
            metrics.WRITES.labels("delete").inc()

    async def _give_key(self, contest: Contest, observed: Observed) -> None:
        """Gives workers their contest's key: where it changed, and while replicas do not serve."""
        live = observed.child(DEPLOYMENT, workload_name(contest)) or {"metadata": {}}
        key = worker_key(contest, self._settings)
        given = live["metadata"].get("annotations", {}).get(KEY_ANNOTATION) == key_mark(key)
        if given and not live.get("status", {}).get("unavailableReplicas"):
            return
        await self._dependencies.cluster.put_in_secret(self._settings.worker_keys_secret, contest.name, key)

    async def _make_deployment(self, contest: Contest, item: Object, replicas: int | None, observed: Observed) -> None:
        """Applies the Deployment, its replicas by a manager of their own (docs/decisions/0006)."""
        live = observed.child(DEPLOYMENT, workload_name(contest))
        if live is None:
            # Born with its replicas: without any it would have one, and take a GPU, for a moment.
            first = replicas if replicas is not None else contest.spec.gpu.replicas
            live = await self._apply({**item, "spec": {**item["spec"], "replicas": first}})
        held = any(entry.get("manager") == SCALE_MANAGER for entry in live["metadata"].get("managedFields", ()))
        count = live["spec"].get("replicas", 1)
        if not held or (replicas is not None and count != replicas):
            live = await self._dependencies.cluster.apply_replicas(
                workload_name(contest), count if replicas is None else replicas
            )
            self._dependencies.cache.note_written(live)
            metrics.WRITES.labels("replicas").inc()
        if drift.drifted(item, live):
            await self._apply(item)

    async def _apply(self, item: Object) -> Object:
        live = await self._dependencies.cluster.apply(item)
        self._dependencies.cache.note_written(live)
        metrics.WRITES.labels("object").inc()
        return live

    async def _problem_of(self, work: Coroutine[Any, Any, None]) -> Problem | None:
        try:
            await work
        except ClusterError as error:
            log.warning("the cluster did not take it", extra={"error": str(error)})
            return Problem("ApplyFailed", str(error))
        return None

    async def _publish(self, contest: Contest, serving: Serving) -> tuple[Policy | None, Problem | None]:
        try:
            pictures = [picture.png for picture in await self._dependencies.pictures.of(contest)]
            document = to_document(contest.document, pictures)
            # A changed model is asked for as far as replicas serve it, under the name that they know it by.
            document.model.CopyFrom(serving.model)
            if serving.next_model is not None and serving.next_share:
                document.next_model.CopyFrom(serving.next_model)
                document.next_share = serving.next_share
            document.contest.generation = document.admission.generation = contest.generation
            began = time.perf_counter()
            policy = await self._dependencies.publisher.publish(document, pictures)
            if policy.in_force and contest.status.get("policyInForce", {}).get("generation") != contest.generation:
                metrics.ACKNOWLEDGED.observe(time.perf_counter() - began)
            return policy, None
        except PictureMissing as error:
            return None, Problem("PictureMissing", str(error))
        except ClusterError as error:
            return None, Problem("ApplyFailed", str(error))

    async def _blocking_reason(self, contest: Contest, desired: Plan, observed: Observed) -> str:
        counts = (observed.child(DEPLOYMENT, workload_name(contest)) or {}).get("status", {})
        if desired.replicas == 0 or not counts.get("unavailableReplicas"):
            return ""
        try:
            labels = ",".join(f"{name}={value}" for name, value in selector(contest).items())
            return blocking_reason(await self._dependencies.cluster.pods(labels))
        except ClusterError as error:
            return str(error)

    async def _statistics_of(self, contest: Contest, state: ScheduleState, now: datetime) -> Statistics:
        read_at, statistics = self._statistics.get(contest.name, (None, Statistics()))
        due = read_at is None or (now - read_at).total_seconds() >= self._settings.statistics_s
        if state.warm and due and self._dependencies.statistics is not None:
            try:
                pictures = await self._dependencies.pictures.of(contest)
            except (PictureMissing, ClusterError):
                pictures = []  # the publishing says why
            digests = {
                target.name: hashlib.sha256(picture.png).hexdigest()
                for target, picture in zip(contest.spec.targets, pictures, strict=False)
            }
            statistics = await self._dependencies.statistics.read(contest, digests)
            self._statistics[contest.name] = (now, statistics)
        return statistics

    async def _write(self, body: Object, status: Object) -> bool:
        """Writes the status if it says anything new; tells whether the API server has it."""
        before = body.get("status") or {}
        metrics.note_status(body["metadata"]["name"], _generation(body), status)
        if status == before:
            return True
        name: str = body["metadata"]["name"]
        try:
            self._dependencies.cache.note_written(await self._dependencies.cluster.apply_status(name, status))
            metrics.WRITES.labels("status").inc()
            for event in events_between(before, status):
                await self._dependencies.cluster.post_event(event_object(body, event, self._dependencies.now()))
                metrics.WRITES.labels("event").inc()
        except ClusterError as error:
            if isinstance(error, Refused) and error.status == 404:
                return True  # the contest was deleted meanwhile
            log.warning("the status could not be written", extra={"contest": name, "error": str(error)})
            return False
        return True

    def _again_in_s(self, state: ScheduleState, status: Object, now: datetime) -> float | None:
        times = []
        if state.next_change is not None:
            # A little late rather than a little early, when nothing would have changed yet.
            times.append((state.next_change - now).total_seconds() + 0.01)
        if state.warm and self._dependencies.statistics is not None:
            times.append(self._settings.statistics_s)
        if any(condition["reason"] in ("Starting", "RolloutStuck") for condition in status["conditions"]):
            times.append(LOOK_AGAIN_S)
        return min(times, default=None)


def _created(body: Object) -> datetime:
    return datetime.fromisoformat(body["metadata"]["creationTimestamp"]).astimezone(UTC)


def _generation(body: Object) -> int:
    return int(body["metadata"]["generation"])
