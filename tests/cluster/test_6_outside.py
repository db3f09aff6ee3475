"""The chart with a Redis and an object store that it did not bring."""

import json
import urllib.request
import uuid
from typing import Any

import pytest

from .. import bucket
from ..waiting import wait_for
from .kube import NAMESPACE, Kube
from .playing import join, play, standings

pytestmark = pytest.mark.timeout(900)

REDIS, STORE = "outside-redis", "outside-store"
STORE_PORT = 7070
ACCOUNT = {"AWS_ACCESS_KEY_ID": "tester", "AWS_SECRET_ACCESS_KEY": uuid.uuid4().hex, "AWS_REGION": "eu-test-1"}
SERVER = f"""
until [ -e /data/ready ]; do sleep 0.2; done
mkdir -p /data/buckets/pictures /data/notes
exec /data/versitygw --port :{STORE_PORT} --region "$AWS_REGION" posix --sidecar /data/notes /data/buckets
"""
VALUES = {
    "redis.enabled": "false",
    "externalRedis.url": f"redis://{REDIS}:6379/0",
    "pictures.volume.enabled": "false",
    "pictures.s3.url": "s3://pictures/of/the/day",
    "pictures.s3.existingSecret": STORE,
    "pictures.s3.port": str(STORE_PORT),
}


def test_a_game_on_what_others_keep(kube: Kube) -> None:
    try:
        program = bucket.program()
    except bucket.NoObjectStore as reason:
        pytest.skip(str(reason))
    _apply(kube, _namespace())
    for item in [*_redis(), *_store()]:
        _apply(kube, item)
    kube.kubectl("wait", "--for=condition=Ready", f"pod/{REDIS}", f"pod/{STORE}", "--timeout=60s")
    kube.kubectl("cp", program, f"{STORE}:/data/versitygw")
    kube.kubectl("exec", STORE, "--", "touch", "/data/ready")

    kube.install(*(word for name, value in VALUES.items() for word in ("--set", f"{name}={value}")))
    assert not kube.get("statefulset")
    assert not kube.get("persistentvolumeclaim")
    kube.docs("contest")
    address = kube.address()
    result = play(address, join(address, "Teal"), "a yellow duck").result
    wait_for(lambda: len(standings(address)) == 1, 10, "the score is on the board")

    assert "duck-and-swan" in kube.kubectl("exec", REDIS, "--", "redis-cli", "--scan")
    kept = kube.kubectl("exec", STORE, "--", "find", "/data/buckets/pictures/of/the/day", "-name", "*.png")
    assert result.picture_sha256 in kept
    with urllib.request.urlopen(f"http://{address}/pictures/{result.picture_sha256}.png", timeout=30) as seen:
        assert seen.read().startswith(b"\x89PNG")
    kube.docs("uninstall")


def _apply(kube: Kube, item: dict[str, Any]) -> None:
    kube.kubectl("apply", "--server-side", "--force-conflicts", "-f", "-", stdin=json.dumps(item))


def _namespace() -> dict[str, Any]:
    labels = {"pod-security.kubernetes.io/enforce": "restricted"}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE, "labels": labels}}


def _redis() -> list[dict[str, Any]]:
    """A Redis of the image that the tests have anyway, as the docs ask for one."""
    command = ["redis-server", "--appendonly", "yes", "--appendfsync", "always", "--protected-mode", "no"]
    return _server(REDIS, 6379, {"image": "cygnet-redis:7.0", "command": command})


def _store() -> list[dict[str, Any]]:
    """An object store, whose program is copied into a pod of an image that the tests have anyway."""
    environment = {"ROOT_ACCESS_KEY": "AWS_ACCESS_KEY_ID", "ROOT_SECRET_KEY": "AWS_SECRET_ACCESS_KEY"}
    container = {
        "image": "cygnet:0.1.0",
        "command": ["sh", "-c", SERVER],
        "env": [
            {"name": name, "valueFrom": {"secretKeyRef": {"name": STORE, "key": key}}}
            for name, key in (environment | {"AWS_REGION": "AWS_REGION"}).items()
        ],
    }
    account = ACCOUNT | {"AWS_ENDPOINT": f"http://{STORE}:{STORE_PORT}"}
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": STORE}, "stringData": account}
    return [secret, *_server(STORE, STORE_PORT, container)]


def _server(name: str, port: int, container: dict[str, Any]) -> list[dict[str, Any]]:
    """A pod that keeps its data in memory of the node, and its Service."""
    restricted = {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "runAsNonRoot": True,
        "runAsUser": 1000,
        "readOnlyRootFilesystem": True,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    container = container | {
        "name": "server",
        "workingDir": "/data",
        "volumeMounts": [{"name": "data", "mountPath": "/data"}],
        "resources": {"requests": {"cpu": "10m", "memory": "32Mi"}, "limits": {"memory": "128Mi"}},
        "securityContext": restricted,
    }
    pod = {
        "automountServiceAccountToken": False,
        "containers": [container],
        "volumes": [{"name": "data", "emptyDir": {"sizeLimit": "256Mi"}}],
    }
    labels = {"app": name}
    return [
        {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": labels}, "spec": pod},
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": name},
            "spec": {"selector": labels, "ports": [{"port": port}]},
        },
    ]
