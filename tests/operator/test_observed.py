"""What only an operator can tell: put to a real Prometheus that scrapes a real operator on a real API server."""

from collections.abc import Iterator

import pytest
import yaml

from ..observability.expressions import ALL_CONTESTS, panel_queries, rule_queries
from ..observability.prometheus import Prometheus, program, running
from ..waiting import wait_for
from .conftest import OperatorProcess, contest
from .control_plane import ControlPlane

pytestmark = pytest.mark.timeout(500)


@pytest.fixture
def prometheus(operator: OperatorProcess, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    """A Prometheus that scrapes the operator, with the project's rules."""
    program("prometheus")
    url = f"http://127.0.0.1:{operator.metrics_port}/metrics"
    with running(tmp_path_factory.mktemp("prometheus"), {"operator": url}) as server:
        # Its start is mostly imports, which a busy machine takes its time for.
        wait_for(server.targets_up, until=lambda up: set(up.values()) == {"up"}, within_s=200)
        yield server


def expression(where: str) -> str:
    (query,) = (query for query in [*panel_queries(), *rule_queries()] if query.where == where)
    return query.of(ALL_CONTESTS).expr


def by_contest(prometheus: Prometheus, expr: str) -> dict[str, float]:
    return {sample.labels["contest"]: sample.value for sample in prometheus.query(expr)}


def test_the_policy_in_force_and_the_phase_reach_the_dashboard_and_the_alerts(
    plane: ControlPlane, prometheus: Prometheus
) -> None:
    missing = {"configMapKeyRef": {"name": "nowhere", "key": "duck.png"}}
    made = [
        contest("seen"),
        contest("seen-paused", paused=True),
        contest("seen-without-picture", targets=[{"name": "duck", "image": missing}]),
    ]
    plane.kubectl("apply", "-f", "-", stdin=yaml.safe_dump_all(made))
    try:
        in_force = 'cygnet_operator_policy_in_force{contest=~"seen.*"}'
        expected = {"seen": 1.0, "seen-paused": 1.0, "seen-without-picture": 0.0}
        wait_for(lambda: by_contest(prometheus, in_force), until=expected.__eq__)
        assert [sample.value for sample in prometheus.query(expression("Policy in force A"))] == [0]
        assert "seen-paused" in by_contest(prometheus, expression("contest:cygnet_closed"))
        assert "seen" not in by_contest(prometheus, expression("contest:cygnet_closed"))
        wait_for(prometheus.alerts, until=lambda alerts: ("CygnetPolicyNotInForce", "seen-without-picture") in alerts)
        assert not {("CygnetPolicyNotInForce", name) for name in ("seen", "seen-paused")} & prometheus.alerts()
    finally:
        plane.kubectl("delete", "contest", *(item["metadata"]["name"] for item in made))
    # What is gone is no more in force or out of it, and wakes nobody.
    wait_for(lambda: by_contest(prometheus, 'cygnet_operator_contest_phase{contest=~"seen.*"}'), until={}.__eq__)
