"""The chart over a matrix of values: what is rendered, what is refused and in which words."""

import json
import re
from typing import Any

import helm_python
import pytest
import yaml

from .matrix import CONTRADICTIONS, INSTALLATIONS, MISTAKES
from .rendering import CHART, containers, example, of_kind, pod_templates, render

EVERY = pytest.mark.parametrize("values", INSTALLATIONS.values(), ids=INSTALLATIONS.keys())


@EVERY
def test_pods_are_restricted(values: dict[str, Any]) -> None:
    """Each rule of the restricted Pod Security Standard, and a file system that nobody can write to."""
    for name, template in pod_templates(render(values)).items():
        spec = template["spec"]
        assert spec["securityContext"]["runAsNonRoot"] is True, name
        assert not {"hostNetwork", "hostPID", "hostIPC"} & spec.keys(), name
        assert all(not {"hostPath"} & volume.keys() for volume in spec.get("volumes", [])), name
        for container in containers(template):
            security = container["securityContext"]
            assert security["allowPrivilegeEscalation"] is False, name
            assert security["capabilities"] == {"drop": ["ALL"]}, name
            assert security["runAsNonRoot"] is True, name
            assert security["seccompProfile"] == {"type": "RuntimeDefault"}, name
            assert security["readOnlyRootFilesystem"] is True, name
            assert container["resources"]["requests"].keys() >= {"cpu", "memory"}, name
            assert "memory" in container["resources"]["limits"], name


@EVERY
def test_envoy_stops_taking_connections_well_below_its_memory_limit(values: dict[str, Any]) -> None:
    template = pod_templates(render(values))["cygnet-gateway"]
    envoy = next(c for c in containers(template) if c["name"] == "envoy")
    prepare = template["spec"]["initContainers"][0]
    heap = next(int(e["value"]) for e in prepare["env"] if e["name"] == "CYGNET_ENVOY_MAX_HEAP_MIB")
    assert heap <= 0.75 * int(envoy["resources"]["limits"]["memory"].removesuffix("Mi"))


@EVERY
def test_redis_refuses_writes_well_below_its_memory_limit(values: dict[str, Any]) -> None:
    redis = pod_templates(render(values)).get("cygnet-redis")
    if redis is not None:
        (container,) = containers(redis)
        most = container["args"][container["args"].index("--maxmemory") + 1]
        limit = container["resources"]["limits"]["memory"]
        assert int(most.removesuffix("mb")) <= int(limit.removesuffix("Mi")) * 2 / 3


@EVERY
def test_only_the_operator_talks_to_kubernetes(values: dict[str, Any]) -> None:
    for name, template in pod_templates(render(values)).items():
        mounts = template["spec"]["automountServiceAccountToken"]
        assert mounts is name.endswith("-operator"), name


@EVERY
def test_references_lead_somewhere(values: dict[str, Any]) -> None:
    """Selectors find pods, ports have names, secrets and claims are rendered or the installer's own."""
    objects = render(values)
    pods = pod_templates(objects)
    claims, secrets = of_kind(objects, "PersistentVolumeClaim"), of_kind(objects, "Secret")
    own = re.findall(r'"(?:existingSecret|existingClaim)": "(\S+)"', json.dumps(values))
    for name, service in of_kind(objects, "Service").items():
        found = [pod for pod in pods.values() if _selects(service["spec"]["selector"], pod)]
        assert found, f"{name} selects no pod"
        ports = {port["name"] for pod in found for c in containers(pod) for port in c.get("ports", ())}
        assert all(port["targetPort"] in ports for port in service["spec"]["ports"]), name
    for kind in ("PodDisruptionBudget", "NetworkPolicy"):
        for name, item in of_kind(objects, kind).items():
            selector = item["spec"].get("selector") or item["spec"]["podSelector"]
            assert any(_selects(selector["matchLabels"], pod) for pod in pods.values()), f"{kind} {name}"
    for name, pod in pods.items():
        text = json.dumps(pod)
        for secret in re.findall(r'"secretKeyRef": {"name": "([^"]+)"|"secretRef": {"name": "([^"]+)"', text):
            assert "".join(secret) in [*secrets, *own], name
        for claim in re.findall(r'"claimName": "([^"]+)"', text):
            assert claim in [*claims, *own], name


@EVERY
def test_every_pod_has_a_policy_both_ways(values: dict[str, Any]) -> None:
    objects = render(values)
    policies = of_kind(objects, "NetworkPolicy").values()
    if values.get("networkPolicies", {}).get("enabled", True):
        for name, pod in pod_templates(objects).items():
            (policy,) = [p for p in policies if _selects(p["spec"]["podSelector"]["matchLabels"], pod)]
            assert policy["spec"]["policyTypes"] == ["Ingress", "Egress"], name
    else:
        assert not policies


@pytest.mark.parametrize(("values", "words"), CONTRADICTIONS.values(), ids=CONTRADICTIONS.keys())
def test_contradictions_are_refused_in_words(values: dict[str, Any], words: str) -> None:
    with pytest.raises(helm_python.HelmError, match=re.escape(words)):
        render(values)


@pytest.mark.parametrize("values", MISTAKES.values(), ids=MISTAKES.keys())
def test_mistakes_are_refused_by_the_schema(values: dict[str, Any]) -> None:
    with pytest.raises(helm_python.HelmError):
        helm_python.Chart.load(CHART).validate_schema(values)


def test_schema_and_values_know_the_same_names() -> None:
    """Nothing is in values.yaml that the schema refuses, nor in the schema that values.yaml does not explain."""
    schema = json.loads((CHART / "values.schema.json").read_text())
    values = yaml.safe_load((CHART / "values.yaml").read_text())

    def names(part: Any, path: str = "") -> set[str]:
        if "$ref" in part:
            part = schema["$defs"][part["$ref"].rsplit("/", 1)[1]]
        found: set[str] = set()
        for name, inner in part.get("properties", {}).items():
            found |= {f"{path}{name}"} | names(inner, f"{path}{name}.")
        return found

    def given(part: Any, path: str = "") -> set[str]:
        found: set[str] = set()
        if isinstance(part, dict):
            for name, inner in part.items():
                found |= {f"{path}{name}"} | given(inner, f"{path}{name}.")
        return found

    free = re.compile(r"\.(requests|limits|labels|annotations|nodeSelector)\.")
    explained = {name for name in given(values) if not free.search(name)}
    assert explained == {name for name in names(schema) if name != "global"}


def test_liveness_is_answered_by_the_event_loop() -> None:
    """Never by the port of the metrics, which a thread of its own answers."""
    pods = pod_templates(render({}))
    probes = {
        container["name"]: container["livenessProbe"]
        for name in ("submission", "dedup", "leaderboard", "gateway", "operator")
        for container in containers(pods[f"cygnet-{name}"])
        if container["name"] == name
    }
    for name in ("submission", "dedup", "leaderboard"):
        assert probes[name]["grpc"] == {"port": 8000, "service": "liveness"}
    assert probes["gateway"]["httpGet"] == {"path": "/healthz", "port": "page"}
    assert probes["operator"]["httpGet"] == {"path": "/healthz", "port": "health"}


def test_a_flood_at_the_door_takes_no_pod_out_of_service() -> None:
    pod = pod_templates(render({}))["cygnet-gateway"]
    envoy = next(container for container in containers(pod) if container["name"] == "envoy")
    for kind in ("startupProbe", "readinessProbe", "livenessProbe"):
        assert envoy[kind]["httpGet"] == {"path": "/envoyz", "port": "envoy-metrics"}


def test_the_kind_stays_when_the_release_goes() -> None:
    kept = [
        item for item in render({}) if item["metadata"].get("annotations", {}).get("helm.sh/resource-policy") == "keep"
    ]
    assert sorted(item["kind"] for item in kept) == [
        "CustomResourceDefinition",
        "PersistentVolumeClaim",
        "Secret",
        "Secret",
    ]


def test_crd_and_rules_are_those_of_the_operator() -> None:
    objects = render({})
    (crd,) = of_kind(objects, "CustomResourceDefinition").values()
    source = yaml.safe_load((CHART / "files" / "contest-crd.yaml").read_text())
    assert crd["spec"] == source["spec"]
    rules = yaml.safe_load((CHART / "files" / "operator-rules.yaml").read_text())
    (role,) = of_kind(objects, "Role").values()
    own = {"apiGroups": [""], "resources": ["secrets"], "resourceNames": ["cygnet-worker-keys"], "verbs": ["patch"]}
    assert role["rules"] == [*rules, own], "of secrets, the one that this installation's workers read their keys from"
    assert not of_kind(objects, "ClusterRole"), "rights outside of the namespace"


def test_the_operator_finds_the_admin_ports() -> None:
    services = of_kind(render({}), "Service")
    admin = {n for n, s in services.items() if s["metadata"]["labels"].get("cygnet.dev/contest-admin") == "true"}
    assert admin == {"cygnet-submission", "cygnet-leaderboard"}
    assert all("admin" in [port["name"] for port in services[name]["spec"]["ports"]] for name in admin)


def test_policies_let_the_ports_through_that_the_values_name() -> None:
    def ports(installation: str, policy: str) -> set[int]:
        spec = of_kind(render(INSTALLATIONS[installation]), "NetworkPolicy")[policy]["spec"]
        return {port["port"] for rule in spec["egress"] for port in rule["ports"]}

    for policy in ("cygnet-submission", "cygnet-gateway"):
        assert 9000 in ports("a bucket of one's own", policy)
        assert not {443, 9000} & ports("defaults", policy)
    assert 6380 in ports("external Redis by URL", "cygnet-dedup")
    (operator,) = (
        pod for name, pod in pod_templates(render(INSTALLATIONS["a bucket of one's own"])).items() if "operator" in name
    )
    (container,) = containers(operator)
    assert {"name": "CYGNET_OPERATOR_PICTURES_PORT", "value": "9000"} in container["env"]


def test_images_of_one_registry() -> None:
    objects = render({"images": {"registry": "registry.example.org/cygnet/"}})
    images = {c["image"] for pod in pod_templates(objects).values() for c in containers(pod)}
    assert "registry.example.org/cygnet/cygnet:0.1.0" in images
    assert any(image.startswith("docker.io/envoyproxy/envoy:") for image in images), "it names a registry of its own"


def test_what_is_watched() -> None:
    objects = render(INSTALLATIONS["everything watched"])
    assert len(of_kind(objects, "PodMonitor")) == 5
    assert len(of_kind(objects, "PrometheusRule")) == len(list((CHART / "files" / "rules").glob("*.yaml")))
    dashboards = [
        c for c in of_kind(objects, "ConfigMap").values() if c["metadata"]["labels"].get("grafana_dashboard") == "1"
    ]
    assert len(dashboards) == len(list((CHART / "files" / "dashboards").glob("*.json")))
    for dashboard in dashboards:
        assert all(json.loads(text)["panels"] for text in dashboard["data"].values())


def test_names_of_a_release_with_another_name() -> None:
    objects = render(example("one-small-node"), name="booth")
    assert "booth-cygnet-submission" in of_kind(objects, "Deployment")
    assert all(len(item["metadata"]["name"]) <= 63 for item in render({}, name="r" * 53))


def _selects(selector: dict[str, str], pod: dict[str, Any]) -> bool:
    labels: dict[str, str] = pod["metadata"]["labels"]
    return selector.items() <= labels.items()
