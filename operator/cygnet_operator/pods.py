"""The pod of one replica: Triton with the models, and the worker that feeds it. Pure.

The worker sits beside its Triton (docs/decisions/0005): it starts after the models have loaded, ends before them, and
one worker for one Triton is what bounds the drawings in flight.
"""

from typing import Any

from cygnet.platform.grpc import LIVENESS, READINESS
from cygnet_operator.model import Contest
from cygnet_operator.modelsource import CACHE, ResolvedSource, resolve
from cygnet_operator.settings import OperatorSettings

MODELS = ("diffusion", "scorer", "draw_and_score")
TRITON_GRPC, TRITON_METRICS, WORKER_HEALTH, WORKER_METRICS = 8001, 8002, 8003, 9100
DRAIN_S = 120
"""Seconds that a replica has to finish what it draws."""
_PROBE_EVERY_S = 5
_USER = 1000
_KEY_FOLDER = "/etc/cygnet/workload"
# Without a share of the CPU, a busy node starves Triton, which then takes its models' processes for dead and ends.
_AT_LEAST = {"cpu": "500m", "memory": "768Mi"}
_RESTRICTED: dict[str, Any] = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "readOnlyRootFilesystem": True,
    "runAsNonRoot": True,
    "seccompProfile": {"type": "RuntimeDefault"},
}


def resolved_sources(contest: Contest) -> tuple[ResolvedSource, ResolvedSource]:
    """Returns how the generator and the scorer come to a replica."""
    model = contest.spec.model
    return resolve(model.generator.source, "generator"), resolve(model.scorer.source, "scorer")


def pod_spec(contest: Contest, settings: OperatorSettings) -> dict[str, Any]:
    """Returns the spec of a replica's pod; it satisfies the restricted Pod Security Standard."""
    gpu = contest.spec.gpu
    return {
        # Triton is a sidecar in Kubernetes' sense: an init container that goes on running.
        "initContainers": [*_fetchers(contest, settings), _triton(contest, settings)],
        "containers": [_worker(contest, settings)],
        "volumes": _volumes(contest, settings),
        "nodeSelector": dict(gpu.node_selector),
        "tolerations": [t.model_dump(by_alias=True, exclude_none=True) for t in gpu.tolerations],
        "affinity": {"podAntiAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [_elsewhere(contest)]}},
        "imagePullSecrets": [{"name": name} for name in settings.image_pull_secrets.split(",") if name],
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": DRAIN_S,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": _USER,
            "runAsGroup": _USER,
            "fsGroup": _USER,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
    }


def selector(contest: Contest) -> dict[str, str]:
    """Returns the labels by which a contest's replicas are known."""
    return {"cygnet.dev/contest": contest.name, "app.kubernetes.io/component": "triton"}


def _elsewhere(contest: Contest) -> dict[str, Any]:
    return {
        "weight": 100,
        "podAffinityTerm": {
            "topologyKey": "kubernetes.io/hostname",
            "labelSelector": {"matchLabels": selector(contest)},
        },
    }


def _triton(contest: Contest, settings: OperatorSettings) -> dict[str, Any]:
    generator, scorer = resolved_sources(contest)
    # It listens nowhere before its models have loaded. Whether they draw, the worker finds out.
    serves = {"httpGet": {"path": "/metrics", "port": TRITON_METRICS}}
    resources = {name: str(amount) for name, amount in contest.spec.gpu.per_replica.items()}
    return {
        "name": "triton",
        "restartPolicy": "Always",
        "image": settings.triton_image,
        "imagePullPolicy": settings.image_pull_policy,
        "command": ["tritonserver"],
        "args": [
            f"--model-repository={settings.model_repository}",
            "--model-control-mode=explicit",
            *(f"--load-model={name}" for name in MODELS),
            "--disable-auto-complete-config",
            # Whoever reaches its model repository API may have it run code: the worker alone, which is in the same pod.
            "--grpc-address=127.0.0.1",
            f"--grpc-port={TRITON_GRPC}",
            "--allow-http=false",
            f"--metrics-port={TRITON_METRICS}",
            "--exit-timeout-secs=30",
        ],
        "env": [
            {"name": "CYGNET_GENERATOR_SOURCE", "value": generator.source},
            {"name": "CYGNET_SCORER_SOURCE", "value": scorer.source},
            {"name": "HF_HOME", "value": f"{CACHE}/hub"},
            # What libraries compile and keep beside it (CUDA's kernels, say) lies below the home folder.
            {"name": "HOME", "value": "/tmp"},
            {"name": "OMP_WAIT_POLICY", "value": "PASSIVE"},
        ],
        "envFrom": _from_secret(settings.model_credentials_secret),
        "ports": [
            {"name": "triton-metrics", "containerPort": TRITON_METRICS, "protocol": "TCP"},
        ],
        "resources": {"requests": _AT_LEAST | resources, "limits": resources},
        "startupProbe": _probe(serves, _PROBE_EVERY_S, 3, -(-settings.model_start_timeout_s // _PROBE_EVERY_S)),
        "readinessProbe": _probe(serves, _PROBE_EVERY_S, 3, 3),
        "livenessProbe": _probe(serves, 10, 5, 6),
        "volumeMounts": [
            {"name": "shm", "mountPath": "/dev/shm"},
            {"name": "models", "mountPath": CACHE},
            {"name": "triton-tmp", "mountPath": "/tmp"},
            *generator.mounts,
            *scorer.mounts,
        ],
        "securityContext": _RESTRICTED,
    }


def _worker(contest: Contest, settings: OperatorSettings) -> dict[str, Any]:
    return {
        "name": "worker",
        "image": settings.worker_image,
        "imagePullPolicy": settings.image_pull_policy,
        "command": ["python", "-m", "cygnet.worker"],
        "env": [
            {"name": "CYGNET_WORKER_CONTEST", "value": contest.name},
            {"name": "CYGNET_WORKER_DEDUP_ADDRESS", "value": settings.dedup_address},
            {"name": "CYGNET_WORKER_TRITON_ADDRESS", "value": f"127.0.0.1:{TRITON_GRPC}"},
            {"name": "CYGNET_WORKER_PICTURES_URL", "value": settings.pictures_url},
            {"name": "CYGNET_WORKER_LISTEN", "value": f"0.0.0.0:{WORKER_HEALTH}"},
            {"name": "CYGNET_WORKER_METRICS_LISTEN", "value": f"0.0.0.0:{WORKER_METRICS}"},
            {"name": "CYGNET_WORKER_STOP_GRACE_S", "value": str(DRAIN_S // 2)},
            {"name": "CYGNET_WORKER_WORKLOAD_KEY_FILE", "value": f"{_KEY_FOLDER}/{contest.name}"},
        ],
        "envFrom": _from_secret(settings.worker_credentials_secret),
        "ports": [
            {"name": "health", "containerPort": WORKER_HEALTH, "protocol": "TCP"},
            {"name": "metrics", "containerPort": WORKER_METRICS, "protocol": "TCP"},
        ],
        "resources": {
            "requests": {"cpu": "50m", "memory": "128Mi"},
            "limits": {"memory": "512Mi"},
        },
        # Triton's own health stays green when a model is dead; the worker lets it draw and score to find out.
        "readinessProbe": _probe({"grpc": {"port": WORKER_HEALTH, "service": READINESS}}, 10, 5, 2),
        "livenessProbe": _probe({"grpc": {"port": WORKER_HEALTH, "service": LIVENESS}}, 10, 5, 6),
        "volumeMounts": [
            {"name": "tmp", "mountPath": "/tmp"},
            {"name": "workload-key", "mountPath": _KEY_FOLDER, "readOnly": True},
            *_picture_mounts(settings),
        ],
        "securityContext": _RESTRICTED,
    }


def _probe(how: dict[str, Any], every_s: int, timeout_s: int, failures: int) -> dict[str, Any]:
    return {**how, "periodSeconds": every_s, "timeoutSeconds": timeout_s, "failureThreshold": failures}


def _fetchers(contest: Contest, settings: OperatorSettings) -> list[dict[str, Any]]:
    return [
        {
            "name": f"fetch-{role}",
            "image": settings.worker_image,
            "imagePullPolicy": settings.image_pull_policy,
            "command": ["python", "-m", "cygnet_operator.fetch", *model.fetch],
            "envFrom": _from_secret(settings.model_credentials_secret),
            "resources": {"requests": {"cpu": "50m", "memory": "128Mi"}, "limits": {"memory": "512Mi"}},
            "volumeMounts": [{"name": "models", "mountPath": CACHE}],
            "securityContext": _RESTRICTED,
        }
        for role, model in zip(("generator", "scorer"), resolved_sources(contest), strict=True)
        if model.fetch is not None
    ]


def _volumes(contest: Contest, settings: OperatorSettings) -> list[dict[str, Any]]:
    generator, scorer = resolved_sources(contest)
    pictures = [{"name": "pictures", "persistentVolumeClaim": {"claimName": settings.pictures_claim}}]
    return [
        {"name": "shm", "emptyDir": {"medium": "Memory", "sizeLimit": settings.shared_memory}},
        {"name": "models", "emptyDir": {"sizeLimit": settings.model_cache}},
        {"name": "tmp", "emptyDir": {"sizeLimit": "64Mi"}},
        # The key of this contest's workers and no other; the kubelet brings a changed one.
        {
            "name": "workload-key",
            "secret": {
                "secretName": settings.worker_keys_secret,
                "items": [{"key": contest.name, "path": contest.name}],
                "defaultMode": 0o440,
            },
        },
        # CUDA keeps up to 1 GiB of compiled kernels; a pod that goes beyond its limit is evicted.
        {"name": "triton-tmp", "emptyDir": {"sizeLimit": "2Gi"}},
        *generator.volumes,
        *scorer.volumes,
        *(pictures if settings.pictures_claim else []),
    ]


def _picture_mounts(settings: OperatorSettings) -> list[dict[str, Any]]:
    if not settings.pictures_claim:
        return []
    return [{"name": "pictures", "mountPath": settings.pictures_url.removeprefix("file://")}]


def _from_secret(name: str) -> list[dict[str, Any]]:
    return [{"secretRef": {"name": name}}] if name else []
