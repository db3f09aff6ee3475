"""Five hundred contests: how long everything takes, what is asked of the API server at rest, how much memory it takes.

Not part of `make test`: `pytest -m scale tests/operator/test_scale.py -s`.
"""

import json
import os
import subprocess
import time
from pathlib import Path

import pytest

from .conftest import OperatorProcess, contest, eventually
from .control_plane import ControlPlane
from .test_recovery import requests_of_the_operator

pytestmark = [pytest.mark.control_plane, pytest.mark.scale, pytest.mark.timeout(1500)]
COUNT = int(os.environ.get("CYGNET_TEST_CONTESTS", "500"))


def test_five_hundred_contests(plane: ControlPlane, operator: OperatorProcess) -> None:
    names = [f"scale-{i}" for i in range(COUNT)]
    future = [{"opens": "2099-10-26T09:00:00+09:00", "closes": "2099-10-26T18:00:00+09:00"}]
    items = [contest(name, schedule={"windows": future}) for name in names]
    try:
        began = time.monotonic()
        plane.kubectl("create", "-f", "-", stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": items}))
        created = time.monotonic() - began
        eventually(lambda: ready(plane), lambda count: count == COUNT, timeout_s=900)
        print(f"\n{COUNT} contests: created in {created:.0f} s, all ready after {time.monotonic() - began:.0f} s")
        print(f"memory of the operator {memory_mib(operator.pid):.0f} MiB")
        eventually(lambda: requests_of_the_operator(plane, over_s=5), lambda seen: seen == [], timeout_s=120)
        seen = requests_of_the_operator(plane, over_s=30)
        print(f"requests to the API server at rest, in 30 s: {len(seen)} {sorted(set(seen))}")
        assert len(seen) <= 5
        operator.stop()
        began = time.monotonic()
        before = log_lines(plane)
        operator.start()
        eventually(lambda: reconciled(operator), lambda count: count >= COUNT, timeout_s=300)
        print(f"start with {COUNT} contests, every one looked at: {time.monotonic() - began:.1f} s")
        eventually(lambda: requests_of_the_operator(plane, over_s=3), lambda seen: seen == [], timeout_s=120)
        writes = [line for line in log_lines(plane)[len(before) :] if json.loads(line)["verb"] in ("patch", "create")]
        print(f"writes after the start: {len(writes)}; memory {memory_mib(operator.pid):.0f} MiB")
        assert writes == []
    finally:
        plane.kubectl("delete", "contests", *names, "--ignore-not-found", "--wait=false")


def ready(plane: ControlPlane) -> int:
    path = '{range .items[*]}{.status.conditions[?(@.type=="Ready")].status}{"\\n"}{end}'
    return plane.kubectl("get", "contests", "-o", f"jsonpath={path}").split().count("True")


def memory_mib(pid: int) -> float:
    return int(subprocess.check_output(["ps", "-o", "rss=", "-p", str(pid)])) / 1024


def reconciled(operator: OperatorProcess) -> float:
    return operator.metric('cygnet_operator_reconciles_total{outcome="settled"}')


def log_lines(plane: ControlPlane) -> list[str]:
    return Path(plane.api_server.audit_log).read_text(encoding="utf-8").splitlines()
