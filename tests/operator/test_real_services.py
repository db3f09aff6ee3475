"""The operator with the real submission, leaderboard and dedup services: policy, a replica that is away, counts."""

import asyncio
import time
import uuid
from pathlib import Path
from typing import Any

import grpc
import pytest

from cygnet.internal.v1 import results_pb2, results_pb2_grpc
from cygnet.v1 import submission_pb2, submission_pb2_grpc

from ..waiting import wait_for
from ..workloads import inside_channel
from .conftest import OperatorProcess
from .control_plane import ControlPlane
from .real_services import RealServices
from .test_lifecycle import apply, condition, patch, status, wait_ready

pytestmark = pytest.mark.timeout(280)
NO_GPU = {"replicas": 0}


def in_force(plane: ControlPlane, name: str) -> tuple[str, str, Any]:
    """Returns what is said: the condition's status and reason, and how many have which generation."""
    said = condition(plane, name, "PolicyInForce")
    return said.get("status", ""), said.get("reason", ""), status(plane, name).get("policyInForce")


def test_every_replica_of_every_service_acknowledges_a_patch(
    plane: ControlPlane, operator: OperatorProcess, real_services: RealServices, contest_name: str
) -> None:
    apply(plane, contest_name, gpu=NO_GPU)
    wait_ready(plane, contest_name)
    times = []
    for generation in range(2, 12):
        began = time.monotonic()
        patch(plane, contest_name, maxPromptChars=100 + generation)
        holds = ("True", "Acknowledged", {"generation": generation, "replicas": "4/4"})
        wait_for(lambda: in_force(plane, contest_name), until=holds.__eq__)  # noqa: B023 - asked at once
        times.append(time.monotonic() - began)
    print(f"\nkubectl patch until kubectl get says 4/4, {len(times)} times: {min(times):.1f} to {max(times):.1f} s")


@pytest.mark.parametrize(("service", "number"), [("submission", 1), ("leaderboard", 0)])
def test_who_is_away_is_named_until_it_is_back(
    plane: ControlPlane,
    operator: OperatorProcess,
    real_services: RealServices,
    contest_name: str,
    service: str,
    number: int,
) -> None:
    apply(plane, contest_name, gpu=NO_GPU)
    wait_ready(plane, contest_name)
    real_services.kill(service, number)
    patch(plane, contest_name, maxPromptChars=99)
    missing = f"3 of 4 replicas of the services have generation 2; still without it: {service}-{number}"
    wait_for(lambda: condition(plane, contest_name, "PolicyInForce").get("message"), until=missing.__eq__)
    holds_not = ("False", "Waiting", {"generation": 1, "replicas": "3/4"})
    assert in_force(plane, contest_name) == holds_not
    assert condition(plane, contest_name)["reason"] == "Waiting", "Ready says nothing of it"
    began = time.monotonic()
    real_services.start(service, number)
    holds = ("True", "Acknowledged", {"generation": 2, "replicas": "4/4"})
    wait_for(lambda: in_force(plane, contest_name), until=holds.__eq__)
    print(f"\n{service}: in force again {time.monotonic() - began:.1f} s after its start")


def test_counts_of_real_services_are_in_the_status(
    plane: ControlPlane, operator: OperatorProcess, real_services: RealServices, contest_name: str, tmp_path: Path
) -> None:
    operator.stop()  # the next test finds it running again, without these settings
    board, door = real_services.public["leaderboard"][0], real_services.public["submission"][0]
    counting = OperatorProcess(
        plane,
        tmp_path / "operator.log",
        leaderboard_address=f"127.0.0.1:{board}",
        dedup_address=f"127.0.0.1:{real_services.dedup}",
        statistics_s="1",
    )
    counting.start()
    try:
        apply(plane, contest_name, gpu=NO_GPU)
        wait_ready(plane, contest_name)
        asyncio.run(_play(contest_name, door, board))
        seen = wait_for(
            lambda: status(plane, contest_name),
            until=lambda s: s.get("submissions") == 3 and "top" in s and s.get("queueWait", "0s") != "0s",
        )
        assert seen["participants"] == 2
        assert seen["top"] == {"nickname": "ann", "score": "87.31", "summary": "87.31 ann"}
        row = plane.kubectl("get", "contest", contest_name).splitlines()[1]
        assert row.split()[:7] == [contest_name, "Running", "True", "0", "2", "3", "87.31"]
    finally:
        counting.stop()
    assert "Traceback" not in counting.log.read_text()


async def _play(contest: str, door: int, board: int) -> None:
    """Two players ask for three drawings; one of them gets a score."""
    async with (
        grpc.aio.insecure_channel(f"127.0.0.1:{door}") as submission,
        inside_channel(f"127.0.0.1:{board}") as leaderboard,
    ):
        stub: submission_pb2_grpc.SubmissionServiceAsyncStub = submission_pb2_grpc.SubmissionServiceStub(submission)
        for nickname, prompts in (("ann", 2), ("bob", 1)):
            joined = await stub.Join(submission_pb2.JoinRequest(contest=contest, nickname=nickname))
            metadata = (("authorization", f"Bearer {joined.session_token}"),)
            for i in range(prompts):
                request = submission_pb2.SubmitRequest(
                    contest=contest, target="duck", prompt=f"{nickname} draws duck {i}", request_id=str(uuid.uuid4())
                )
                await stub.Submit(request, metadata=metadata)
        log: results_pb2_grpc.ResultLogServiceAsyncStub = results_pb2_grpc.ResultLogServiceStub(leaderboard)
        score = results_pb2.DeliveredResult(
            delivery_id="a" * 26,
            participant_id="b" * 26,
            nickname="ann",
            target="duck",
            policy_generation=1,
            result=submission_pb2.Result(picture_sha256="0" * 64, score=87.3149, cosine=0.5).SerializeToString(),
        )
        score.delivered_at.GetCurrentTime()
        await log.RecordResults(results_pb2.RecordResultsRequest(contest=contest, results=[score]))
