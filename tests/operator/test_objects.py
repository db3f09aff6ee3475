"""Whatever is planned, the API server takes it, and the restricted Pod Security Standard lets its pods in."""

import json
from typing import Any

import pytest
import yaml

from cygnet_operator.plan import plan
from cygnet_operator.schedule import schedule_at

from .builders import BORN, SETTINGS, at, contest, observed
from .control_plane import NAMESPACE, ControlPlane

EVERYTHING = {
    "pictures_claim": "pictures",
    "worker_credentials_secret": "store",
    "model_credentials_secret": "hub",
    "image_pull_secrets": "one,two",
}
VARIANTS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "usual": ({}, {}),
    "hub": ({"model": {"generator": {"source": "hf://org/model"}}}, {}),
    "bucket": ({"model": {"generator": {"source": "s3://b/m"}, "scorer": {"source": "s3://b/s"}}}, {}),
    "claim": ({"model": {"generator": {"source": "pvc://claim/m"}, "scorer": {"source": "pvc://claim/s"}}}, {}),
    "gpu": (
        {
            "gpu": {
                "perReplica": {"nvidia.com/gpu": 1, "cpu": "0.5"},
                "nodeSelector": {"pool": "gpu"},
                "tolerations": [{"key": "a", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 5}],
            }
        },
        {},
    ),
    "autoscaled": ({"autoscaling": {"maxReplicas": 4}}, {}),
    "one at a time": ({"model": {"rollout": {"step": "1", "pause": "0s"}}}, {}),
    "every setting": ({"model": {"generator": {"source": "s3://b/m"}}}, EVERYTHING),
}


@pytest.mark.parametrize("name", VARIANTS)
def test_planned_objects_and_their_pods_are_taken(plane: ControlPlane, name: str) -> None:
    spec, settings = VARIANTS[name]
    subject = contest(**spec)
    result = plan(
        subject, observed(), schedule_at(subject.spec, BORN, at("26 10:00")), SETTINGS.model_copy(update=settings)
    )
    template = next(item for item in result.objects if item["kind"] == "Deployment")["spec"]["template"]
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "p", "namespace": NAMESPACE},
        "spec": template["spec"],
    }
    documents = yaml.safe_dump_all([*map(_plain, result.objects), _plain(pod)])
    arguments = ["apply", "--server-side", "--dry-run=server", "--validate=strict", "-f", "-"]
    said = plane.kubectl(*arguments, stdin=documents)
    assert said.count("serverside-applied") == len(result.objects) + 1


def _plain(item: Any) -> Any:
    return json.loads(json.dumps(item))  # YAML would write shared parts as references
