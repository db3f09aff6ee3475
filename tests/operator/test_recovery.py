"""Whatever is killed, and whenever: the same end. And at rest there is nothing to do."""

import json
import os
import signal
import time
import urllib.request
from typing import Any

import pytest

from ..waiting import wait_for
from .conftest import OperatorProcess, contest
from .control_plane import ControlPlane
from .services import Services
from .test_lifecycle import apply, children, condition, deployment, patch, status, wait_ready

AWAY_S = float(os.environ.get("CYGNET_TEST_AWAY_S", "8"))
"""How long the API server is away; the figure in the guide was taken with 60."""
OTHER = {"generator": {"source": "hf://cygnet/other"}, "rollout": {"step": "50%", "pause": "1s"}}


def outcome(plane: ControlPlane, name: str) -> Any:
    """Returns what matters of the end state, without names, times and identifiers."""
    seen = status(plane, name)
    spec = json.loads(json.dumps(deployment(plane, name)["spec"]).replace(name, "NAME"))
    return {
        "deployment": spec,
        "conditions": [(c["type"], c["status"], c["reason"]) for c in seen["conditions"]],
        "model": seen["model"],
        "replicas": (seen["replicas"], seen["readyReplicas"]),
        "children": len(children(plane, name)),
    }


def rolled_out(plane: ControlPlane, name: str) -> bool:
    # Old pods and the ReplicaSet of the former model are still there for a moment.
    seen = status(plane, name)
    return bool(
        seen.get("model", {}).get("generator") == "hf://cygnet/other"
        and seen["observedGeneration"] == 2
        and condition(plane, name)["reason"] == "AsSpecified"
        and seen["replicas"] == 2
    )


@pytest.mark.timeout(240)
def test_a_rollout_ends_the_same_wherever_the_operator_is_killed(
    plane: ControlPlane, operator: OperatorProcess, contest_name: str
) -> None:
    calm, rough = f"{contest_name}-a", f"{contest_name}-b"
    try:
        for name in (calm, rough):
            apply(plane, name)
            wait_ready(plane, name)
        patch(plane, calm, model=OTHER)
        wait_for(lambda: rolled_out(plane, calm))
        patch(plane, rough, model=OTHER)
        for pause in (0.0, 0.1, 0.3, 1.0, 2.5):
            time.sleep(pause)  # the moment of the kill, not a wait for a fact
            operator.stop(signal.SIGKILL)
            operator.start()
        wait_for(lambda: rolled_out(plane, rough), within_s=90)
        wait_for(lambda: outcome(plane, rough), until=lambda seen: seen == outcome(plane, calm))
    finally:
        plane.kubectl("delete", "contest", calm, rough, "--ignore-not-found")


@pytest.mark.timeout(240 + 5 * max(0.0, AWAY_S - 8))
def test_the_api_server_may_be_away(
    plane: ControlPlane, operator: OperatorProcess, services: Services, contest_name: str
) -> None:
    apply(plane, contest_name)
    wait_ready(plane, contest_name)
    pid = operator.pid
    plane.api_server.stop()
    end = time.monotonic() + AWAY_S
    while time.monotonic() < end:
        assert len(services.documents(contest_name)) == 4, "the services lost the document"
        time.sleep(0.5)
    plane.api_server.start()
    began = time.monotonic()
    patch(plane, contest_name, maxPromptChars=99, gpu={"replicas": 3})
    wait_for(
        lambda: {d.contest.max_prompt_chars for d in services.documents(contest_name)}, until=lambda seen: seen == {99}
    )
    published = time.monotonic() - began
    wait_for(lambda: deployment(plane, contest_name)["spec"]["replicas"], until=lambda count: count == 3)
    written = time.monotonic() - began
    # Kubernetes' own controllers and scheduler ask again ever more seldom while the API server is away, up to a minute.
    wait_for(
        lambda: status(plane, contest_name),
        until=lambda s: s["readyReplicas"] == 3 and s["observedGeneration"] == 2,
        within_s=60 + 3 * max(0.0, AWAY_S - 8),
    )
    scaled = time.monotonic() - began
    print(
        f"away {AWAY_S:.0f} s; then a patch was with the services in {published:.1f} s, "
        f"with the Deployment in {written:.1f} s, replicas ready in {scaled:.1f} s"
    )
    assert operator.pid == pid
    plane.kubectl("delete", "pdb", f"{contest_name}-triton")
    wait_for(lambda: len(children(plane, contest_name)), until=lambda count: count == 8)


def test_the_liveness_probe_says_that_work_gets_done(
    plane: ControlPlane, operator: OperatorProcess, contest_name: str
) -> None:
    apply(plane, contest_name)

    def probe() -> Any:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{operator.health_port}/healthz", timeout=5) as answer:
                return json.load(answer)
        except OSError:
            return None

    # kopf gives the same answer for ten seconds.
    seen = wait_for(probe, until=lambda said: said is not None and "last_reconcile_age_seconds" in said, within_s=30)
    assert seen["stuck_seconds"] < 5
    assert 0 <= seen["last_reconcile_age_seconds"] < 30
    assert wait_for(lambda: operator.metric("cygnet_operator_last_reconcile_timestamp_seconds")) <= time.time()
    assert operator.metric("cygnet_operator_contests") == len(plane.get("contests")["items"])


def test_at_rest_the_api_server_hears_nothing(
    plane: ControlPlane, operator: OperatorProcess, contest_name: str
) -> None:
    names = [f"{contest_name}-{i}" for i in range(5)]
    for name in names:
        plane.kubectl("apply", "-f", "-", stdin=json.dumps(contest(name, gpu={"replicas": 0})))
    for name in names:
        wait_ready(plane, name)
    quiet = wait_for(lambda: requests_of_the_operator(plane, over_s=5), until=lambda seen: seen == [], within_s=60)
    assert quiet == []
    plane.kubectl("delete", "contest", *names)


def requests_of_the_operator(plane: ControlPlane, *, over_s: float) -> list[str]:
    """Returns the operator's requests of the next seconds, other than open watches."""
    log = plane.api_server.audit_log
    before = log.stat().st_size
    time.sleep(over_s)  # the span that is measured
    with log.open(encoding="utf-8") as lines:
        lines.seek(before)
        events = [json.loads(line) for line in lines]
    return [f"{event['verb']} {event['requestURI']}" for event in events if event["verb"] != "watch"]


def test_a_restart_writes_nothing(plane: ControlPlane, operator: OperatorProcess, contest_name: str) -> None:
    apply(plane, contest_name)
    wait_ready(plane, contest_name)
    wait_for(lambda: requests_of_the_operator(plane, over_s=3), until=lambda seen: seen == [])
    operator.stop()
    before = plane.api_server.audit_log.stat().st_size
    operator.start()
    wait_for(lambda: operator.metric('cygnet_operator_reconciles_total{outcome="settled"}') >= 1)
    wait_for(lambda: requests_of_the_operator(plane, over_s=3), until=lambda seen: seen == [])
    with plane.api_server.audit_log.open(encoding="utf-8") as log:
        log.seek(before)
        events = [json.loads(line) for line in log]
    assert [event["requestURI"] for event in events if event["verb"] not in ("list", "watch", "get")] == []
