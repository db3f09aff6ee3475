"""The alerts: what Prometheus' own tool says of them, and that each comes with a page for whoever is woken."""

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from .expressions import ROOT, RULES, rules
from .prometheus import program

ALERTS = [rule for rule in rules() if "alert" in rule]
SECTIONS = ["What it means", "What attendees see", "Look at first", "Mend it"]
UNIT_TESTS = Path(__file__).with_name("rules_test.yaml")


def promtool(*arguments: str) -> None:
    done = subprocess.run([program("promtool"), *arguments], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_promtool_accepts_the_rules() -> None:
    promtool("check", "rules", "--lint=all", "--lint-fatal", str(RULES))


def test_every_alert_fires_when_it_should_and_only_then() -> None:
    promtool("test", "rules", str(UNIT_TESTS))


def test_every_alert_has_a_unit_test() -> None:
    tested = UNIT_TESTS.read_text()
    assert {rule["alert"] for rule in ALERTS if rule["alert"] not in tested} == set()


def test_there_are_seven_alerts() -> None:
    """More of them, and nobody looks."""
    assert {rule["alert"] for rule in ALERTS} == {
        "CygnetSubmissionsFailing",
        "CygnetSubmissionsStuck",
        "CygnetQueueTooOld",
        "CygnetQueueUnfair",
        "CygnetStoreNearlyFull",
        "CygnetTritonNotServing",
        "CygnetPolicyNotInForce",
    }


@pytest.mark.parametrize("rule", ALERTS, ids=lambda rule: f"{rule['alert']} {rule['labels'].get('window', '')}")
def test_an_alert_has_words_a_severity_and_a_runbook(rule: dict[str, Any]) -> None:
    assert rule["labels"]["severity"] in ("critical", "warning")
    assert {"summary", "description", "runbook"} == set(rule["annotations"])
    runbook = (ROOT / rule["annotations"]["runbook"]).read_text()
    assert runbook.startswith(f"# {rule['alert']}\n")
    assert re.findall(r"^## (.+)$", runbook, re.MULTILINE) == SECTIONS
    first = runbook.partition("## Look at first")[2].partition("## Mend it")[0]
    assert len(re.findall(r"^\d\. ", first, re.MULTILINE)) == 3
    assert first.count("```sh") >= 3, "each with a command"


def test_no_runbook_without_its_alert() -> None:
    named = {Path(rule["annotations"]["runbook"]).name for rule in ALERTS}
    assert {path.name for path in (ROOT / "docs/runbooks").glob("*.md")} == named
