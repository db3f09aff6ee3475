"""The dashboards as committed: current, on one screen, with words, and without a name of anybody."""

import re
from typing import Any

import pytest

from cygnet_dashboards.__main__ import FOLDER, rendered

from .expressions import ALL_CONTESTS, ONE_CONTEST, Query, dashboards, labels_of, panel_queries, rule_queries, selectors

SCREEN = 22
"""Rows of Grafana's grid that fit on a screen of 1080 lines."""
LABELS = {"contest", "class", "outcome", "phase", "le", "model", "envoy_cluster_name", "pod", "exported_pod"}
"""All labels that an expression may name: of fixed words, or of what the cluster runs. None is of a person."""


def test_the_committed_json_is_current() -> None:
    assert {path.name: path.read_text() for path in FOLDER.iterdir()} == rendered(), "run `make dashboards`"


@pytest.fixture(params=dashboards(), ids=lambda dashboard: str(dashboard["uid"]))
def dashboard(request: pytest.FixtureRequest) -> Any:
    """Each dashboard in turn."""
    return request.param


def test_panels_fill_one_screen_and_do_not_overlap(dashboard: Any) -> None:
    taken: set[tuple[int, int]] = set()
    for panel in dashboard["panels"]:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert not cells & taken, panel["title"]
        taken |= cells
    height = 1 + max(y for _, y in taken)
    assert len(taken) == 24 * height, "there is a hole, or a panel beyond the edge"
    assert height <= SCREEN


def test_every_panel_says_what_it_shows_and_in_what_unit(dashboard: Any) -> None:
    panels = dashboard["panels"]
    assert len({panel["id"] for panel in panels}) == len({panel["title"] for panel in panels}) == len(panels)
    for panel in panels:
        assert len(panel["description"]) > 60, panel["title"]
        assert panel["fieldConfig"]["defaults"]["unit"], panel["title"]
        assert {target["datasource"]["uid"] for target in panel["targets"]} == {"$datasource"}


def test_one_may_choose_the_prometheus_and_the_contest(dashboard: Any) -> None:
    variables = {variable["name"]: variable for variable in dashboard["templating"]["list"]}
    assert list(variables) == ["datasource", "contest"]
    assert variables["contest"]["allValue"] == ALL_CONTESTS and variables["contest"]["multi"]


def test_the_alerts_that_panels_name_exist() -> None:
    named = {
        name
        for dashboard in dashboards()
        for panel in dashboard["panels"]
        for name in re.findall(r"Cygnet[A-Z]\w+", panel["description"])
    }
    assert named == {query.where for query in rule_queries() if query.where.startswith("Cygnet")}


@pytest.mark.parametrize("query", [*panel_queries(), *rule_queries()], ids=lambda query: query.where)
def test_every_expression_parses_and_names_no_person(query: Query) -> None:
    for contest in (ALL_CONTESTS, ONE_CONTEST, f"({ONE_CONTEST}|other)"):
        expr = query.of(contest).expr
        assert "$" not in expr
        assert selectors(expr)
        assert labels_of(expr) <= LABELS
