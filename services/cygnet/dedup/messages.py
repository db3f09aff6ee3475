"""Values as messages."""

from google.protobuf.timestamp_pb2 import Timestamp

from cygnet.dedup.values import Answer, Change, Failure, Job, Result, Snapshot, State
from cygnet.internal.v1 import dedup_pb2, document_pb2
from cygnet.v1 import contest_pb2, submission_pb2

_STATES = {
    State.QUEUED: submission_pb2.SUBMISSION_STATE_QUEUED,
    State.DRAWING: submission_pb2.SUBMISSION_STATE_DRAWING,
    State.DONE: submission_pb2.SUBMISSION_STATE_DONE,
    State.FAILED: submission_pb2.SUBMISSION_STATE_FAILED,
}
_ANSWERS = {
    Answer.ACCEPTED: submission_pb2.ADMISSION_OUTCOME_ACCEPTED,
    Answer.COALESCED: submission_pb2.ADMISSION_OUTCOME_COALESCED,
    Answer.REPEATED: submission_pb2.ADMISSION_OUTCOME_REPEATED,
}


def timestamp(ms: int) -> Timestamp:
    """Returns a moment given in ms since the epoch."""
    return Timestamp(seconds=ms // 1000, nanos=ms % 1000 * 1_000_000)


def submission(snapshot: Snapshot) -> submission_pb2.Submission:
    """Returns a submission as its owner is told about it."""
    record, wait = snapshot.record, snapshot.wait
    message = submission_pb2.Submission(
        submission_id=record.submission_id,
        revision=record.revision,
        target=record.target,
        prompt=record.prompt,
        state=_STATES[record.state],
        outcome=_ANSWERS[record.answer],
        created_at=timestamp(record.created_ms),
        policy_generation=record.policy_generation,
    )
    if record.state is State.QUEUED:
        message.queue.position = record.position
        message.queue.measuring = wait is None
        message.queue.no_worker = snapshot.no_worker
        if wait is not None:
            message.queue.p50_ms, message.queue.p90_ms = wait.p50_ms, wait.p90_ms
    elif record.state is State.DRAWING:
        message.drawing.started_at.CopyFrom(timestamp(record.started_ms))
        message.drawing.typical_ms = snapshot.typical_ms
    elif record.result is not None:
        message.result.CopyFrom(result(record.result))
    elif record.failure is not None:
        message.failure.CopyFrom(failure(record.failure))
    return message


def owned(snapshot: Snapshot) -> dedup_pb2.OwnedSubmission:
    """Returns a submission with who made it."""
    return dedup_pb2.OwnedSubmission(submission=submission(snapshot), participant_id=snapshot.record.participant_id)


def result(value: Result) -> submission_pb2.Result:
    """Returns a picture and its score."""
    return submission_pb2.Result(
        picture_sha256=value.picture_sha256,
        score=value.score,
        cosine=value.cosine,
        seed=value.seed,
        generator_digest=value.generator_digest,
        scorer_digest=value.scorer_digest,
        calibration_id=value.calibration_id,
        completed_at=timestamp(value.completed_ms),
        what_score=value.what_score,
        look_score=value.look_score,
        heat=value.heat,
    )


def failure(value: Failure) -> submission_pb2.Failure:
    """Returns why there is no picture."""
    return submission_pb2.Failure(reason=value.reason, message=value.message)


def job(value: Job) -> dedup_pb2.Job:
    """Returns a drawing to make."""
    model = value.model
    return dedup_pb2.Job(
        contest=value.lease.contest,
        fingerprint=value.lease.fingerprint,
        fence=value.lease.fence,
        lease_ms=value.lease_ms,
        canonical_prompt=value.prompt,
        seed=value.seed,
        target=contest_pb2.Target(name=value.target.name, picture_sha256=value.target.picture_sha256),
        model=document_pb2.Model(
            generator_source=model.generator_source,
            steps=model.steps,
            size=model.size,
            scorer_source=model.scorer_source,
        ),
        attempt=value.attempt,
    )


def change(value: Change) -> dedup_pb2.WatchChangesResponse:
    """Returns what changed in one contest."""
    return dedup_pb2.WatchChangesResponse(
        contest=value.contest, submission_ids=value.submission_ids, queue_moved=value.queue_moved
    )
