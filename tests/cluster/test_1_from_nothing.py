"""From an empty namespace to a played game: the first five minutes with Cygnet, by the commands of the docs."""

import time

import pytest

from cygnet.v1 import leaderboard_pb2, submission_pb2

from . import grpc_web
from .kube import CONTEST, RELEASE, Kube, wait_until

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(900)]

NAME = "duck-and-swan"
DONE = submission_pb2.SUBMISSION_STATE_DONE
STARTS_WITHIN_S = 5.0
"""From a service's container being started to its readiness."""


def test_install_apply_wait_play(kube: Kube) -> None:
    started = time.monotonic()
    kube.install()
    installed = time.monotonic()
    kube.kubectl("apply", "-f", str(CONTEST))
    kube.ready()
    ready = time.monotonic()

    address = kube.address()
    joined = grpc_web.call(
        address,
        "cygnet.v1.SubmissionService/Join",
        submission_pb2.JoinRequest(contest=NAME, nickname="Mallard"),
        submission_pb2.JoinResponse,
    )
    first = _play(address, joined.session_token, "a yellow duck on a blue background", "first")
    second = _play(address, joined.session_token, "a white swan with a red hat", "second")
    drawn = _drawn(kube)
    again = _play(address, joined.session_token, "  A yellow DUCK on a blue background ", "third")
    assert again.result.picture_sha256 == first.result.picture_sha256
    assert again.result.score == first.result.score
    assert _drawn(kube) == drawn == 2, "a repeated prompt was drawn again"
    assert second.result.picture_sha256 != first.result.picture_sha256

    def board() -> leaderboard_pb2.Leaderboard:
        return grpc_web.call(
            address,
            "cygnet.v1.LeaderboardService/GetLeaderboard",
            leaderboard_pb2.GetLeaderboardRequest(contest=NAME, target="duck", limit=10),
            leaderboard_pb2.GetLeaderboardResponse,
        ).leaderboard

    wait_until("the scores are on the board", lambda: len(board().standings) == 1, within_s=10)
    (standing,) = board().standings
    assert standing.nickname == "Mallard"
    assert standing.score == max(first.result.score, second.result.score)
    played = time.monotonic()
    print(
        f"\nhelm install --wait {installed - started:.1f} s, contest ready {ready - installed:.1f} s, "
        f"a game {played - ready:.1f} s: {played - started:.1f} s from nothing"
    )


def test_helm_test_passes(kube: Kube) -> None:
    assert "Succeeded" in kube.helm("test", RELEASE)


def test_services_start_within_seconds(kube: Kube) -> None:
    """Nobody waits long for a pod that was taken away: measured on new pods of every service, images being there."""
    kube.kubectl("delete", "pod", "-l", "app.kubernetes.io/component in (submission,dedup,leaderboard,gateway)")
    kube.kubectl("rollout", "status", "deployment", "-l", f"app.kubernetes.io/instance={RELEASE}", timeout_s=120)
    took = {}
    for pod in kube.get("pods", "-l", "app.kubernetes.io/component in (submission,dedup,leaderboard,gateway)"):
        times = {c["type"]: c["lastTransitionTime"] for c in pod["status"]["conditions"] if c["status"] == "True"}
        began = min(status["state"]["running"]["startedAt"] for status in pod["status"]["containerStatuses"])
        took[pod["metadata"]["labels"]["app.kubernetes.io/component"]] = _seconds(times["Ready"]) - _seconds(began)
    print(f"\nseconds from the container's start to ready (whole seconds, all four at once): {took}")
    assert set(took) == {"submission", "dedup", "leaderboard", "gateway"}
    assert max(took.values()) <= STARTS_WITHIN_S, took


def _play(address: str, token: str, prompt: str, request_id: str) -> submission_pb2.Submission:
    """Submits and watches until it is done, as the page does."""
    submission = grpc_web.call(
        address,
        "cygnet.v1.SubmissionService/Submit",
        submission_pb2.SubmitRequest(
            contest=NAME, target="duck", prompt=prompt, request_id=f"{request_id}-of-the-test"
        ),
        submission_pb2.SubmitResponse,
        token,
    ).submission
    if submission.state == DONE:
        return submission
    watch = submission_pb2.WatchSubmissionRequest(contest=NAME, submission_id=submission.submission_id)
    for answer in grpc_web.stream(
        address, "cygnet.v1.SubmissionService/WatchSubmission", watch, submission_pb2.WatchSubmissionResponse, token
    ):
        if answer.WhichOneof("event") == "submission":
            submission = answer.submission
            assert submission.state != submission_pb2.SUBMISSION_STATE_FAILED, submission
            if submission.state == DONE:
                return submission
    raise AssertionError(f"the watch ended before the drawing was done: {submission}")


def _drawn(kube: Kube) -> int:
    """Returns how many pictures Triton has drawn for players: from its log of inferences, the scorer's own counter."""
    metrics = kube.kubectl(
        "exec", f"deploy/{NAME}-triton", "-c", "worker", "--", "python", "-c",
        "import urllib.request as r; print(r.urlopen('http://127.0.0.1:9100/metrics').read().decode())",
    )  # fmt: skip
    return int(sum(float(line.rsplit(" ", 1)[1]) for line in metrics.splitlines() if line.startswith(_DRAWN)))


_DRAWN = f'cygnet_worker_drawings_total{{contest="{NAME}",outcome="completed"}}'


def _seconds(moment: str) -> float:
    from datetime import datetime

    return datetime.fromisoformat(moment).timestamp()
