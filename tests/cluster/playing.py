"""A game, as the page plays it: over gRPC-web, through the gateway's Service."""

import uuid
from collections.abc import Callable

from cygnet.v1 import leaderboard_pb2, submission_pb2

from ..prompts import unique
from . import grpc_web

NAME = "duck-and-swan"
DONE = submission_pb2.SUBMISSION_STATE_DONE
_SERVICE = "cygnet.v1.SubmissionService"


def join(address: str, nickname: str) -> str:
    """Joins; returns the session token."""
    request = submission_pb2.JoinRequest(contest=NAME, nickname=nickname)
    return grpc_web.call(address, f"{_SERVICE}/Join", request, submission_pb2.JoinResponse).session_token


def play(address: str, token: str, prompt: str) -> submission_pb2.Submission:
    """Submits, and watches until the drawing is done and scored."""
    request = submission_pb2.SubmitRequest(contest=NAME, target="duck", prompt=prompt, request_id=uuid.uuid4().hex)
    submission = grpc_web.call(address, f"{_SERVICE}/Submit", request, submission_pb2.SubmitResponse, token).submission
    if submission.state == DONE:
        return submission
    watch = submission_pb2.WatchSubmissionRequest(contest=NAME, submission_id=submission.submission_id)
    answers = grpc_web.stream(
        address, f"{_SERVICE}/WatchSubmission", watch, submission_pb2.WatchSubmissionResponse, token
    )
    for answer in answers:
        if answer.WhichOneof("event") == "submission":
            submission = answer.submission
            assert submission.state != submission_pb2.SUBMISSION_STATE_FAILED, submission
            if submission.state == DONE:
                return submission
    raise AssertionError(f"the watch ended before the drawing was done: {submission}")


def play_a_game(address: str, look: Callable[[], None] = lambda: None) -> None:
    """Joins, plays two prompts and reads the board; calls `look` in between."""
    token = join(address, "Teal")
    for species in ("duck", "swan"):
        look()
        play(address, token, unique(species))
        standings(address)
        look()


def standings(address: str) -> list[tuple[str, float]]:
    """Returns nicknames and scores on the board."""
    answer = grpc_web.call(
        address,
        "cygnet.v1.LeaderboardService/GetLeaderboard",
        leaderboard_pb2.GetLeaderboardRequest(contest=NAME, target="duck", limit=50),
        leaderboard_pb2.GetLeaderboardResponse,
    )
    return [(standing.nickname, standing.score) for standing in answer.leaderboard.standings]
