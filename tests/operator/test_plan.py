"""What is planned for a contest, case by case; nothing here touches a cluster."""

from typing import Any

import pytest

from cygnet_operator import drift
from cygnet_operator.model import Contest, Observed
from cygnet_operator.plan import Plan, plan, worker_key
from cygnet_operator.pods import MODELS
from cygnet_operator.schedule import schedule_at
from cygnet_operator.settings import OperatorSettings

from .builders import BORN, SETTINGS, TWO_DAYS, at, contest, observed


def planned(
    subject: Contest, there: Observed | None = None, now: str = "26 10:00", settings: OperatorSettings = SETTINGS
) -> Plan:
    return plan(subject, there or observed(), schedule_at(subject.spec, BORN, at(now)), settings)


def only(result: Plan, kind: str) -> Any:
    (found,) = [item for item in result.objects if item["kind"] == kind]
    return found


def kinds(result: Plan) -> set[str]:
    return {item["kind"] for item in result.objects}


def pod(result: Plan) -> Any:
    return only(result, "Deployment")["spec"]["template"]["spec"]


def triton(result: Plan) -> Any:
    return next(container for container in pod(result)["initContainers"] if container["name"] == "triton")


def deployment(name: str = "pycon-triton", replicas: int = 1) -> dict[str, Any]:
    owner = {"uid": "uid-pycon"}
    metadata = {"name": name, "uid": name, "ownerReferences": [owner]}
    return {"kind": "Deployment", "metadata": metadata, "spec": {"replicas": replicas}}


def test_the_usual_contest() -> None:
    result = planned(contest())
    assert kinds(result) == {"Deployment", "Service", "PodDisruptionBudget", "NetworkPolicy"}
    assert result.replicas == 1
    assert result.surplus == ()
    for item in result.objects:
        (owner,) = item["metadata"]["ownerReferences"]
        assert owner["uid"] == "uid-pycon" and owner["controller"]
        assert item["metadata"]["labels"]["cygnet.dev/contest"] == "pycon"


def test_the_same_contest_gives_the_same_objects() -> None:
    assert planned(contest()) == planned(contest())


@pytest.mark.parametrize(
    ("now", "replicas"), [("25 00:00", 0), ("26 08:50", 3), ("26 10:00", 3), ("26 23:00", 0), ("28 00:00", 0)]
)
def test_replicas_follow_the_schedule(now: str, replicas: int) -> None:
    assert planned(contest(schedule=TWO_DAYS, gpu={"replicas": 3}), now=now).replicas == replicas


def test_gpus_nodes_and_taints_reach_the_pod() -> None:
    gpu = {
        "perReplica": {"nvidia.com/gpu": 2, "memory": "16Gi"},
        "nodeSelector": {"pool": "gpu"},
        "tolerations": [{"key": "gpu", "operator": "Exists", "effect": "NoSchedule"}],
    }
    result = planned(contest(gpu=gpu))
    wanted = {"nvidia.com/gpu": "2", "memory": "16Gi"}
    assert triton(result)["resources"] == {"requests": {"cpu": "500m", **wanted}, "limits": wanted}
    assert pod(result)["nodeSelector"] == {"pool": "gpu"}
    assert pod(result)["tolerations"] == [{"key": "gpu", "operator": "Exists", "effect": "NoSchedule"}]


def test_a_replica_without_requests_still_gets_its_turn_on_a_busy_node() -> None:
    resources = triton(planned(contest()))["resources"]
    assert resources == {"requests": {"cpu": "500m", "memory": "768Mi"}, "limits": {}}


def test_replicas_keep_away_from_each_other() -> None:
    result = planned(contest(gpu={"replicas": 2}))
    (term,) = pod(result)["affinity"]["podAntiAffinity"]["preferredDuringSchedulingIgnoredDuringExecution"]
    assert term["podAffinityTerm"]["topologyKey"] == "kubernetes.io/hostname"
    labels = only(result, "Deployment")["spec"]["template"]["metadata"]["labels"]
    assert term["podAffinityTerm"]["labelSelector"]["matchLabels"].items() <= labels.items()


def test_triton_has_shared_memory_its_models_and_time_to_load_them() -> None:
    result = planned(contest())
    volumes = {volume["name"]: volume for volume in pod(result)["volumes"]}
    assert volumes["shm"]["emptyDir"]["medium"] == "Memory"
    assert {"name": "shm", "mountPath": "/dev/shm"} in triton(result)["volumeMounts"]
    assert [arg for arg in triton(result)["args"] if "load-model" in arg] == [f"--load-model={m}" for m in MODELS]
    assert "--model-control-mode=explicit" in triton(result)["args"]
    assert {"--allow-http=false", "--grpc-address=127.0.0.1"} <= set(triton(result)["args"]), "its APIs run any code"
    assert [port["containerPort"] for port in triton(result)["ports"]] == [8002], "metrics"
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        assert triton(result)[probe]["httpGet"] == {"path": "/metrics", "port": 8002}
    probe = triton(result)["startupProbe"]
    assert probe["periodSeconds"] * probe["failureThreshold"] >= SETTINGS.model_start_timeout_s


def test_what_triton_writes_lies_in_volumes_of_its_own() -> None:
    result = planned(contest(model={"generator": {"source": "hf://org/model"}}))
    volumes = {volume["name"]: volume for volume in pod(result)["volumes"]}
    writable = {
        mount["mountPath"]: mount["name"] for mount in triton(result)["volumeMounts"] if not mount.get("readOnly")
    }
    assert set(writable) == {"/dev/shm", "/tmp", "/models/cache"}
    assert all("sizeLimit" in volumes[name]["emptyDir"] for name in writable.values()), "a node's disk would fill"
    env = {variable["name"]: variable["value"] for variable in triton(result)["env"]}
    assert env["HOME"] == "/tmp" and env["HF_HOME"].startswith("/models/cache/")
    (worker,) = pod(result)["containers"]
    others = {mount["name"] for mount in worker["volumeMounts"]}
    assert writable["/tmp"] not in others, "two programs in one folder"


def test_a_worker_has_the_key_of_its_contest_alone_and_the_resource_does_not_show_it() -> None:
    result = planned(contest())
    (worker,) = pod(result)["containers"]
    env = {variable["name"]: variable["value"] for variable in worker["env"]}
    volumes = {volume["name"]: volume for volume in pod(result)["volumes"]}
    [mount] = [mount for mount in worker["volumeMounts"] if mount["name"] == "workload-key"]
    name = contest().name
    assert volumes["workload-key"]["secret"]["items"] == [{"key": name, "path": name}] and mount["readOnly"]
    assert env["CYGNET_WORKER_WORKLOAD_KEY_FILE"] == f"{mount['mountPath']}/{name}"
    key = worker_key(contest(), SETTINGS)
    assert key.startswith(f"k1/worker/{name}:") and key.rpartition(":")[2] not in str(result.objects)


def test_the_worker_ends_before_triton_and_is_fed_by_it_alone() -> None:
    result = planned(contest())
    assert triton(result)["restartPolicy"] == "Always", "not a sidecar: it would end with, or before, the worker"
    (worker,) = pod(result)["containers"]
    env = {variable["name"]: variable["value"] for variable in worker["env"]}
    assert env["CYGNET_WORKER_TRITON_ADDRESS"] == "127.0.0.1:8001"
    assert env["CYGNET_WORKER_CONTEST"] == "pycon"
    assert "--grpc-address=127.0.0.1" in triton(result)["args"]
    assert float(env["CYGNET_WORKER_STOP_GRACE_S"]) < pod(result)["terminationGracePeriodSeconds"]


def test_the_worker_is_probed_through_its_health_alone() -> None:
    (worker,) = pod(planned(contest()))["containers"]
    env = {variable["name"]: variable["value"] for variable in worker["env"]}
    assert env["CYGNET_WORKER_LISTEN"] == "0.0.0.0:8003"
    assert worker["readinessProbe"]["grpc"] == {"port": 8003, "service": ""}
    assert worker["livenessProbe"]["grpc"] == {"port": 8003, "service": "liveness"}


def test_every_container_is_restricted() -> None:
    s3 = {"generator": {"source": "s3://bucket/model"}}
    result = planned(contest(model=s3))
    assert pod(result)["securityContext"]["runAsNonRoot"]
    containers = [*pod(result)["initContainers"], *pod(result)["containers"]]
    assert len(containers) == 3
    for container in containers:
        context = container["securityContext"]
        assert context["allowPrivilegeEscalation"] is False
        assert context["capabilities"] == {"drop": ["ALL"]}
        assert context["seccompProfile"] == {"type": "RuntimeDefault"}
        assert context["readOnlyRootFilesystem"] is True
    assert pod(result)["automountServiceAccountToken"] is False


def sources(result: Plan) -> tuple[str, str]:
    env = {variable["name"]: variable["value"] for variable in triton(result)["env"]}
    return env["CYGNET_GENERATOR_SOURCE"], env["CYGNET_SCORER_SOURCE"]


def test_a_builtin_model_and_one_from_the_hub_are_left_to_triton() -> None:
    result = planned(contest(model={"generator": {"source": "hf://org/model@main"}}))
    assert sources(result) == ("hf://org/model@main", "builtin://cygnet-clip")
    assert [container["name"] for container in pod(result)["initContainers"]] == ["triton"]


def test_a_model_from_a_bucket_is_fetched_first() -> None:
    result = planned(contest(model={"generator": {"source": "s3://bucket/model"}}))
    fetch, _ = pod(result)["initContainers"]
    *_, url, folder = fetch["command"]
    assert url == "s3://bucket/model"
    assert sources(result)[0] == folder
    assert fetch["volumeMounts"][0]["name"] == "models"


def test_a_model_on_a_claim_is_mounted() -> None:
    result = planned(contest(model={"scorer": {"source": "pvc://claim/a/b"}}))
    (mount,) = [mount for mount in triton(result)["volumeMounts"] if mount["name"] == "scorer"]
    assert mount["readOnly"]
    assert sources(result)[1] == f"{mount['mountPath']}/a/b"
    claims = [volume["persistentVolumeClaim"] for volume in pod(result)["volumes"] if volume["name"] == "scorer"]
    assert claims == [{"claimName": "claim", "readOnly": True}]


def test_two_sources_never_have_one_name() -> None:
    names = {
        sources(planned(contest(model={"generator": {"source": source}})))[0]
        for source in ("s3://bucket/one", "s3://bucket/two", "pvc://one/model", "pvc://two/model", "hf://one/two")
    }
    assert len(names) == 5


@pytest.mark.parametrize(
    ("source", "way_out"), [("builtin://cygnet-tiny", False), ("hf://org/model", True), ("s3://bucket/m", True)]
)
def test_only_what_fetches_may_reach_outside(source: str, way_out: bool) -> None:
    policy = only(planned(contest(model={"generator": {"source": source}})), "NetworkPolicy")["spec"]
    ports = [port["port"] for rule in policy["egress"] for port in rule["ports"]]
    assert (443 in ports) == way_out
    assert [port["port"] for rule in policy["ingress"] for port in rule["ports"]] == [8002, 9100]


def test_replicas_reach_the_bucket_of_pictures() -> None:
    bucket = SETTINGS.model_copy(update={"pictures_url": "s3://pictures", "pictures_port": 9000})
    policy = only(planned(contest(), settings=bucket), "NetworkPolicy")["spec"]
    assert [port["port"] for port in policy["egress"][-1]["ports"]] == [9000]


def test_a_rollout_takes_nobody_away_before_the_new_one_serves() -> None:
    spec = only(planned(contest(model={"rollout": {"step": "50%", "pause": "90s"}})), "Deployment")["spec"]
    assert spec["strategy"]["rollingUpdate"] == {"maxSurge": "50%", "maxUnavailable": 0}
    assert spec["minReadySeconds"] == 90
    assert spec["progressDeadlineSeconds"] > 90 + SETTINGS.model_start_timeout_s


def test_a_limit_restarts_nothing() -> None:
    before = only(planned(contest()), "Deployment")
    after = only(
        planned(contest(rateLimit={"perParticipant": {"every": "1s"}}, leaderboard={"staff": ["a"]})), "Deployment"
    )
    assert before == after


def test_autoscaling_by_an_hpa_where_there_is_no_keda() -> None:
    result = planned(contest(autoscaling={"maxReplicas": 4}, gpu={"replicas": 2}))
    spec = only(result, "HorizontalPodAutoscaler")["spec"]
    assert (spec["minReplicas"], spec["maxReplicas"]) == (1, 4)
    assert result.replicas == 2, "an autoscaler does nothing about a Deployment of zero: the first ones are ours"


def test_autoscaling_by_keda_where_it_is_installed() -> None:
    settings = SETTINGS.model_copy(update={"prometheus_url": "http://prometheus:9090"})
    there = observed(installed=frozenset({"ScaledObject"}))
    result = planned(contest(autoscaling={"maxReplicas": 4}), there, settings=settings)
    assert "HorizontalPodAutoscaler" not in kinds(result)
    assert only(result, "ScaledObject")["spec"]["maxReplicaCount"] == 4


def test_replicas_are_the_autoscalers_once_there_are_some() -> None:
    subject = contest(autoscaling={"maxReplicas": 4})
    assert planned(subject, observed(deployment(replicas=3))).replicas is None


def test_outside_windows_the_autoscaler_goes_and_replicas_are_ours() -> None:
    hpa = {**deployment(), "kind": "HorizontalPodAutoscaler"}
    subject = contest(autoscaling={"maxReplicas": 4}, schedule=TWO_DAYS)
    result = planned(subject, observed(deployment(replicas=3), hpa), now="26 23:00")
    assert result.replicas == 0
    assert [(kind.kind, name) for kind, name in result.surplus] == [("HorizontalPodAutoscaler", "pycon-triton")]


def test_a_pod_monitor_where_that_kind_exists() -> None:
    objects = planned(contest(), observed(installed=frozenset({"PodMonitor"}))).objects
    (monitor,) = (item for item in objects if item["kind"] == "PodMonitor")
    endpoints = monitor["spec"]["podMetricsEndpoints"]
    assert [endpoint["port"] for endpoint in endpoints] == ["triton-metrics", "metrics"]
    # Dashboard and alerts ask by contest; Triton's own series do not say it.
    for endpoint in endpoints:
        assert endpoint["honorLabels"]
        assert endpoint["relabelings"] == [{"action": "replace", "targetLabel": "contest", "replacement": "pycon"}]


@pytest.mark.parametrize(
    ("there", "differs"),
    [
        ({"a": 1, "b": 2}, False),
        ({"a": 2}, True),
        ({}, True),
        ({"a": 1, "added": {"by": "the server"}}, False),
    ],
)
def test_drift_of_fields(there: dict[str, Any], differs: bool) -> None:
    assert drift.drifted({"a": 1}, there) == differs


@pytest.mark.parametrize(
    ("wanted", "there", "differs"),
    [
        ({"cpu": "0.5"}, {"cpu": "500m"}, False),
        ({"memory": "1Gi"}, {"memory": "1024Mi"}, False),
        ({"memory": "1Gi"}, {"memory": "1G"}, True),
        ({"nvidia.com/gpu": "1"}, {"nvidia.com/gpu": 1}, False),
        ({"on": True}, {"on": 1}, False),
        ({"selector": {}}, {}, False),
        ({"minReadySeconds": 0}, {}, False),
        ({"allowPrivilegeEscalation": False}, {}, True),
        ({"minReadySeconds": 0}, {"minReadySeconds": 5}, True),
        ([{"name": "b", "v": 1}], [{"name": "a"}, {"name": "b", "v": 1, "default": 0}], False),
        ([{"name": "b", "v": 1}], [{"name": "a"}], True),
        ([1, 2], [2, 1], True),
        ([1], [1, 2], True),
    ],
)
def test_drift_of_quantities_and_lists(wanted: Any, there: Any, differs: bool) -> None:
    assert drift.drifted({"x": wanted}, {"x": there}) == differs


def test_what_is_no_longer_wanted_is_drift_too() -> None:
    before = drift.with_hash({"metadata": {"name": "x"}, "spec": {"a": 1, "b": 2}})
    after = drift.with_hash({"metadata": {"name": "x"}, "spec": {"a": 1}})
    assert drift.drifted(after, before)
