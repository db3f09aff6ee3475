"""What is said about a contest, by the rules for conditions; nothing here touches a cluster."""

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from cygnet.internal.v1 import document_pb2
from cygnet_operator.model import Contest, InvalidContest, Policy, Statistics, parse
from cygnet_operator.rollout import Serving
from cygnet_operator.schedule import schedule_at
from cygnet_operator.status import REASONS, Findings, Problem, events_between, failed_status, status_of

from .builders import BORN, at, body, contest, model, observed

NOW = at("26 10:00")
ALL = Policy(generation=3, acknowledged=4, total=4)
SERVING = Serving(model())


def deployment(**counts: Any) -> dict[str, Any]:
    metadata = {"name": "pycon-triton", "generation": 2}
    counts = {"observedGeneration": 2, **counts}
    return {"kind": "Deployment", "metadata": metadata, "spec": {"replicas": 2}, "status": counts}


GOOD = deployment(replicas=2, readyReplicas=2, updatedReplicas=2)
STUCK = {"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded"}


def said(subject: Contest | None = None, workload: Any = GOOD, now: Any = NOW, **found: Any) -> dict[str, Any]:
    subject = subject or contest()
    there = observed(workload) if workload else observed()
    findings = Findings(observed=there, **{"replicas": 2, "policy": ALL, "serving": SERVING, **found})
    return status_of(subject, schedule_at(subject.spec, BORN, now), findings, now)


def verdicts(status: dict[str, Any]) -> dict[str, tuple[str, str]]:
    return {c["type"]: (c["status"], c["reason"]) for c in status["conditions"]}


def test_all_is_well() -> None:
    status = said()
    assert verdicts(status) == {
        "Ready": ("True", "AsSpecified"),
        "ModelsReady": ("True", "Serving"),
        "PolicyInForce": ("True", "Acknowledged"),
    }
    assert status["phase"] == "Running"
    assert status["observedGeneration"] == 3
    assert status["policyInForce"] == {"generation": 3, "replicas": "4/4"}
    assert (status["replicas"], status["readyReplicas"]) == (2, 2)


@pytest.mark.parametrize(
    ("workload", "found", "models"),
    [
        (None, {}, ("False", "Starting")),
        (deployment(replicas=2, readyReplicas=1, updatedReplicas=2), {}, ("False", "Starting")),
        (deployment(replicas=3, readyReplicas=2, updatedReplicas=1), {}, ("True", "RollingOut")),
        ({**GOOD, "metadata": {"name": "pycon-triton", "generation": 3}}, {}, ("True", "RollingOut")),
        (deployment(replicas=3, readyReplicas=2, updatedReplicas=1, conditions=[STUCK]), {}, ("False", "RolloutStuck")),
        (deployment(), {"replicas": 0}, ("True", "NotNeeded")),
        (GOOD, {"replicas": None}, ("True", "Serving")),
    ],
)
def test_models(workload: Any, found: dict[str, Any], models: tuple[str, str]) -> None:
    status = said(workload=workload, **found)
    assert verdicts(status)["ModelsReady"] == models
    assert verdicts(status)["Ready"][0] == models[0]


@pytest.mark.parametrize(
    ("policy", "verdict"),
    [
        (None, ("Unknown", "NotPublished")),
        (Policy(3, 0, 0), ("False", "NoServices")),
        (Policy(3, 3, 4), ("False", "Waiting")),
        (Policy(3, 0, 4, problem="submission: the token does not hold"), ("False", "NotPublished")),
    ],
)
def test_policy(policy: Policy | None, verdict: tuple[str, str]) -> None:
    status = said(policy=policy)
    assert verdicts(status)["PolicyInForce"] == verdict
    assert verdicts(status)["Ready"] == (verdict[0], verdict[1])


def test_who_has_not_acknowledged_is_named() -> None:
    status = said(policy=Policy(3, 2, 4, missing=("submission-7", "leaderboard-0")))
    (message,) = (c["message"] for c in status["conditions"] if c["type"] == "PolicyInForce")
    assert message.endswith("; still without it: submission-7, leaderboard-0")


def test_what_was_in_force_stays_so_until_the_next_is() -> None:
    before = said()
    status = said(contest(status=before), policy=Policy(generation=4, acknowledged=3, total=4))
    assert status["policyInForce"] == {"generation": 3, "replicas": "3/4"}


def test_a_problem_is_what_ready_says() -> None:
    status = said(problem=Problem("ApplyFailed", "quota exceeded"))
    assert verdicts(status)["Ready"] == ("False", "ApplyFailed")
    assert "quota exceeded" in status["conditions"][0]["message"]


def test_what_keeps_pods_is_said() -> None:
    status = said(workload=deployment(), pods="Unschedulable: 0/2 nodes have nvidia.com/gpu")
    assert "0/2 nodes have nvidia.com/gpu" in status["conditions"][0]["message"]


def test_saying_the_same_again_changes_nothing() -> None:
    first = said()
    again = said(contest(status=first), now=NOW + timedelta(hours=1))
    assert again == first


def test_the_transition_time_moves_with_the_status_alone() -> None:
    first = said()
    later = NOW + timedelta(minutes=5)
    rolling = said(contest(status=first), deployment(replicas=3, readyReplicas=2, updatedReplicas=1), now=later)
    stuck = said(contest(status=rolling), deployment(readyReplicas=0), now=later)
    times = [{c["type"]: c["lastTransitionTime"] for c in s["conditions"]} for s in (first, rolling, stuck)]
    assert times[0]["ModelsReady"] == times[1]["ModelsReady"] == "2026-10-26T01:00:00Z"
    assert times[2]["ModelsReady"] == "2026-10-26T01:05:00Z"
    assert times[2]["PolicyInForce"] == times[0]["PolicyInForce"]


def test_once_opened_is_opened_for_good() -> None:
    opened = said()["openedAt"]
    moved = {"windows": [{"opens": "2027-01-01T00:00:00Z", "closes": "2027-01-02T00:00:00Z"}]}
    assert said(contest(status={"openedAt": opened}, schedule=moved))["openedAt"] == opened


def test_counts_are_shown_and_stay_while_nobody_says() -> None:
    statistics = Statistics(participants=7, submissions=40, queue_wait_s=2.4, top_nickname="ann", top_score="87.31")
    status = said(statistics=statistics)
    assert (status["participants"], status["submissions"], status["queueWait"]) == (7, 40, "2s")
    assert status["top"]["summary"] == "87.31 ann"
    again = said(contest(status=status))
    assert again["participants"] == 7 and again["top"] == status["top"]


def test_a_contest_that_cannot_be_read_keeps_what_was_known() -> None:
    before = said()
    status = failed_status(before, 4, Problem("SchemaMismatch", "spec.x"), NOW)
    assert verdicts(status)["Ready"] == ("False", "SchemaMismatch")
    assert status["policyInForce"] == before["policyInForce"]
    assert {c["type"] for c in status["conditions"]} == {"Ready", "ModelsReady", "PolicyInForce"}


def test_events_tell_of_what_changed_and_of_nothing_else() -> None:
    first = said()
    assert [event.reason for event in events_between({}, first)] == ["Running"]
    assert events_between(first, said(contest(status=first))) == []
    stuck = said(contest(status=first), deployment(readyReplicas=2, conditions=[STUCK]))
    (event,) = events_between(first, stuck)
    assert (event.reason, event.warning) == ("RolloutStuck", True)
    paused = said(contest(status=first, paused=True), replicas=0)
    assert [(e.reason, e.warning) for e in events_between(first, paused)] == [("Paused", False), ("NotNeeded", False)]


def test_every_reason_is_listed_and_every_field_is_in_the_schema() -> None:
    source = Path(__file__).parents[2] / "operator" / "cygnet_operator"
    given = re.findall(r'(?:_Verdict\("\w+", |Problem\()"(\w+)"', "".join(p.read_text() for p in source.glob("*.py")))
    assert set(given) <= set(REASONS)
    assert set(given) >= set(REASONS), "a reason is listed that nobody gives"
    crd = yaml.safe_load((source.parents[1] / "helm" / "cygnet" / "files" / "contest-crd.yaml").read_text())
    schema = crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["status"]["properties"]
    statistics = Statistics(participants=7, submissions=40, queue_wait_s=2.4, top_nickname="ann", top_score="87.31")
    assert set(said(statistics=statistics, url="https://x")) <= set(schema)


def test_a_resource_of_another_schema_is_refused_with_the_field() -> None:
    with pytest.raises(InvalidContest, match=r"spec\.surprise"):
        parse(body(surprise=1))


def condition_of(status: dict[str, Any], kind: str) -> dict[str, Any]:
    return {str(condition["type"]): dict(condition) for condition in status["conditions"]}[kind]


def with_status(status: dict[str, Any]) -> Contest:
    return replace(contest(), status=status)


def test_a_gameable_target_is_a_condition_and_a_warning_and_ready_does_not_wait_for_it() -> None:
    report = document_pb2.TargetReport(picture_sha256="0" * 64)
    fair = said(statistics=Statistics(targets={"duck": report}))
    report.likenesses.add(what="white paper", score=71)
    gameable = said(with_status(fair), statistics=Statistics(targets={"duck": report}))
    condition = condition_of(gameable, "TargetsFair")
    assert (condition["status"], condition["reason"]) == ("False", "Gameable")
    assert "white paper 71" in condition["message"]
    assert condition_of(gameable, "Ready") == condition_of(fair, "Ready")
    assert [(event.reason, event.warning) for event in events_between(fair, gameable)] == [("Gameable", True)]
    assert verdicts(fair)["TargetsFair"] == ("True", "Examined")
    # Nobody could say: it stays; nobody has looked: nothing is said.
    assert condition_of(said(with_status(gameable), statistics=Statistics()), "TargetsFair") == condition
    assert "TargetsFair" not in verdicts(said(statistics=Statistics(targets={})))
