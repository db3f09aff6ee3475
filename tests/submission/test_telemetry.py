"""Every way that a submission can end is counted once, under one of the names that exist from the start."""

import asyncio

import pytest
from prometheus_client import REGISTRY

from cygnet.internal.v1 import document_pb2
from cygnet.platform.errors import (
    Conflict,
    DomainError,
    FieldViolation,
    InvalidRequest,
    NotSignedIn,
    Refused,
    Unavailable,
)
from cygnet.submission.telemetry import OUTCOMES, Telemetry
from cygnet.v1 import contest_pb2, submission_pb2


def counts(contest: str) -> dict[str, float]:
    found = {
        outcome: REGISTRY.get_sample_value("cygnet_submission_submits_total", {"contest": contest, "outcome": outcome})
        for outcome in OUTCOMES
    }
    assert None not in found.values(), "every outcome exists before it first happens"
    return {outcome: count for outcome, count in found.items() if count}


def telemetry(contest: str) -> Telemetry:
    made = Telemetry()
    document = document_pb2.ContestDocument(
        contest=contest_pb2.Contest(name=contest, generation=7),
        admission=document_pb2.AdmissionPolicy(max_predicted_wait_ms=300_000),
    )
    made.document(document)
    return made


def test_a_document_in_force_shows_its_generation_and_its_limit() -> None:
    telemetry("shown")
    assert counts("shown") == {}
    assert REGISTRY.get_sample_value("cygnet_submission_contest_generation", {"contest": "shown"}) == 7
    assert REGISTRY.get_sample_value("cygnet_submission_wait_limit_seconds", {"contest": "shown"}) == 300


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (submission_pb2.ADMISSION_OUTCOME_ACCEPTED, "accepted"),
        (submission_pb2.ADMISSION_OUTCOME_COALESCED, "coalesced"),
        (submission_pb2.ADMISSION_OUTCOME_REPEATED, "repeated"),
    ],
)
def test_answers(answer: submission_pb2.AdmissionOutcome, outcome: str) -> None:
    with telemetry(f"answer-{outcome}").submit(f"answer-{outcome}") as admitted:
        admitted(submission_pb2.Submission(outcome=answer))
    assert counts(f"answer-{outcome}") == {outcome: 1}


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (Refused("later", reason="QUEUE_FULL", retry_after_s=1), "QUEUE_FULL"),
        (Refused("later", reason="A_REASON_OF_TOMORROW", retry_after_s=1), "OTHER"),
        (InvalidRequest(FieldViolation("prompt", "empty")), "rejected"),
        (InvalidRequest(FieldViolation("prompt", "not one word"), reason="NOTHING_READ"), "NOTHING_READ"),
        (NotSignedIn("who?"), "rejected"),
        (Conflict("no"), "rejected"),
        (Unavailable("away"), "failed"),
        (DomainError("what?"), "failed"),
        (ZeroDivisionError(), "failed"),
    ],
)
def test_errors(error: Exception, outcome: str) -> None:
    contest = f"error-{type(error).__name__}-{outcome}"
    with pytest.raises(type(error)), telemetry(contest).submit(contest):
        raise error
    assert counts(contest) == {outcome: 1}


def test_a_caller_who_hung_up_is_not_counted() -> None:
    with pytest.raises(asyncio.CancelledError), telemetry("gone").submit("gone"):
        raise asyncio.CancelledError
    assert counts("gone") == {}
