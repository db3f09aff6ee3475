"""What cannot be done is said on the contest, with a reason; once it can be done, it is, without being asked again."""

import json
from pathlib import Path

import pytest

from ..waiting import wait_for
from .conftest import OperatorProcess
from .control_plane import NAMESPACE, ControlPlane
from .services import png
from .test_lifecycle import apply, condition, status, wait_ready

pytestmark = pytest.mark.timeout(240)
QUOTA = {
    "apiVersion": "v1",
    "kind": "ResourceQuota",
    "metadata": {"name": "none-more", "namespace": NAMESPACE},
    "spec": {"hard": {"count/poddisruptionbudgets.policy": "0"}},
}


def test_what_the_api_server_refuses_is_said_and_tried_again(
    plane: ControlPlane, operator: OperatorProcess, contest_name: str
) -> None:
    plane.kubectl("apply", "-f", "-", stdin=json.dumps(QUOTA))
    try:
        # Only a quota that has been counted is enforced.
        wait_for(lambda: plane.get("resourcequota", "none-more").get("status", {}).get("used"))
        apply(plane, contest_name, gpu={"replicas": 0})
        seen = wait_for(lambda: condition(plane, contest_name), until=lambda c: c.get("reason") == "ApplyFailed")
        assert seen["status"] == "False" and "exceeded quota: none-more" in seen["message"]
        assert status(plane, contest_name)["policyInForce"]["generation"] == 1, "one trouble stops everything"
        assert "ApplyFailed" in plane.kubectl("describe", "contest", contest_name).partition("Events:")[2]
    finally:
        plane.kubectl("delete", "resourcequota", "none-more")
    wait_ready(plane, contest_name)


def test_a_picture_may_come_after_the_contest(
    plane: ControlPlane, operator: OperatorProcess, contest_name: str, tmp_path: Path
) -> None:
    reference = {"configMapKeyRef": {"name": contest_name, "key": "duck.png"}}
    apply(plane, contest_name, gpu={"replicas": 0}, targets=[{"name": "duck", "image": reference}])
    seen = wait_for(lambda: condition(plane, contest_name), until=lambda c: c.get("reason") == "PictureMissing")
    assert f"kubectl create configmap {contest_name}" in seen["message"]
    (tmp_path / "duck.png").write_bytes(png())
    plane.kubectl("create", "configmap", contest_name, f"--from-file={tmp_path / 'duck.png'}")
    try:
        wait_ready(plane, contest_name)
    finally:
        plane.kubectl("delete", "configmap", contest_name)
