"""Where the project's PromQL is, and what is in an expression."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import promql_parser
import yaml

ROOT = Path(__file__).parents[2]
DASHBOARDS = sorted((ROOT / "helm/cygnet/files/dashboards").glob("*.json"))
RULES = ROOT / "helm/cygnet/files/rules/cygnet.yaml"
ONE_CONTEST, ALL_CONTESTS = "duck-and-swan", ".*"


@dataclass(frozen=True)
class Query:
    """One expression, and where it stands."""

    where: str
    expr: str

    def of(self, contest: str, rate_interval: str = "1m") -> "Query":
        """Returns what Grafana sends when this contest is chosen."""
        expr = self.expr.replace("$__rate_interval", rate_interval).replace("$contest", contest)
        return Query(self.where, expr)


def dashboards() -> list[Any]:
    """The committed dashboards."""
    return [json.loads(path.read_text()) for path in DASHBOARDS]


def panel_queries() -> list[Query]:
    """Every query of every panel, with Grafana's variables in it."""
    return [
        Query(f"{panel['title']} {target['refId']}", target["expr"])
        for dashboard in dashboards()
        for panel in dashboard["panels"]
        for target in panel["targets"]
    ]


def rules() -> list[dict[str, Any]]:
    """Every rule of the rules file."""
    return [rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]]


def rule_queries() -> list[Query]:
    """The expression of every rule."""
    return [Query(rule.get("alert") or rule["record"], rule["expr"]) for rule in rules()]


def selectors(expr: str) -> list[promql_parser.VectorSelector]:
    """Returns every choice of series in an expression."""
    found: list[promql_parser.VectorSelector] = []

    def visit(part: promql_parser.Expr) -> None:
        if isinstance(part, promql_parser.VectorSelector):
            found.append(part)

    promql_parser.walk(promql_parser.parse(expr), visit)
    return found


def labels_of(expr: str) -> set[str]:
    """Returns every label that an expression names: in matchers, in `by`, in `on`."""
    found: set[str] = set()

    def visit(part: promql_parser.Expr) -> None:
        if isinstance(part, promql_parser.VectorSelector):
            found.update(matcher.name for matcher in part.matchers.matchers)
        elif isinstance(part, promql_parser.AggregateExpr) and part.modifier is not None:
            found.update(part.modifier.labels)
        elif isinstance(part, promql_parser.BinaryExpr) and part.modifier and part.modifier.matching:
            found.update(part.modifier.matching.labels)

    promql_parser.walk(promql_parser.parse(expr), visit)
    return found
