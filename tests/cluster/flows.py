"""Which NetworkPolicies allow a flow: a small evaluator of the API's rules, and the flows that a node really saw."""

import ipaddress
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

Object = dict[str, Any]


@dataclass(frozen=True)
class Flow:
    """A connection that somebody opened: pods by name, anything else by address."""

    source: str
    target: str
    protocol: str
    port: int


@dataclass(frozen=True)
class Allowance:
    """One port of one rule of a policy."""

    policy: str
    direction: str
    protocol: str
    port: int
    peer: str


def seen(conntrack: str, pods: Mapping[str, str]) -> set[Flow]:
    """Returns the flows from and to `pods` (name by IP) in `conntrack -L`: to the pod behind a Service, not to it."""
    flows = set()
    for line in conntrack.splitlines():
        found = re.search(
            r"^(tcp|udp) .*?src=(\S+) dst=\S+ sport=\d+ dport=\d+ .*?src=(\S+) dst=\S+ sport=(\d+) dport=\d+", line
        )
        if found is None:
            continue
        protocol, source, target, port = found.groups()  # the reply comes from where the connection went
        if source in pods or target in pods:
            flows.add(Flow(pods.get(source, source), pods.get(target, target), protocol.upper(), int(port)))
    return flows


class Policies:
    """The policies of a namespace, and the pods that they are about."""

    def __init__(self, policies: Iterable[Object], pods: Mapping[str, Mapping[str, str]]) -> None:
        """`pods` are labels by name."""
        self._policies = list(policies)
        self._pods = pods

    def allowing(self, flow: Flow) -> tuple[set[Allowance], set[Allowance]]:
        """Returns what lets a flow out of its source and into its target. A pod without a policy lets all through."""
        return self._side(flow, "Egress", flow.source, flow.target), self._side(
            flow, "Ingress", flow.target, flow.source
        )

    def allowances(self) -> set[Allowance]:
        """Returns everything that is allowed."""
        return {a for policy in self._policies for d in ("Ingress", "Egress") for a, _ in _rules(policy, d)}

    def _side(self, flow: Flow, direction: str, about: str, other: str) -> set[Allowance]:
        if about not in self._pods:
            return {Allowance("outside", direction, flow.protocol, flow.port, "")}
        mine = [
            policy
            for policy in self._policies
            if direction in policy["spec"]["policyTypes"] and _matches(policy["spec"]["podSelector"], self._pods[about])
        ]
        if not mine:
            return {Allowance("none", direction, flow.protocol, flow.port, "")}
        return {
            allowance
            for policy in mine
            for allowance, peer in _rules(policy, direction)
            if (allowance.protocol, allowance.port) == (flow.protocol, flow.port) and self._is(peer, other)
        }

    def _is(self, peer: Object | None, other: str) -> bool:
        if peer is None:
            return True
        if "ipBlock" in peer:
            return other not in self._pods and ipaddress.ip_address(other) in ipaddress.ip_network(
                peer["ipBlock"]["cidr"]
            )
        return other in self._pods and _matches(peer["podSelector"], self._pods[other])


def _rules(policy: Object, direction: str) -> Iterable[tuple[Allowance, Object | None]]:
    for rule in policy["spec"].get(direction.lower()) or ():
        for port in rule["ports"]:
            for peer in rule.get("from" if direction == "Ingress" else "to") or [None]:
                labels = (peer or {}).get("podSelector", {}).get("matchLabels", {})
                named = labels.get("app.kubernetes.io/component", "anybody" if peer is None else str(peer))
                yield Allowance(policy["metadata"]["name"], direction, port["protocol"], port["port"], named), peer


def _matches(selector: Object, labels: Mapping[str, str]) -> bool:
    wanted: dict[str, str] = selector.get("matchLabels", {})
    return all(labels.get(name) == value for name, value in wanted.items())
