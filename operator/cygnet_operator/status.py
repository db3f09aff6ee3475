"""What the operator says about a contest. Pure.

By KServe's rules: conditions over phases, positive polarity, `reason` is part of the contract, observedGeneration
inside, lastTransitionTime moves only when the status of the condition does.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from cygnet.contest.status import Phase
from cygnet.contest.target_report import concerns
from cygnet_operator.model import DEPLOYMENT, Contest, Object, Observed, Policy, Statistics
from cygnet_operator.plan import workload_name
from cygnet_operator.pods import selector
from cygnet_operator.rollout import Serving, model_status
from cygnet_operator.schedule import ScheduleState

READY, MODELS_READY, POLICY_IN_FORCE, TARGETS_FAIR = "Ready", "ModelsReady", "PolicyInForce", "TargetsFair"

REASONS = {
    "AsSpecified": "everything is as the spec asks",
    "NotNeeded": "no replicas are wanted now",
    "Serving": "all replicas serve",
    "RollingOut": "all replicas serve, some still with the former model or settings",
    "Starting": "replicas are wanted that do not serve yet",
    "RolloutStuck": "new replicas do not come to serve; the former ones go on",
    "Acknowledged": "every replica of the services has this generation in force",
    "Waiting": "some replica of the services has not acknowledged this generation",
    "NoServices": "no replica of the services was found",
    "NotPublished": "the services did not take the document",
    "Examined": "a quick look at all targets found nothing",
    "Gameable": "pictures that draw nothing score like a drawing, or a target could not be examined",
    "PictureMissing": "a target's picture cannot be had",
    "SchemaMismatch": "the installed schema and the operator do not belong together",
    "ApplyFailed": "the API server did not take an object",
    "InternalError": "the operator has a fault; its log says more",
}
"""Every reason that a condition may have: part of the contract."""


@dataclass(frozen=True)
class Problem:
    """Why the contest could not be made as it should be."""

    reason: str
    message: str


@dataclass(frozen=True)
class Event:
    """Something that a person would want to read in `kubectl describe`."""

    reason: str
    message: str
    warning: bool = False


@dataclass(frozen=True)
class Findings:
    """Everything that a status is made of."""

    observed: Observed
    replicas: int | None
    """Wanted; None while an autoscaler decides."""
    policy: Policy | None
    """None: it could not be tried."""
    serving: Serving
    """What jobs ask for."""
    statistics: Statistics = Statistics()
    problem: Problem | None = None
    pods: str = ""
    """Why pods do not serve, in Kubernetes' words."""
    url: str = ""
    """Where people play; empty: unknown."""


def status_of(contest: Contest, state: ScheduleState, findings: Findings, now: datetime) -> dict[str, Any]:
    """Returns the status to be written; equal to the present one when there is nothing new to say."""
    before = contest.status
    deployment = findings.observed.child(DEPLOYMENT, workload_name(contest)) or {}
    counts = deployment.get("status", {})
    models = _models_ready(deployment, findings)
    policy = _policy_in_force(contest, findings)
    summary = _ready(findings.problem, (models, policy))
    status: dict[str, Any] = {
        "observedGeneration": contest.generation,
        "phase": str(state.phase),
        "replicas": counts.get("replicas", 0),
        "readyReplicas": counts.get("readyReplicas", 0),
        "selector": ",".join(f"{name}={value}" for name, value in sorted(selector(contest).items())),
        "model": model_status(findings.serving.model),
        "policyInForce": _published(before, findings.policy),
        "conditions": [
            _condition(before, kind, verdict, contest.generation, now)
            for kind, verdict in (
                (READY, summary),
                (MODELS_READY, models),
                (POLICY_IN_FORCE, policy),
                # Ready does not wait for it: a gameable target is played all the same.
                (TARGETS_FAIR, _targets_fair(contest, findings.statistics)),
            )
            if verdict is not None
        ],
        **_statistics(before, findings.statistics),
    }
    # Once opened, opened for good: targets stay fixed even if the windows are moved.
    opened = before.get("openedAt") or (state.opened and _timestamp(state.opened))
    optional = {
        "url": findings.url,
        "openedAt": opened,
        "nextChange": state.next_change and _timestamp(state.next_change),
    }
    return {**status, **{name: value for name, value in optional.items() if value}}


def failed_status(before: Object, generation: int, problem: Problem, now: datetime) -> dict[str, Any]:
    """Returns the present status with Ready=False, for a contest that could not even be read."""
    verdict = _Verdict("False", problem.reason, problem.message)
    others = [condition for condition in before.get("conditions", ()) if condition["type"] != READY]
    condition = _condition(before, READY, verdict, generation, now)
    return {**before, "conditions": [condition, *others]}


def events_between(before: Object, after: Object) -> list[Event]:
    """Returns what is worth an Event between two statuses."""
    events = []
    if after.get("phase") != before.get("phase") and "phase" in after:
        events.append(Event(after["phase"], _PHASE_WORDS[Phase(after["phase"])]))
    for condition in after.get("conditions", ()):
        former = _former(before, condition["type"])
        changed = former is None or (former["status"], former["reason"]) != (condition["status"], condition["reason"])
        bad = condition["status"] == "False" and condition["reason"] not in ("Starting", "Waiting")
        if changed and condition["type"] != READY and (former is not None or bad):
            events.append(Event(condition["reason"], condition["message"], warning=bad))
        elif changed and condition["type"] == READY and bad and condition["reason"] in _READY_ONLY:
            events.append(Event(condition["reason"], condition["message"], warning=True))
    return events


_READY_ONLY = ("SchemaMismatch", "ApplyFailed", "InternalError", "PictureMissing")
"""Reasons that no other condition than Ready has."""
_PHASE_WORDS = {
    Phase.SCHEDULED: "closed until the next window; no replicas",
    Phase.PREWARMING: "a window opens soon; replicas start",
    Phase.RUNNING: "open",
    Phase.PAUSED: "paused; no replicas, what waits keeps its place",
    Phase.FROZEN: "open, with a still ranking",
    Phase.FINISHED: "the last window has closed; no replicas",
}


@dataclass(frozen=True)
class _Verdict:
    status: str
    reason: str
    message: str


def _models_ready(deployment: Object, findings: Findings) -> _Verdict:
    if findings.replicas == 0:
        return _Verdict("True", "NotNeeded", "no replicas are wanted now")
    counts = deployment.get("status", {})
    wanted = findings.replicas if findings.replicas is not None else deployment.get("spec", {}).get("replicas", 1)
    ready, updated = counts.get("readyReplicas", 0), counts.get("updatedReplicas", 0)
    current = counts.get("observedGeneration", 0) >= deployment.get("metadata", {}).get("generation", 1)
    why = f": {findings.pods}" if findings.pods else ""
    stuck = next((c for c in counts.get("conditions", ()) if c.get("reason") == "ProgressDeadlineExceeded"), None)
    if stuck is not None and current:
        goes_on = "; the former replicas go on drawing" if ready else ""
        return _Verdict("False", "RolloutStuck", f"new replicas did not come to serve in time{goes_on}{why}")
    if ready < wanted or not deployment:
        return _Verdict("False", "Starting", f"{ready} of {wanted} replicas serve{why}")
    if updated < wanted or counts.get("replicas", 0) > updated or not current:
        words = f"{updated} replicas have the present model and settings"
        serving = findings.serving
        share = f"; {serving.next_share / 10:g} % of new jobs ask for that model" if serving.next_model else ""
        return _Verdict("True", "RollingOut", f"{words}{share}{why}")
    return _Verdict("True", "Serving", f"{ready} of {wanted} replicas serve")


def _policy_in_force(contest: Contest, findings: Findings) -> _Verdict:
    policy = findings.policy
    if policy is None:
        former = _former(contest.status, POLICY_IN_FORCE)
        if former is not None and former.get("observedGeneration") == contest.generation:
            return _Verdict(former["status"], former["reason"], former["message"])
        return _Verdict("Unknown", "NotPublished", "this generation has not been published yet")
    if policy.problem:
        return _Verdict("False", "NotPublished", policy.problem)
    if policy.total == 0:
        return _Verdict("False", "NoServices", "no replica of the services was found to take the contest document")
    words = f"{policy.acknowledged} of {policy.total} replicas of the services have generation {policy.generation}"
    if policy.in_force:
        return _Verdict("True", "Acknowledged", words)
    return _Verdict("False", "Waiting", f"{words}; still without it: {', '.join(policy.missing)}")


def _targets_fair(contest: Contest, statistics: Statistics) -> _Verdict | None:
    """None until a worker has looked at every target, or found something."""
    reports = statistics.targets
    if found := concerns(reports or {}):
        return _Verdict("False", "Gameable", "; ".join(found))
    if reports and all(target.name in reports for target in contest.spec.targets):
        return _Verdict("True", "Examined", "a quick look at all targets found nothing")
    former = _former(contest.status, TARGETS_FAIR)
    # Nobody could say just now: it stays as it was.
    return _Verdict(former["status"], former["reason"], former["message"]) if former else None


def _ready(problem: Problem | None, parts: Sequence[_Verdict]) -> _Verdict:
    if problem is not None:
        return _Verdict("False", problem.reason, problem.message)
    for part in parts:
        if part.status != "True":
            return part
    return _Verdict("True", "AsSpecified", "everything is as the spec asks")


def _published(before: Object, policy: Policy | None) -> dict[str, Any]:
    published = dict(before.get("policyInForce") or {})
    if policy is None:
        return published
    published["replicas"] = f"{policy.acknowledged}/{policy.total}"
    if policy.in_force:
        published["generation"] = policy.generation
    return published


def _statistics(before: Object, statistics: Statistics) -> dict[str, Any]:
    top = None
    if statistics.top_nickname is not None:
        summary = f"{statistics.top_score} {statistics.top_nickname}"
        top = {"nickname": statistics.top_nickname, "score": statistics.top_score, "summary": summary}
    wait = None if statistics.queue_wait_s is None else f"{statistics.queue_wait_s:.0f}s"
    fresh = {
        "participants": statistics.participants,
        "submissions": statistics.submissions,
        "queueWait": wait,
        "top": top,
    }
    # What nobody could say just now stays as it was.
    merged = {name: before.get(name) if value is None else value for name, value in fresh.items()}
    return {name: value for name, value in merged.items() if value is not None}


def _condition(before: Object, kind: str, verdict: _Verdict, generation: int, now: datetime) -> dict[str, Any]:
    former = _former(before, kind)
    moved = former is None or former["status"] != verdict.status
    return {
        "type": kind,
        "status": verdict.status,
        "reason": verdict.reason,
        "message": verdict.message[:4096],
        "observedGeneration": generation,
        "lastTransitionTime": _timestamp(now) if moved or former is None else former["lastTransitionTime"],
    }


def _former(status: Object, kind: str) -> Object | None:
    return next((condition for condition in status.get("conditions", ()) if condition["type"] == kind), None)


def _timestamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
