"""What Prometheus sees of a contest: the policy in force and the phase; nothing of one that is gone."""

import asyncio
from typing import Any

import pytest
from prometheus_client import REGISTRY

from cygnet_operator import metrics
from cygnet_operator.workqueue import Outcome, WorkQueue


def status(in_force: str, observed: int, phase: str = "Running") -> dict[str, Any]:
    said = {"type": "PolicyInForce", "status": in_force, "observedGeneration": observed}
    return {"phase": phase, "conditions": [{"type": "Ready", "status": "True", "observedGeneration": observed}, said]}


def value(name: str, **labels: str) -> float | None:
    return REGISTRY.get_sample_value(name, {"contest": "shown", **labels})


@pytest.mark.parametrize(
    ("said", "in_force"),
    [
        (status("True", 3), 1),
        (status("False", 3), 0),
        (status("Unknown", 3), 0),
        (status("True", 2), 0),
        ({}, 0),
    ],
)
def test_a_policy_is_in_force_only_when_that_is_said_of_the_present_generation(
    said: dict[str, Any], in_force: int
) -> None:
    metrics.note_status("shown", 3, said)
    assert value("cygnet_operator_policy_in_force") == in_force


def test_a_contest_is_in_one_phase_and_all_exist() -> None:
    metrics.note_status("shown", 1, status("True", 1, "Paused"))
    phases = ("Scheduled", "Prewarming", "Running", "Paused", "Frozen", "Finished")
    shown = {phase: value("cygnet_operator_contest_phase", phase=phase) for phase in phases}
    assert shown == {phase: float(phase == "Paused") for phase in phases}


def test_a_contest_that_is_gone_is_not_shown() -> None:
    metrics.note_status("shown", 1, status("True", 1))
    metrics.forget("shown")
    assert value("cygnet_operator_policy_in_force") is None
    assert value("cygnet_operator_contest_phase", phase="Running") is None
    metrics.forget("never-there")


async def test_the_queue_is_looked_at_when_it_is_asked_for() -> None:
    now = 100.0

    async def reconcile(name: str) -> Outcome:
        raise AssertionError("no worker runs")

    def shown() -> list[float | None]:
        names = ("queue_length", "oldest_due_seconds", "contests")
        return [REGISTRY.get_sample_value(f"cygnet_operator_{name}") for name in names]

    queue = WorkQueue(reconcile, lambda: now)
    metrics.show(lambda: queue.length, lambda: queue.oldest_due_s, lambda: 3)
    assert shown() == [0, 0, 3]
    await queue.add("a")
    await queue.add("later", in_s=60)
    now += 7
    # Another thread answers scrapes, and nothing of the operator has run since.
    assert await asyncio.to_thread(shown) == [1, 7, 3]
