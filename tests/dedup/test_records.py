"""How messages lie in Redis: every bit comes back, and what a scorer does not give stays unset."""

import pytest

from cygnet.dedup import records
from cygnet.v1 import submission_pb2

from .environment import admission_of, admit_request, result

T0 = 1_800_000_000_123
ADMISSION = admission_of(admit_request("노란 오리 and a  duck"))


def stored(run: str = "1") -> records.Stored:
    """Returns a submission as it is read again after admit.lua stored it."""
    record = records.record(ADMISSION, T0).SerializeToString()
    raw = b" ".join([b"coalesced", run.encode(), ADMISSION.fingerprint.encode(), record])
    return records.stored(ADMISSION.submission_id, raw)


def test_what_was_asked_for_is_read_as_it_was_stored() -> None:
    request, (owned, run, fingerprint) = ADMISSION.request, stored("12")
    assert (run, fingerprint, owned.participant_id) == (b"12", ADMISSION.fingerprint, request.participant_id)
    submission = owned.submission
    assert (submission.submission_id, submission.target, submission.prompt) == (
        ADMISSION.submission_id, "duck", request.prompt
    )  # fmt: skip
    assert submission.outcome == submission_pb2.ADMISSION_OUTCOME_COALESCED
    assert (submission.created_at.ToMilliseconds(), submission.policy_generation) == (T0, 5)


@pytest.mark.parametrize(
    "drawn", [result(), result(what_score=0.0, look_score=77.123456789012345, heat=bytes(range(0, 250, 10)))]
)
def test_a_result_is_read_as_the_worker_sent_it(drawn: submission_pb2.Result) -> None:
    submission = stored().owned.submission
    records.fill(submission, b"1", [b"done", b"1", b"5", drawn.SerializeToString(), None], None, 7)
    assert submission.result.SerializeToString() == drawn.SerializeToString()
    assert submission.result.HasField("what_score") == drawn.HasField("what_score")
    assert (submission.revision, submission.state) == (7, submission_pb2.SUBMISSION_STATE_DONE)


def test_a_submission_whose_run_failed_stays_failed_whatever_its_job_does_now() -> None:
    failure = submission_pb2.Failure(reason="WORKER_LOST", message="gone")
    submission = stored().owned.submission
    records.fill(submission, b"1", [b"drawing", b"2", b"5", None, failure.SerializeToString()], None, 7)
    assert (submission.state, submission.failure) == (submission_pb2.SUBMISSION_STATE_FAILED, failure)
    assert not submission.HasField("drawing")


def test_a_submission_without_its_job_is_an_error() -> None:
    with pytest.raises(LookupError):
        records.fill(stored().owned.submission, b"1", [None] * 5, None, 7)
