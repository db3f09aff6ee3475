"""A changed model on a real control plane: new replicas serve, take a share of the jobs, step by step, then all."""

import time

import pytest

from cygnet.internal.v1 import document_pb2

from ..waiting import wait_for
from .conftest import OperatorProcess, contest
from .control_plane import ControlPlane
from .services import Services
from .test_lifecycle import apply, condition, patch, pods, status, wait_ready

FOUR = {**contest("any")["spec"]["gpu"], "replicas": 4}
OLD, NEW = "builtin://cygnet-tiny", "hf://cygnet/other"


@pytest.mark.timeout(240)
def test_a_changed_model_takes_over_step_by_step(
    plane: ControlPlane, operator: OperatorProcess, services: Services, contest_name: str
) -> None:
    def document() -> document_pb2.ContestDocument:
        return services.documents(contest_name)[0]

    apply(plane, contest_name, gpu=FOUR, model={"rollout": {"step": "25%", "pause": "4s"}})
    wait_ready(plane, contest_name)
    patch(plane, contest_name, model={"generator": {"source": NEW, "steps": 1}})
    began, steps = time.monotonic(), [(0.0, 0)]
    while (seen := document()).model.generator_source == OLD:
        assert time.monotonic() - began < 180, steps
        assert seen.model.steps == 0, "the former model draws as it did"
        if seen.next_share != steps[-1][1]:
            assert (seen.next_model.generator_source, seen.next_model.steps) == (NEW, 1)
            steps.append((time.monotonic() - began, seen.next_share))
        time.sleep(0.02)  # samples of what is in force
    took = time.monotonic() - began
    print(
        "share of the new model:",
        ", ".join(f"{share / 10:g} % at {at:.1f} s" for at, share in steps),
        f"; {took:.1f} s",
    )
    shares = [share for _, share in steps]
    assert 0 < shares[1] <= 250, "the first step takes no more than its part"
    assert len(shares) >= 4 and max(shares) < 1000, "there was no step between none and all"
    # Three pauses at least lie between the first new replica and the last.
    assert took - steps[1][0] > 3 * 4
    wait_for(lambda: {d.next_share for d in services.documents(contest_name)}, until=lambda shares: shares == {0})
    wait_for(lambda: condition(plane, contest_name)["reason"], until=lambda reason: reason == "AsSpecified")
    assert status(plane, contest_name)["model"]["generator"] == NEW
    assert len(wait_for(lambda: pods(plane, contest_name), until=lambda items: len(items) == 4)) == 4
