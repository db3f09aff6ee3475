"""A contest from `kubectl apply` to `kubectl delete`, on a real API server with nodes that have GPUs."""

import base64
import json
import signal
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from cygnet.platform.grpc.workloads import WORKER, Workload

from ..waiting import wait_for
from ..workloads import INSTALLATION
from .conftest import OperatorProcess, contest
from .control_plane import ControlPlane
from .services import Services


def apply(plane: ControlPlane, name: str, **spec: Any) -> None:
    plane.kubectl("apply", "-f", "-", stdin=json.dumps(contest(name, **spec)))


def patch(plane: ControlPlane, name: str, **spec: Any) -> None:
    plane.kubectl("patch", "contest", name, "--type=merge", "-p", json.dumps({"spec": spec}))


def wait_ready(plane: ControlPlane, name: str) -> None:
    plane.kubectl("wait", "--for=condition=Ready", f"contest/{name}", "--timeout=45s")


def status(plane: ControlPlane, name: str) -> Any:
    return plane.contest(name).get("status", {})


def condition(plane: ControlPlane, name: str, kind: str = "Ready") -> Any:
    return next((c for c in status(plane, name).get("conditions", ()) if c["type"] == kind), {})


def deployment(plane: ControlPlane, name: str) -> Any:
    return plane.get("deployment", f"{name}-triton")


def pods(plane: ControlPlane, name: str) -> Any:
    return plane.get("pods", "-l", f"cygnet.dev/contest={name}")["items"]


def children(plane: ControlPlane, name: str) -> set[str]:
    kinds = "deployments,replicasets,pods,services,pdb,networkpolicies,hpa"
    return {
        f"{i['kind']}/{i['metadata']['name']}" for i in plane.get(kinds, "-l", f"cygnet.dev/contest={name}")["items"]
    }


def test_an_applied_contest_gets_its_gpus_and_reads_well(
    plane: ControlPlane, operator: OperatorProcess, contest_name: str
) -> None:
    apply(plane, contest_name)
    wait_ready(plane, contest_name)
    bound = pods(plane, contest_name)
    triton = [
        container for pod in bound for container in pod["spec"]["initContainers"] if container["name"] == "triton"
    ]
    assert [container["resources"]["limits"] for container in triton] == [{"nvidia.com/gpu": "1"}] * 2
    assert all(pod["spec"]["nodeName"].startswith("gpu-") for pod in bound)
    header, row = plane.kubectl("get", "contest", contest_name, "-o", "wide").splitlines()
    assert header.split()[:7] == ["NAME", "PHASE", "READY", "REPLICAS", "PARTICIPANTS", "SUBMISSIONS", "TOP"]
    assert row.split()[:4] == [contest_name, "Running", "True", "2"]
    assert "builtin://cygnet-tiny" in row and "AsSpecified" in row
    seen = status(plane, contest_name)
    assert seen["policyInForce"] == {"generation": 1, "replicas": "4/4"}
    assert seen["url"] == f"https://play.example.org/c/{contest_name}"
    kept = plane.kubectl("get", "secret", "cygnet-worker-keys", "-o", f"jsonpath={{.data.{contest_name}}}")
    assert base64.b64decode(kept).decode() == INSTALLATION.key_of(Workload(WORKER, contest_name))
    assert contest_name in plane.kubectl("get", "ctst")
    described = plane.kubectl("describe", "contest", contest_name)
    assert "Running" in described and "cygnet-operator" in described


def test_the_resource_stays_clean(plane: ControlPlane, operator: OperatorProcess, contest_name: str) -> None:
    apply(plane, contest_name)
    wait_ready(plane, contest_name)
    metadata = plane.get("contest", contest_name)["metadata"]
    assert "finalizers" not in metadata
    assert set(metadata.get("annotations", {})) <= {"kubectl.kubernetes.io/last-applied-configuration"}


def test_scale_and_patches_are_followed(plane: ControlPlane, operator: OperatorProcess, contest_name: str) -> None:
    apply(plane, contest_name)
    wait_ready(plane, contest_name)
    plane.kubectl("scale", f"contest/{contest_name}", "--replicas=4")
    wait_for(lambda: status(plane, contest_name), until=lambda s: s["readyReplicas"] == 4 and s["replicas"] == 4)
    before = {pod["metadata"]["uid"] for pod in pods(plane, contest_name)}
    patch(plane, contest_name, rateLimit={"perParticipant": {"every": "2s"}}, leaderboard={"staff": ["ann"]})
    wait_for(
        lambda: status(plane, contest_name)["policyInForce"], until=lambda p: p == {"generation": 3, "replicas": "4/4"}
    )
    assert {pod["metadata"]["uid"] for pod in pods(plane, contest_name)} == before, "a limit restarted a replica"
    patch(plane, contest_name, paused=True)
    wait_for(lambda: pods(plane, contest_name), until=lambda items: items == [])
    wait_ready(plane, contest_name)
    assert status(plane, contest_name)["phase"] == "Paused"


@pytest.mark.parametrize("kind", ["deployment", "service", "poddisruptionbudget", "networkpolicy"])
def test_a_deleted_child_comes_back(
    plane: ControlPlane, operator: OperatorProcess, contest_name: str, kind: str
) -> None:
    apply(plane, contest_name, gpu={"replicas": 0})
    wait_ready(plane, contest_name)
    child = f"{contest_name}-triton"
    uid = plane.get(kind, child)["metadata"]["uid"]
    plane.kubectl("delete", kind, child)
    back = wait_for(
        lambda: plane.kubectl("get", kind, child, "--ignore-not-found", "-o", "jsonpath={.metadata.uid}"),
        until=lambda found: found not in ("", uid),
    )
    assert back


def test_an_edited_child_is_put_right(plane: ControlPlane, operator: OperatorProcess, contest_name: str) -> None:
    apply(plane, contest_name)
    wait_ready(plane, contest_name)
    child = f"{contest_name}-triton"
    wrong = {"spec": {"template": {"spec": {"containers": [{"name": "worker", "image": "evil:1"}]}}}}
    plane.kubectl("patch", "deployment", child, "-p", json.dumps(wrong))
    wait_for(
        lambda: deployment(plane, contest_name)["spec"]["template"]["spec"]["containers"][0]["image"],
        until=lambda image: image == "cygnet:0.1.0",
    )
    plane.kubectl("scale", "deployment", child, "--replicas=7")
    wait_for(lambda: deployment(plane, contest_name)["spec"]["replicas"], until=lambda count: count == 2)
    plane.kubectl("label", "service", child, "app.kubernetes.io/name=other", "--overwrite")
    wait_for(
        lambda: plane.get("service", child)["metadata"]["labels"]["app.kubernetes.io/name"],
        until=lambda v: v == "cygnet",
    )


EDITS = [
    ("service", {"spec": {"selector": {"app.kubernetes.io/component": "other"}}}),
    ("poddisruptionbudget", {"spec": {"maxUnavailable": 3}}),
    ("networkpolicy", {"spec": {"ingress": [{}]}}),
    ("hpa", {"spec": {"maxReplicas": 90}}),
]


def test_every_kind_of_child_is_put_right(plane: ControlPlane, operator: OperatorProcess, contest_name: str) -> None:
    apply(plane, contest_name, autoscaling={"maxReplicas": 2})
    wait_ready(plane, contest_name)
    child = f"{contest_name}-triton"
    good = {kind: plane.get(kind, child)["spec"] for kind, _ in EDITS}
    for kind, wrong in EDITS:
        plane.kubectl("patch", kind, child, "--type=merge", "-p", json.dumps(wrong))
    for kind, _ in EDITS:
        wait_for(lambda: plane.get(kind, child)["spec"], until=good[kind].__eq__)  # noqa: B023 - asked at once
    plane.kubectl("delete", "hpa", child)
    wait_for(lambda: plane.kubectl("get", "hpa", child, "--ignore-not-found"))


def test_the_example_of_the_guide_becomes_ready(
    plane: ControlPlane, operator: OperatorProcess, services: Services
) -> None:
    """As it stands in the guide, but for its dates and the taint of the nodes here."""
    example = yaml.safe_load((Path(__file__).parents[1] / "contest/corpus/good/whole.yaml").read_text(encoding="utf-8"))
    name, spec, now = example["metadata"]["name"], example["spec"], datetime.now(UTC)
    opens, closes = now - timedelta(hours=1), now + timedelta(hours=5)
    spec["schedule"]["windows"] = [
        {"opens": opens.isoformat("T", "seconds"), "closes": closes.isoformat("T", "seconds")}
    ]
    spec["gpu"]["tolerations"] = [{"key": "nvidia.com/gpu", "operator": "Exists"}]
    picture = plane.get("configmap", "targets")["binaryData"]["swan.png"]
    targets = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "pycon-targets"}}
    plane.kubectl("apply", "-f", "-", stdin=json.dumps({**targets, "binaryData": {"swan.png": picture}}))
    try:
        plane.kubectl("apply", "-f", "-", stdin=json.dumps(example))
        wait_ready(plane, name)
        assert status(plane, name)["readyReplicas"] == 2
        assert name in plane.kubectl("get", "cygnet"), "the category"
    finally:
        plane.kubectl("delete", "contest/" + name, "configmap/pycon-targets")


@pytest.mark.parametrize("operator_runs", [True, False])
def test_delete_leaves_nothing(
    plane: ControlPlane, operator: OperatorProcess, contest_name: str, operator_runs: bool
) -> None:
    apply(plane, contest_name)
    wait_ready(plane, contest_name)
    assert len(children(plane, contest_name)) == 7
    if not operator_runs:
        operator.stop(signal.SIGKILL)
    plane.kubectl("delete", "contest", contest_name, "--wait=true", "--timeout=20s")
    wait_for(lambda: children(plane, contest_name), until=lambda left: left == set())


def test_outside_its_windows_a_contest_holds_no_gpu(
    plane: ControlPlane, operator: OperatorProcess, contest_name: str
) -> None:
    future = [{"opens": "2099-10-26T09:00:00+09:00", "closes": "2099-10-26T18:00:00+09:00"}]
    apply(plane, contest_name, schedule={"windows": future})
    wait_ready(plane, contest_name)
    assert status(plane, contest_name)["phase"] == "Scheduled"
    assert condition(plane, contest_name, "ModelsReady")["reason"] == "NotNeeded"
    assert deployment(plane, contest_name)["spec"]["replicas"] == 0
    assert pods(plane, contest_name) == []
    past = [{"opens": "2020-10-26T09:00:00+09:00", "closes": "2020-10-26T18:00:00+09:00"}]
    patch(plane, contest_name, schedule={"windows": past})
    wait_for(lambda: status(plane, contest_name)["phase"], until=lambda phase: phase == "Finished")


@pytest.mark.timeout(120)
def test_a_window_opens_and_closes_by_itself(plane: ControlPlane, operator: OperatorProcess, contest_name: str) -> None:
    opens = datetime.now(UTC) + timedelta(seconds=8)
    window = {"opens": opens.isoformat(timespec="seconds"), "closes": (opens + timedelta(seconds=17)).isoformat()}
    apply(plane, contest_name, schedule={"windows": [window], "prewarm": "3s"})
    wait_for(lambda: status(plane, contest_name).get("phase"), until=lambda phase: phase == "Scheduled", within_s=6)
    assert pods(plane, contest_name) == []
    seen = wait_for(
        lambda: status(plane, contest_name), until=lambda s: s["phase"] == "Running" and s["readyReplicas"] == 2
    )
    assert seen["openedAt"] == opens.strftime("%Y-%m-%dT%H:%M:%SZ")
    first = min(pod["metadata"]["creationTimestamp"] for pod in pods(plane, contest_name))
    assert first < seen["openedAt"], "replicas were not warm before the window opened"
    wait_for(lambda: status(plane, contest_name)["phase"], until=lambda phase: phase == "Finished")
    wait_for(lambda: pods(plane, contest_name), until=lambda left: left == [])
    described = plane.kubectl("describe", "contest", contest_name)
    assert all(
        phase in described.partition("Events:")[2] for phase in ("Scheduled", "Prewarming", "Running", "Finished")
    )


def test_targets_are_fixed_once_the_contest_has_opened(
    plane: ControlPlane, operator: OperatorProcess, contest_name: str
) -> None:
    apply(plane, contest_name, gpu={"replicas": 0})
    wait_ready(plane, contest_name)
    targets = [{"name": "swan", "image": {"configMapKeyRef": {"name": "targets", "key": "swan.png"}}}]
    change = json.dumps({"spec": {"targets": targets}})
    said = plane.kubectl("patch", "contest", contest_name, "--type=merge", "-p", change, check=False)
    assert "targets are fixed once the contest has opened" in said


def test_an_autoscaler_keeps_what_it_decided(plane: ControlPlane, operator: OperatorProcess, contest_name: str) -> None:
    apply(plane, contest_name, autoscaling={"minReplicas": 1, "maxReplicas": 5})
    wait_ready(plane, contest_name)
    child = f"{contest_name}-triton"
    assert plane.get("hpa", child)["spec"]["maxReplicas"] == 5
    plane.kubectl("scale", "deployment", child, "--replicas=3")  # as the autoscaler does
    wait_for(lambda: status(plane, contest_name)["readyReplicas"], until=lambda count: count == 3)
    patch(plane, contest_name, model={"generator": {"source": "hf://cygnet/other"}})  # an apply of everything else
    wait_for(lambda: condition(plane, contest_name, "ModelsReady"), until=lambda c: c["reason"] == "Serving")
    assert deployment(plane, contest_name)["spec"]["replicas"] == 3
    patch(plane, contest_name, autoscaling=None)
    wait_for(lambda: deployment(plane, contest_name)["spec"]["replicas"], until=lambda count: count == 2)
    wait_for(lambda: plane.kubectl("get", "hpa", child, "--ignore-not-found"), until=lambda found: found == "")


NOT_LOADED = {"model": {"generator": {"source": "hf://cygnet/broken"}}}
# No node has this label: the new replicas cannot even start.
NOT_PLACED = {"model": {"generator": {"source": "hf://cygnet/other"}}, "gpu": {"nodeSelector": {"pool": "no"}}}
PUT_RIGHT = {"model": {"generator": {"source": "hf://cygnet/other"}}, "gpu": {"nodeSelector": {"pool": "gpu"}}}


@pytest.mark.parametrize(("change", "why"), [(NOT_LOADED, "there is no folder"), (NOT_PLACED, "Unschedulable")])
def test_a_model_that_does_not_come_to_serve_never_takes_over(
    plane: ControlPlane,
    operator: OperatorProcess,
    services: Services,
    contest_name: str,
    change: dict[str, Any],
    why: str,
) -> None:
    def asked() -> set[str]:
        return {document.model.generator_source for document in services.documents(contest_name)}

    apply(plane, contest_name)
    wait_ready(plane, contest_name)
    former = {pod["metadata"]["uid"] for pod in pods(plane, contest_name)}
    patch(plane, contest_name, **change)
    wait_for(lambda: len(pods(plane, contest_name)), until=lambda count: count == 3)
    seen = wait_for(lambda: condition(plane, contest_name, "ModelsReady"), until=lambda c: why in c.get("message", ""))
    assert seen["reason"] == "RollingOut"
    ready = {p["metadata"]["uid"] for p in pods(plane, contest_name) if p["status"]["phase"] == "Running"}
    assert ready == former
    wait_for(lambda: status(plane, contest_name)["policyInForce"].get("generation"), until=lambda g: g == 2)
    assert asked() == {"builtin://cygnet-tiny"}, "jobs ask for a model that nobody serves"
    patch(plane, contest_name, **PUT_RIGHT)
    wait_for(asked, until=lambda sources: sources == {"hf://cygnet/other"})
    wait_for(lambda: condition(plane, contest_name, "ModelsReady"), until=lambda c: c["reason"] == "Serving")


def test_kubectl_explain_teaches(plane: ControlPlane) -> None:
    described = plane.kubectl("explain", "contest.spec.rateLimit", "--recursive")
    assert "Who may add how much work" in described
    assert "maxPredictedWait" in described
