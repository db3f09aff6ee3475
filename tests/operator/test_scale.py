"""Five hundred contests: how long everything takes, what is asked of the API server at rest, how much memory it takes.

Not part of `make test`: `pytest -m scale tests/operator/test_scale.py -s`.
"""

import json
import os
import subprocess
import time
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from cygnet_operator.pictures import KEPT_S

from ..waiting import wait_for
from .conftest import PUBLIC_URL, OperatorProcess, contest
from .control_plane import NAMESPACE, ControlPlane
from .test_recovery import requests_of_the_operator

pytestmark = [pytest.mark.scale, pytest.mark.timeout(3000)]
COUNT = int(os.environ.get("CYGNET_TEST_CONTESTS", "500"))
RESYNC_S = float(os.environ.get("CYGNET_TEST_RESYNC_S", KEPT_S + 30))
"""By default long enough that the resync has to read every target's picture again, as it has every ten minutes."""
CONTESTS = f"/apis/cygnet.dev/v1alpha1/namespaces/{NAMESPACE}/contests"
LIMIT_S = 60.0
"""A start and a resync take no longer."""


def test_five_hundred_contests(plane: ControlPlane, operator: OperatorProcess, tmp_path: Path) -> None:
    try:
        from_nothing(plane)
        print(f"memory of the operator {memory_mib(operator):.0f} MiB")
        wait_for(lambda: requests_of_the_operator(plane, over_s=5), until=lambda seen: seen == [], within_s=120)
        seen = requests_of_the_operator(plane, over_s=30)
        print(f"requests to the API server at rest, in 30 s: {len(seen)} {sorted(set(seen))}")
        assert len(seen) <= 5
        operator.stop()
        second = OperatorProcess(plane, tmp_path / "operator.log", public_url=PUBLIC_URL, resync_s=str(RESYNC_S))
        try:
            a_start(plane, second)
            a_resync(plane, second)
        finally:
            second.stop()
        assert "Traceback" not in second.log.read_text()
    finally:
        plane.kubectl("delete", "contests", "-l", "test=scale", "--wait=false")


def from_nothing(plane: ControlPlane) -> None:
    future = [{"opens": "2099-10-26T09:00:00+09:00", "closes": "2099-10-26T18:00:00+09:00"}]
    began = time.monotonic()
    for i in range(COUNT):
        item = contest(f"scale-{i}", schedule={"windows": future})
        item["metadata"]["labels"] = {"test": "scale"}
        plane.api("POST", CONTESTS, item)
    created = time.monotonic() - began
    wait_for(lambda: ready(plane), until=lambda count: count == COUNT, within_s=900)
    print(f"\n{COUNT} contests: created in {created:.0f} s, all ready after {time.monotonic() - began:.0f} s")


def a_start(plane: ControlPlane, operator: OperatorProcess) -> None:
    before = len(audited(plane))
    began = time.monotonic()
    operator.start()
    wait_for(lambda: reconciled(operator), until=lambda count: count >= COUNT, within_s=300)
    took = time.monotonic() - began
    wait_for(lambda: requests_of_the_operator(plane, over_s=3), until=lambda seen: seen == [], within_s=120)
    events = audited(plane)[before:]
    print(f"start with {COUNT} contests, every one looked at: {took:.1f} s, {described(events)}")
    print(f"memory of the operator {memory_mib(operator):.0f} MiB")
    assert writes(events) == []
    assert took < LIMIT_S


def a_resync(plane: ControlPlane, operator: OperatorProcess) -> None:
    """From the first list to the last reconciliation; the operator does it by itself, at its time."""
    before, looked = len(audited(plane)), reconciled(operator)
    last = operator.metric("cygnet_operator_last_resync_timestamp_seconds")
    wait_for(
        lambda: operator.metric("cygnet_operator_last_resync_timestamp_seconds"),
        until=lambda now: now > last,
        within_s=RESYNC_S + 60,
    )
    wait_for(lambda: reconciled(operator) - looked, until=lambda count: count >= COUNT, within_s=300)
    wait_for(lambda: operator.metric("cygnet_operator_queue_length"), until=lambda length: length == 0)
    ended = operator.metric("cygnet_operator_last_reconcile_timestamp_seconds")
    events = audited(plane)[before:]
    began = min(received(event) for event in events if event["verb"] == "list")
    print(f"full resync of {COUNT} contests: {ended - began:.1f} s, {described(events)}")
    print(f"memory of the operator {memory_mib(operator):.0f} MiB")
    assert writes(events) == []
    assert ended - began < LIMIT_S


def ready(plane: ControlPlane) -> int:
    path = '{range .items[*]}{.status.conditions[?(@.type=="Ready")].status}{"\\n"}{end}'
    return plane.kubectl("get", "contests", "-o", f"jsonpath={path}").split().count("True")


def memory_mib(operator: OperatorProcess) -> float:
    return int(subprocess.check_output(["ps", "-o", "rss=", "-p", str(operator.pid)])) / 1024


def reconciled(operator: OperatorProcess) -> float:
    return operator.metric('cygnet_operator_reconciles_total{outcome="settled"}')


def audited(plane: ControlPlane) -> list[Any]:
    """Returns every request of the operator so far."""
    return [json.loads(line) for line in plane.api_server.audit_log.read_text(encoding="utf-8").splitlines()]


def received(event: Any) -> float:
    return datetime.fromisoformat(event["requestReceivedTimestamp"]).timestamp()


def writes(events: list[Any]) -> list[str]:
    return [event["requestURI"] for event in events if event["verb"] not in ("list", "watch", "get")]


def described(events: list[Any]) -> str:
    verbs = Counter(event["verb"] for event in events)
    return f"{verbs['list']} lists, {verbs['get']} reads, {len(writes(events))} writes"
