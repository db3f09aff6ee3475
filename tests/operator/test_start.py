"""Starting before everything is there, and kinds that only some clusters know."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from ..waiting import wait_for
from .conftest import OperatorProcess, contest
from .control_plane import ControlPlane
from .other_kinds import NoDefinitions, defined


@pytest.fixture
def optional_kinds(plane: ControlPlane) -> Iterator[None]:
    """The kinds of the Prometheus operator and of KEDA, without them."""
    try:
        with defined(plane, "podmonitors", "scaledobjects"):
            yield
    except NoDefinitions as reason:
        pytest.skip(str(reason))


def test_monitors_and_keda_are_used_where_they_are_installed(
    plane: ControlPlane, operator: OperatorProcess, optional_kinds: None, contest_name: str, tmp_path: Path
) -> None:
    operator.stop()  # the next test finds it running again, without these kinds
    with_keda = OperatorProcess(plane, tmp_path / "operator.log", prometheus_url="http://prometheus:9090")
    with_keda.start()
    try:
        spec = {"gpu": {"replicas": 1}, "autoscaling": {"maxReplicas": 3}}
        plane.kubectl("apply", "-f", "-", stdin=json.dumps(contest(contest_name, **spec)))
        child = f"{contest_name}-triton"
        wait_for(lambda: plane.kubectl("get", "podmonitor", child, "--ignore-not-found"))
        wait_for(lambda: plane.kubectl("get", "scaledobject", child, "--ignore-not-found"))
        assert plane.kubectl("get", "hpa", child, "--ignore-not-found") == ""
        plane.kubectl("delete", "podmonitor", child)
        wait_for(lambda: plane.kubectl("get", "podmonitor", child, "--ignore-not-found"))
        pause = json.dumps({"spec": {"paused": True}})
        plane.kubectl("patch", "contest", contest_name, "--type=merge", "-p", pause)
        wait_for(lambda: plane.kubectl("get", "scaledobject", child, "--ignore-not-found") == "")
    finally:
        with_keda.stop()
    assert "Traceback" not in with_keda.log.read_text()


def test_a_kind_that_comes_or_goes_later_is_noticed(
    plane: ControlPlane, operator: OperatorProcess, contest_name: str, tmp_path: Path
) -> None:
    operator.stop()
    attentive = OperatorProcess(plane, tmp_path / "operator.log", resync_s="2")
    attentive.start()
    try:
        plane.kubectl("apply", "-f", "-", stdin=json.dumps(contest(contest_name, gpu={"replicas": 0})))
        wait_for(lambda: plane.get("contest", contest_name).get("status", {}).get("observedGeneration") == 1)
        with defined(plane, "podmonitors"):
            child = f"{contest_name}-triton"
            # kubectl, too, has to find out that there is such a kind.
            # Starting over takes as long as a start: seconds, or a minute where everybody computes.
            wait_for(lambda: child in plane.kubectl("get", "podmonitors", "-o", "name", check=False), within_s=120)
        wait_for(lambda: attentive.log.read_text().count("starting over") == 2, within_s=120)
        change = json.dumps({"spec": {"maxPromptChars": 99}})
        plane.kubectl("patch", "contest", contest_name, "--type=merge", "-p", change)
        wait_for(lambda: plane.get("contest", contest_name)["status"]["observedGeneration"] == 2)
    except NoDefinitions as reason:
        pytest.skip(str(reason))
    finally:
        attentive.stop()
    assert "Traceback" not in attentive.log.read_text()


def test_it_waits_for_an_api_server_that_is_not_there_yet(plane: ControlPlane, tmp_path: Path) -> None:
    plane.api_server.stop()
    early = OperatorProcess(plane, tmp_path / "operator.log")
    early.start()
    try:
        wait_for(lambda: "waiting for the API server" in early.log.read_text())
        plane.api_server.start()
        name = "early"
        plane.kubectl("apply", "-f", "-", stdin=json.dumps(contest(name, gpu={"replicas": 0})))
        wait_for(lambda: plane.get("contest", name).get("status", {}).get("observedGeneration") == 1)
        plane.kubectl("delete", "contest", name)
    finally:
        plane.api_server.ensure_running()
        early.stop()
