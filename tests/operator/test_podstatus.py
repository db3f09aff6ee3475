"""What keeps pods from serving, in Kubernetes' words."""

from typing import Any

import pytest

from cygnet_operator.podstatus import blocking_reason


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ({}, ""),
        ({"conditions": [{"type": "PodScheduled", "status": "True"}]}, ""),
        (
            {
                "conditions": [
                    {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "no GPU"}
                ]
            },
            "Unschedulable: no GPU",
        ),
        ({"containerStatuses": [{"name": "w", "state": {"waiting": {"reason": "PodInitializing"}}}]}, ""),
        (
            {
                "initContainerStatuses": [
                    {"name": "triton", "state": {"waiting": {"reason": "ErrImagePull", "message": "x"}}}
                ]
            },
            "triton: ErrImagePull: x",
        ),
        (
            {
                "initContainerStatuses": [
                    {"name": "triton", "lastState": {"terminated": {"exitCode": 137, "reason": "OOMKilled"}}}
                ]
            },
            "triton ended with status 137 (OOMKilled)",
        ),
        (
            {"phase": "Running", "containerStatuses": [{"name": "worker", "ready": False, "state": {"running": {}}}]},
            "worker runs and is not ready: kubectl logs duck-x -c worker",
        ),
        ({"phase": "Running", "containerStatuses": [{"name": "worker", "ready": True}]}, ""),
        ({"phase": "Pending", "containerStatuses": [{"name": "worker", "ready": False}]}, ""),
    ],
)
def test_what_keeps_a_pod_is_said_in_kubernetes_words(status: Any, words: str) -> None:
    assert blocking_reason([{"metadata": {"name": "duck-x"}, "status": status}]) == words


def test_a_plain_reason_of_any_pod_goes_before_one_to_look_up() -> None:
    unready = {"phase": "Running", "containerStatuses": [{"name": "worker", "ready": False}]}
    unplaced = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "no GPU"}
    pods = [
        {"metadata": {"name": "a"}, "status": unready},
        {"metadata": {"name": "b"}, "status": {"conditions": [unplaced]}},
    ]
    assert blocking_reason(pods) == "Unschedulable: no GPU"
