"""A contest that asks for GPUs is scheduled where there are some, one for each replica.

What a device plugin hands out is real; on a cluster without GPUs it may hand out names (FAKE_GPUS), and the image for
CPUs draws.
"""

import json

import pytest

from .kube import Kube
from .playing import NAME, play_a_game
from .test_2_while_playing import ensure_installed

pytestmark = pytest.mark.timeout(900)

GPU = "nvidia.com/gpu"
REPLICAS = 2


def test_each_replica_gets_a_gpu_of_its_own(kube: Kube) -> None:
    free = sum(int(node["status"]["allocatable"].get(GPU, 0)) for node in kube.get("nodes"))
    if free < REPLICAS:
        pytest.skip(f"the cluster has {free} of {GPU}, not {REPLICAS}")
    ensure_installed(kube)

    _ask_for(kube, {"replicas": REPLICAS, "perReplica": {GPU: 1}})
    # Those of before, without a GPU, may still be ending.
    pods = [
        pod["metadata"]["name"]
        for pod in kube.get("pods", "-l", "app.kubernetes.io/component=triton")
        if "deletionTimestamp" not in pod["metadata"]
    ]
    assert len(pods) == REPLICAS
    given = {_visible_devices(kube, pod) for pod in pods}
    assert len(given) == REPLICAS and "" not in given, given
    print(f"\n{REPLICAS} replicas, devices {sorted(given)}")
    play_a_game(kube.address())

    _ask_for(kube, {"replicas": 1, "perReplica": {}})


def _ask_for(kube: Kube, gpu: dict[str, object]) -> None:
    """Patches the contest's GPUs and waits until the replicas are as it says."""
    # A merge patch leaves out only what is null.
    per_replica = gpu["perReplica"] or {GPU: None}
    spec = {"gpu": gpu | {"perReplica": per_replica}, "model": {"rollout": {"step": "1", "pause": "0s"}}}
    kube.kubectl("patch", f"contest/{NAME}", "--type=merge", "-p", json.dumps({"spec": spec}))
    generation = kube.kubectl("get", f"contest/{NAME}", "-o", "jsonpath={.metadata.generation}")
    kube.kubectl(
        "wait", f"--for=jsonpath={{.status.observedGeneration}}={generation}", f"contest/{NAME}", "--timeout=60s"
    )
    kube.kubectl("rollout", "status", "deployment", f"{NAME}-triton", "--timeout=300s", timeout_s=310)
    ready = f"jsonpath={{.status.readyReplicas}}={gpu['replicas']}"
    kube.kubectl("wait", f"--for={ready}", f"contest/{NAME}", "--timeout=120s", timeout_s=130)


def _visible_devices(kube: Kube, pod: str) -> str:
    return kube.kubectl("exec", pod, "-c", "triton", "--", "printenv", "NVIDIA_VISIBLE_DEVICES").strip()
