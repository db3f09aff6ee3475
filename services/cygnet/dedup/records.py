"""How messages lie in Redis, and how they are put together again. No keys here, and no connection.

A submission is kept as "<outcome> <run> <fingerprint> <record>": the record is a serialized OwnedSubmission with what
never changes about it. How it stands is read from its job and filled in.
"""

import functools
import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from google.protobuf.timestamp_pb2 import Timestamp

from cygnet.dedup import classes
from cygnet.dedup.values import Admission, Change, Claimed, Decision, Pace, Place, Served
from cygnet.internal.v1 import dedup_pb2, document_pb2, results_pb2
from cygnet.v1 import contest_pb2, submission_pb2

JOB_FIELDS = ("state", "run", "started_ms", "result")
"""What a submission's state follows from, in the order that `fill` expects; the failure of its run comes after."""
_DRAWERS_SAMPLES = 16
"""The last drawings from which the number of drawers is taken."""
_OUTCOMES = {
    b"accepted": submission_pb2.ADMISSION_OUTCOME_ACCEPTED,
    b"coalesced": submission_pb2.ADMISSION_OUTCOME_COALESCED,
    b"repeated": submission_pb2.ADMISSION_OUTCOME_REPEATED,
}


class Stored(NamedTuple):
    """A submission as it was admitted, and the run of the job that it belongs to."""

    owned: dedup_pb2.OwnedSubmission
    run: bytes
    fingerprint: str


def timestamp(ms: int) -> Timestamp:
    """Returns a moment given in ms since the epoch."""
    return Timestamp(seconds=ms // 1000, nanos=ms % 1000 * 1_000_000)


def record(admission: Admission, now_ms: int) -> dedup_pb2.OwnedSubmission:
    """Returns what never changes about a submission, less what is kept beside it."""
    request = admission.request
    return dedup_pb2.OwnedSubmission(
        participant_id=request.participant_id,
        client=request.client,
        submission=submission_pb2.Submission(
            target=request.target.name,
            prompt=request.prompt,
            created_at=timestamp(now_ms),
            policy_generation=request.policy.generation,
            reading=request.reading if request.HasField("reading") else None,
        ),
    )


def identify(submission: submission_pb2.Submission, submission_id: str, outcome: bytes) -> None:
    """Adds what is kept beside a record."""
    submission.submission_id = submission_id
    submission.outcome = _OUTCOMES[outcome]


def stored(submission_id: str, raw: bytes) -> Stored:
    """Reads what admit.lua stored."""
    outcome, run, fingerprint, serialized = raw.split(b" ", 3)
    owned = dedup_pb2.OwnedSubmission.FromString(serialized)
    identify(owned.submission, submission_id, outcome)
    return Stored(owned, run, fingerprint.decode())


def fill(
    submission: submission_pb2.Submission, run: bytes, job: Sequence[bytes | None], place: Place | None, revision: int
) -> None:
    """Adds how a submission stands.

    Args:
        submission: what never changes.
        run: the run of its job that it belongs to.
        job: its job's JOB_FIELDS, and the failure of that run.
        place: where that waits, if it is queued.
        revision: the contest's.

    Raises:
        LookupError: it has no job.
    """
    state, run_now, started_ms, result, failure = job
    if state is None:
        raise LookupError(f"submission {submission.submission_id} has no job")
    submission.revision = revision
    # A later run belongs to whoever asked again: this one's run failed, and that is how it ended.
    if run_now != run or state == b"failed":
        submission.state = submission_pb2.SUBMISSION_STATE_FAILED
        submission.failure.ParseFromString(failure or b"")
    elif state == b"done":
        submission.state = submission_pb2.SUBMISSION_STATE_DONE
        submission.result.ParseFromString(result or b"")
    elif state == b"drawing":
        submission.state = submission_pb2.SUBMISSION_STATE_DRAWING
        submission.drawing.started_at.CopyFrom(timestamp(int(started_ms or 0)))
    else:
        submission.state = submission_pb2.SUBMISSION_STATE_QUEUED
        submission.queue.position = classes.jobs_before(place.rank, place.waiting, place.clock) if place else 0


def decision(admission: Admission, record: dedup_pb2.OwnedSubmission, answer: Sequence[Any]) -> Decision:
    """Reads what admit.lua decided; `record` is what it stored, and is completed."""
    outcome, wait_ms, *found = answer
    if outcome == b"known":
        earlier = stored(admission.submission_id, found[0]).owned.submission
        known = same(earlier, admission.request)
        return Decision("known" if known else "REQUEST_ID_REUSED", 0)
    if not found:
        return Decision(outcome.decode(), int(wait_ms))
    revision, samples, drawing, polls, turns, job, rank, tag, waiting, fields = found
    identify(record.submission, admission.submission_id, outcome)
    clock = {name.decode(): int(value) for name, value in zip(fields[::2], fields[1::2], strict=True)}
    stands = place(rank, tag, waiting, [clock.get(name, 0) for name in classes.CLOCK_FIELDS])
    # What was admitted now belongs to its job's present run, and has not failed.
    fill(record.submission, job[1], [*job, None], stands, int(revision))
    measured = pace(samples, drawing, polls, turns)
    return Decision(outcome.decode(), 0, record.submission, measured, stands, clock.get("away_ms", 0))


def place(rank: int | None, tag: bytes | float | None, waiting: Sequence[int], clock: Sequence[int]) -> Place | None:
    """Returns where a job waits; None for one that does not."""
    return None if rank is None or tag is None else Place(int(tag), rank, tuple(waiting), tuple(clock))


def same(earlier: submission_pb2.Submission, request: dedup_pb2.AdmitRequest) -> bool:
    """Tells whether a request asks for what an earlier one with its request_id asked for."""
    return (earlier.prompt, earlier.target) == (request.prompt, request.target.name)


def claimed(contest: str, fingerprint: str, lease_ms: int, fields: Sequence[bytes]) -> Claimed:
    """Reads a job that claim.lua leased."""
    fence, attempts, prompt, ladder, target, target_sha256, model, queued_ms = fields
    job = dedup_pb2.Job(
        contest=contest,
        fingerprint=fingerprint,
        fence=int(fence),
        lease_ms=lease_ms,
        canonical_prompt=prompt.decode(),
        target=contest_pb2.Target(name=target.decode(), picture_sha256=target_sha256.decode()),
        model=document_pb2.Model.FromString(model),
        attempt=int(attempts),
        ladder=ladder.decode().splitlines(),
    )
    return Claimed(job, int(queued_ms))


def draw_with(job: dedup_pb2.Job, served: Served, model: bytes) -> None:
    """Lets the job of a model that is gone be drawn with what is served.

    `model` is how the contest draws with that one; where it never did (b""), the job's own steps and size have to do.
    """
    if model:
        job.model.ParseFromString(model)
    job.model.generator_source, job.model.scorer_source = served.generator_source, served.scorer_source


def delivered(fields: Mapping[bytes, bytes]) -> results_pb2.DeliveredResult:
    """Reads an entry of the outbox."""
    return results_pb2.DeliveredResult(
        delivery_id=fields[b"submission_id"].decode(),
        participant_id=fields[b"participant_id"].decode(),
        nickname=fields[b"nickname"].decode(),
        target=fields[b"target"].decode(),
        delivered_at=timestamp(int(fields[b"delivered_ms"])),
        policy_generation=int(fields[b"policy_generation"]),
        result=fields[b"result"],
    )


def pace(samples: Sequence[bytes], drawing: int, polls: Sequence[bytes], turns: Sequence[bytes]) -> Pace:
    """Reads how fast pictures are drawn: samples newest first, jobs under a lease, when workers polled, last claims."""
    durations_ms, at_once = _samples(tuple(samples))
    return Pace(durations_ms, max(drawing, at_once), max(map(int, polls), default=0), _turns(tuple(turns)))


@functools.lru_cache(maxsize=64)
def _turns(turns: tuple[bytes, ...]) -> tuple[tuple[int, int], ...]:
    return tuple((int(each[:1]), int(each[2:])) for each in turns)


@functools.lru_cache(maxsize=64)
def _samples(samples: tuple[bytes, ...]) -> tuple[tuple[int, ...], int]:
    """Returns durations, and how many drawings were made at once. Kept: they are the same for many admissions."""
    pairs = [tuple(map(int, sample.split())) for sample in samples]
    durations_ms = tuple(duration for duration, _ in pairs)
    return durations_ms, max((drawers for _, drawers in pairs[:_DRAWERS_SAMPLES]), default=0)


def change(message: bytes) -> Change:
    """Reads what prelude.lua announces."""
    announced: dict[str, Any] = json.loads(message)
    # Lua cannot tell an empty list from an empty table, and writes {}.
    ids = tuple(announced.pop("submission_ids", None) or ())
    return Change(submission_ids=ids, **announced)
