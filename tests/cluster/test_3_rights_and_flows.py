"""Who may do what: rights at the API server, and the connections that were really made, held against the policies."""

import os
import re
import subprocess

import pytest

from .flows import Allowance, Flow, Policies, seen
from .kube import NAMESPACE, RELEASE, Kube
from .playing import play_a_game
from .test_2_while_playing import ensure_installed

pytestmark = pytest.mark.timeout(900)

# What everybody signed in may ask: about oneself, and what the API server is like.
_HARMLESS = re.compile(
    r"selfsubject\w+\.auth\S+ |\s+\[/(api|apis|healthz|livez|readyz|openapi|openid|version|\.well-known)[/\w*.-]*\]"
)
_NOT_ITS_BUSINESS = (
    ("get", "secrets"),
    ("create", "pods"),
    ("create", "pods/exec"),
    ("delete", "deployments"),
    ("delete", "contests"),
    ("create", "rolebindings"),
    ("update", "configmaps"),
)
# Allowances that no game uses, and why they are there.
_UNUSED = {
    "egress to anybody 53": "DNS over TCP, and components that ask for names before the game starts",
    "egress to anybody 443": "an API server that is not on 6443",
    "egress to anybody 6443": "an API server that is not on 443",
    "ingress from anybody 9100": "Prometheus",
    "ingress from anybody 9101": "Prometheus, for Envoy's figures",
    "ingress from anybody 8002": "Prometheus",
    "egress to gateway 8080": "helm test",
}


def test_pods_have_no_rights(kube: Kube) -> None:
    ensure_installed(kube)
    for account in (RELEASE, "default"):
        listed = kube.kubectl(
            "auth", "can-i", "--list", "--no-headers", "--as", f"system:serviceaccount:{NAMESPACE}:{account}"
        )
        rights = [line for line in listed.splitlines() if line.strip() and not _HARMLESS.match(line)]
        assert not rights, f"{account}: {rights}"
    for pod in kube.get("pods", "-l", "app.kubernetes.io/component!=operator"):
        assert not any("serviceAccountToken" in str(volume) for volume in pod["spec"]["volumes"]), pod["metadata"][
            "name"
        ]


def test_the_operator_has_only_its_rules(kube: Kube) -> None:
    ensure_installed(kube)
    who = f"system:serviceaccount:{NAMESPACE}:{RELEASE}-operator"
    for verb, what in _NOT_ITS_BUSINESS:
        assert kube.kubectl("auth", "can-i", verb, what, "--as", who, check=False).strip() == "no", (verb, what)


def test_every_flow_is_allowed_and_every_allowance_used(kube: Kube) -> None:
    """NetworkPolicies are held against what the node's connection tracking saw while a game was played."""
    conntrack = os.environ.get("CYGNET_TEST_CONNTRACK", "")
    if not conntrack:
        pytest.skip("CYGNET_TEST_CONNTRACK does not say how to read a node's connections (a command like conntrack -L)")
    ensure_installed(kube)
    pods = [pod for pod in kube.get("pods") if pod["status"].get("podIP")]
    names = {pod["status"]["podIP"]: pod["metadata"]["name"] for pod in pods}
    labels = {pod["metadata"]["name"]: pod["metadata"]["labels"] for pod in pods}
    flows: set[Flow] = set()
    play_a_game(kube.address(), look=lambda: flows.update(seen(_run(conntrack), names)))
    flows = {flow for flow in flows if not _beside_the_point(flow, kube, names)}

    policies = Policies(kube.get("networkpolicy"), labels)
    denied, used = [], set()
    for flow in flows:
        out, into = policies.allowing(flow)
        used |= out | into
        if not out or not into:
            denied.append(flow)
    short = {name: labels[name]["app.kubernetes.io/component"] for name in labels}
    ends = [(short.get(f.source, "outside"), short.get(f.target, "outside"), f) for f in flows]
    told = sorted({f"{source} → {target} {f.protocol} {f.port}" for source, target, f in ends})
    print("\n" + "\n".join(told))
    assert not denied, denied
    unused = [f"{a.policy}: {_words(a)}" for a in policies.allowances() - used if _words(a) not in _UNUSED]
    assert not unused, unused

    components = {"submission", "dedup", "leaderboard", "gateway", "operator", "redis", "triton"}
    one_each = {short[name]: name for name in labels if short[name] in components}
    expected = {(f.source, f.target, f.port) for f in flows}
    for source in one_each.values():
        for target in one_each.values():
            for port in (6379, 8000, 8001, 8081, 9901):
                if source != target and (source, target, port) not in expected:
                    out, into = policies.allowing(Flow(source, target, "TCP", port))
                    assert not (out and into), f"{source} may reach {target}:{port}, and never does"


def _words(allowance: Allowance) -> str:
    way = "ingress from" if allowance.direction == "Ingress" else "egress to"
    return f"{way} {allowance.peer} {allowance.port}"


def _beside_the_point(flow: Flow, kube: Kube, names: dict[str, str]) -> bool:
    """Tells whether a flow is a probe of the kubelet, which policies do not concern, or of a pod that is gone."""
    node = {address["address"] for item in kube.get("nodes") for address in item["status"]["addresses"]}
    network = next(iter(names)).rsplit(".", 2)[0] + "."
    # The node's own address among its pods is the first one.
    node |= {f"{ip.rsplit('.', 1)[0]}.1" for ip in names}
    everybody = {pod["status"].get("podIP") for pod in kube.get("pods", "--all-namespaces")}
    gone = any(end.startswith(network) and end not in everybody | node for end in (flow.source, flow.target))
    return gone or (flow.source in node and flow.port != 8080)


def _run(command: str) -> str:
    return subprocess.run(["bash", "-c", command], check=True, capture_output=True, text=True, timeout=30).stdout
