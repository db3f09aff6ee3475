"""From nothing to a played game: the first five minutes with Cygnet, by the commands of docs/kubernetes.md."""

import time
from datetime import datetime

import pytest

from ..waiting import wait_for
from .kube import RELEASE, Kube
from .playing import NAME, join, play, standings

pytestmark = pytest.mark.timeout(900)

SERVICES = {"submission", "dedup", "leaderboard", "gateway"}
STARTS_WITHIN_S = 5.0
"""From a service's container being started to its readiness."""


def test_install_apply_wait_play(kube: Kube) -> None:
    started = time.monotonic()
    kube.docs("install")
    installed = time.monotonic()
    kube.docs("contest")
    ready = time.monotonic()

    address = kube.address()
    token = join(address, "Mallard")
    first = play(address, token, "a yellow duck on a blue background").result
    second = play(address, token, "a white swan with a red hat").result
    assert first.picture_sha256 != second.picture_sha256
    again = play(address, token, "  A yellow DUCK on a blue background ").result
    assert (again.picture_sha256, again.score) == (first.picture_sha256, first.score)
    assert _drawn(kube) == 2, "the repeated prompt was drawn again"
    best = [("Mallard", max(first.score, second.score))]
    wait_for(lambda: standings(address) == best, 10, "the score is on the board")
    played = time.monotonic()
    print(
        f"\nhelm install --wait {installed - started:.1f} s, contest ready {ready - installed:.1f} s, "
        f"a game {played - ready:.1f} s: {played - started:.1f} s from nothing"
    )


def test_it_says_that_it_answers(kube: Kube) -> None:
    printed = kube.docs("answers")
    assert "Succeeded" in printed
    assert printed.endswith(kube.address().rpartition(":")[2])


def test_a_limit_changes_without_a_restart(kube: Kube) -> None:
    before = {pod["metadata"]["uid"] for pod in kube.get("pods")}
    kube.docs("limits")
    assert {pod["metadata"]["uid"] for pod in kube.get("pods")} == before


def test_services_start_within_seconds(kube: Kube) -> None:
    """Nobody waits long for a pod that was taken away: measured on new pods of every service, images being there."""
    selector = f"app.kubernetes.io/component in ({','.join(SERVICES)})"
    kube.kubectl("delete", "pod", "-l", selector)
    kube.kubectl("rollout", "status", "deployment", "-l", f"app.kubernetes.io/instance={RELEASE}", timeout_s=120)
    took = {}
    for pod in kube.get("pods", "-l", selector):
        times = {c["type"]: c["lastTransitionTime"] for c in pod["status"]["conditions"] if c["status"] == "True"}
        began = min(status["state"]["running"]["startedAt"] for status in pod["status"]["containerStatuses"])
        took[pod["metadata"]["labels"]["app.kubernetes.io/component"]] = _seconds(times["Ready"]) - _seconds(began)
    print(f"\nseconds from the container's start to ready (whole seconds, all four at once): {took}")
    assert set(took) == SERVICES
    assert max(took.values()) <= STARTS_WITHIN_S, took


def _drawn(kube: Kube) -> int:
    """Returns how many pictures were drawn for players, by the worker's own count."""
    read = "import urllib.request as r; print(r.urlopen('http://127.0.0.1:9100/metrics').read().decode())"
    metrics = kube.kubectl("exec", f"deploy/{NAME}-triton", "-c", "worker", "--", "python", "-c", read)
    counter = f'cygnet_worker_drawings_total{{contest="{NAME}",outcome="completed"}} '
    return sum(int(float(line.removeprefix(counter))) for line in metrics.splitlines() if line.startswith(counter))


def _seconds(moment: str) -> float:
    return datetime.fromisoformat(moment).timestamp()
