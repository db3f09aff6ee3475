"""The registry of metric names in docs/observability.md is what the code exports, word for word."""

import re

from prometheus_client import REGISTRY
from prometheus_client.metrics import MetricWrapperBase

import cygnet.dedup.telemetry
import cygnet.gateway.metrics
import cygnet.leaderboard.telemetry
import cygnet.platform.grpc.metrics
import cygnet.submission.telemetry
import cygnet.worker.telemetry  # noqa: F401  (they register what they export)
import cygnet_operator.metrics  # noqa: F401

from .expressions import ROOT, panel_queries, rule_queries, selectors

DOCUMENT = ROOT / "docs/observability.md"


def registered() -> dict[str, tuple[str, tuple[str, ...]]]:
    """Type and labels of every metric of ours, under the name that Prometheus knows it by."""
    found = {}
    for collector in set(REGISTRY._collector_to_names):
        if not isinstance(collector, MetricWrapperBase):
            continue  # Python's own, of the process
        for metric in collector.describe():
            name = f"{metric.name}_total" if metric.type == "counter" else metric.name
            if name.startswith(("cygnet_", "grpc_server_")):
                found[name] = (metric.type, tuple(collector._labelnames))
    return found


def documented() -> dict[str, tuple[str, tuple[str, ...]]]:
    """The same, from the table."""
    rows = re.findall(r"^\| `(\w+)` \| (\w+) \| ([^|]*) \| [^|]+ \|$", DOCUMENT.read_text(), re.MULTILINE)
    return {name: (kind, tuple(re.findall(r"`(\w+)`", labels))) for name, kind, labels in rows}


def test_the_registry_lists_what_there_is() -> None:
    assert documented() == registered()


def test_dashboard_and_alerts_ask_only_for_what_there_is() -> None:
    ours = set(registered()) | {f"{name}_bucket" for name in registered()}
    for query in [*(query.of(".*") for query in panel_queries()), *rule_queries()]:
        for selector in selectors(query.expr):
            name = selector.name or ""
            if not name.startswith("contest:"):
                assert name in ours or name.startswith(("nv_", "envoy_", "DCGM_")), (query.where, name)
