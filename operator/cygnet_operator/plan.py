"""What should be there for a contest now. Pure: no client, no clock.

`plan(contest, observed, now)` returns objects; making them so is the business of `reconcile`.
"""

import hashlib
from dataclasses import dataclass
from typing import Any

from cygnet.platform.grpc.workloads import WORKER, InstallationKeys, Workload
from cygnet_operator import drift
from cygnet_operator.model import (
    AUTOSCALER,
    BUDGET,
    CONTEST_LABEL,
    DEPLOYMENT,
    KINDS,
    MANAGED_BY,
    NETWORK_POLICY,
    POD_MONITOR,
    SCALED_OBJECT,
    SERVICE,
    Contest,
    Kind,
    Object,
    Observed,
)
from cygnet_operator.pods import TRITON_METRICS, WORKER_METRICS, pod_spec, resolved_sources, selector
from cygnet_operator.schedule import ScheduleState
from cygnet_operator.settings import OperatorSettings

KEY_ANNOTATION = "cygnet.dev/worker-key"
"""On a Deployment: which key its workers were given."""


@dataclass(frozen=True)
class Plan:
    """What should be there."""

    objects: tuple[Object, ...]
    """Everything that the contest needs; the Deployment without its replicas."""
    replicas: int | None
    """Replicas of the Deployment; None while an autoscaler decides."""
    surplus: tuple[tuple[Kind, str], ...]
    """What the contest owns and needs no more."""


def plan(contest: Contest, observed: Observed, now: ScheduleState, settings: OperatorSettings) -> Plan:
    """Returns what should be there for `contest` at this moment."""
    objects = [_deployment(contest, settings), _service(contest), _budget(contest), _network_policy(contest, settings)]
    autoscaled = contest.spec.autoscaling is not None and now.warm
    if autoscaled:
        scaled_object = SCALED_OBJECT.kind in observed.installed and settings.prometheus_url
        objects.append(_scaled_object(contest, settings) if scaled_object else _autoscaler(contest))
    if POD_MONITOR.kind in observed.installed:
        objects.append(_pod_monitor(contest))
    desired = {(item["kind"], item["metadata"]["name"]) for item in objects}
    return Plan(
        objects=tuple(drift.with_hash(item) for item in objects),
        replicas=_replicas(contest, observed, now),
        surplus=tuple((KINDS[kind], name) for kind, name in sorted(observed.children) if (kind, name) not in desired),
    )


def workload_name(contest: Contest) -> str:
    """Returns the name of the contest's Deployment, and of what belongs to it."""
    return f"{contest.name}-triton"


def worker_key(contest: Contest, settings: OperatorSettings) -> str:
    """Returns the key that the contest's workers sign their calls with."""
    return InstallationKeys(settings.installation_keys.get_secret_value()).key_of(Workload(WORKER, contest.name))


def key_mark(key: str) -> str:
    """Returns what tells a worker's key from another, and gives nothing away of it."""
    return hashlib.sha256(key.encode()).hexdigest()[:16]


def _replicas(contest: Contest, observed: Observed, now: ScheduleState) -> int | None:
    if not now.warm:
        return 0
    live = observed.child(DEPLOYMENT, workload_name(contest))
    # An autoscaler leaves a Deployment of zero replicas alone: the first ones are ours to start.
    if contest.spec.autoscaling is not None and live is not None and live["spec"].get("replicas", 1) > 0:
        return None
    return contest.spec.gpu.replicas


def _object(contest: Contest, kind: Kind, spec: dict[str, Any]) -> dict[str, Any]:
    return {
        "apiVersion": kind.api_version,
        "kind": kind.kind,
        "metadata": {
            "name": workload_name(contest),
            "namespace": contest.namespace,
            "labels": _labels(contest),
            "ownerReferences": [contest.owner],
        },
        "spec": spec,
    }


def _labels(contest: Contest) -> dict[str, str]:
    return {
        "app.kubernetes.io/name": "cygnet",
        "app.kubernetes.io/component": "triton",
        CONTEST_LABEL: contest.name,
        **MANAGED_BY,
    }


def _deployment(contest: Contest, settings: OperatorSettings) -> dict[str, Any]:
    rollout = contest.spec.model.rollout
    pause_s = rollout.pause // 1000
    deployment = _object(
        contest,
        DEPLOYMENT,
        {
            "selector": {"matchLabels": selector(contest)},
            "revisionHistoryLimit": 2,
            # A changed model: a step of new replicas starts beside the old ones, serves for the pause, and only then
            # takes their place. A replica that never serves takes nobody's place.
            "strategy": {
                "type": "RollingUpdate",
                "rollingUpdate": {
                    "maxSurge": rollout.step if rollout.step.endswith("%") else int(rollout.step),
                    "maxUnavailable": 0,
                },
            },
            "minReadySeconds": pause_s,
            "progressDeadlineSeconds": settings.model_start_timeout_s + pause_s + 60,
            "template": {"metadata": {"labels": _labels(contest)}, "spec": pod_spec(contest, settings)},
        },
    )
    deployment["metadata"]["annotations"] = {KEY_ANNOTATION: key_mark(worker_key(contest, settings))}
    return deployment


def _service(contest: Contest) -> dict[str, Any]:
    return _object(
        contest,
        SERVICE,
        {
            "clusterIP": "None",
            "selector": selector(contest),
            "ports": [
                {"name": "triton-metrics", "port": TRITON_METRICS, "targetPort": "triton-metrics", "protocol": "TCP"},
                {"name": "metrics", "port": WORKER_METRICS, "targetPort": "metrics", "protocol": "TCP"},
            ],
        },
    )


def _budget(contest: Contest) -> dict[str, Any]:
    # Not minAvailable: with one replica that would keep a node from ever being drained.
    return _object(contest, BUDGET, {"maxUnavailable": 1, "selector": {"matchLabels": selector(contest)}})


def _network_policy(contest: Contest, settings: OperatorSettings) -> dict[str, Any]:
    dedup_port = int(settings.dedup_address.rpartition(":")[2])
    egress: list[dict[str, Any]] = [
        {"ports": [{"port": 53, "protocol": "UDP"}, {"port": 53, "protocol": "TCP"}]},
        {
            "to": [{"podSelector": {"matchLabels": {"app.kubernetes.io/component": "dedup"}}}],
            "ports": [{"port": dedup_port, "protocol": "TCP"}],
        },
    ]
    stores = {443} if any(model.remote for model in resolved_sources(contest)) else set()
    if settings.pictures_url.startswith("s3://"):
        stores.add(settings.pictures_port)
    if stores:
        egress.append({"ports": [{"port": port, "protocol": "TCP"} for port in sorted(stores)]})
    return _object(
        contest,
        NETWORK_POLICY,
        {
            "podSelector": {"matchLabels": selector(contest)},
            "policyTypes": ["Ingress", "Egress"],
            # Metrics alone. The kubelet's probes of the worker's health come from the node, which clusters let through.
            "ingress": [
                {
                    "ports": [
                        {"port": TRITON_METRICS, "protocol": "TCP"},
                        {"port": WORKER_METRICS, "protocol": "TCP"},
                    ]
                }
            ],
            "egress": egress,
        },
    )


def _autoscaler(contest: Contest) -> dict[str, Any]:
    autoscaling = contest.spec.autoscaling
    assert autoscaling is not None
    return _object(
        contest,
        AUTOSCALER,
        {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": workload_name(contest)},
            "minReplicas": autoscaling.min_replicas,
            "maxReplicas": autoscaling.max_replicas,
            "metrics": [
                {
                    "type": "External",
                    "external": {
                        "metric": {
                            "name": "cygnet_dedup_queue_length",
                            "selector": {"matchLabels": {"contest": contest.name}},
                        },
                        "target": {"type": "AverageValue", "averageValue": str(autoscaling.pending_per_replica)},
                    },
                }
            ],
        },
    )


def _scaled_object(contest: Contest, settings: OperatorSettings) -> dict[str, Any]:
    autoscaling = contest.spec.autoscaling
    assert autoscaling is not None
    return _object(
        contest,
        SCALED_OBJECT,
        {
            "scaleTargetRef": {"name": workload_name(contest)},
            "minReplicaCount": autoscaling.min_replicas,
            "maxReplicaCount": autoscaling.max_replicas,
            "triggers": [
                {
                    "type": "prometheus",
                    "metadata": {
                        "serverAddress": settings.prometheus_url,
                        # Every replica of dedup says the same length.
                        "query": f'max(cygnet_dedup_queue_length{{contest="{contest.name}"}})',
                        "threshold": str(autoscaling.pending_per_replica),
                    },
                }
            ],
        },
    )


def _pod_monitor(contest: Contest) -> dict[str, Any]:
    return _object(
        contest,
        POD_MONITOR,
        {
            "selector": {"matchLabels": selector(contest)},
            "podMetricsEndpoints": [_scrape(contest, port) for port in ("triton-metrics", "metrics")],
        },
    )


def _scrape(contest: Contest, port: str) -> dict[str, Any]:
    # Triton knows no contest, and the dashboard asks for one. Where the worker names it itself, its word stays.
    return {
        "port": port,
        "honorLabels": True,
        "relabelings": [{"action": "replace", "targetLabel": "contest", "replacement": contest.name}],
    }
