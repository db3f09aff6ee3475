"""Checks of requests: what strangers write, and what workers send.

Bounds are those of the comments in proto/cygnet/internal/v1/dedup.proto. A contest's model and policy are not among
them: they were checked when the contest was applied.
"""

import json
from collections.abc import Sequence

from google.protobuf.message import DecodeError

from cygnet.dedup.values import Lease
from cygnet.inference.reading import MAX_VOCABULARY_BYTES, Vocabulary
from cygnet.internal.v1 import dedup_pb2
from cygnet.platform.errors import FieldViolation, InvalidRequest
from cygnet.platform.validation import CLIENT, ID, NAME, REASON, REQUEST_ID, SHA256, Violations
from cygnet.v1 import submission_pb2

MOST_ADMISSIONS = 128
MOST_RUNGS = 16
MOST_SEEDS = 4
"""Counters from which a target's seed is chosen."""
MOST_PRESENT = 20_000
"""Participants whose drawings stay, when those of their client are withdrawn."""
MAX_BYTES = 1024 * 1024
"""The largest request: a vocabulary, or MOST_ADMISSIONS with every word of a prompt marked."""
_SQUARES = {side * side for side in range(17)}


def check_admissions(request: dedup_pb2.AdmitManyRequest) -> None:
    """Raises `InvalidRequest` for too few or too many; each is checked when it is decided on."""
    Violations().within("requests", len(request.requests), 1, MOST_ADMISSIONS).done()


def check_admission(request: dedup_pb2.AdmitRequest) -> None:
    """Raises `InvalidRequest` with every field that is out of its bounds."""
    wrong = Violations()
    wrong.matches("contest", request.contest, NAME)
    wrong.matches("participant_id", request.participant_id, ID)
    wrong.length("nickname", request.nickname, 1, 256)
    wrong.matches("request_id", request.request_id, REQUEST_ID)
    wrong.matches("target.name", request.target.name, NAME)
    wrong.matches("target.picture_sha256", request.target.picture_sha256, SHA256)
    wrong.line("prompt", request.prompt, 1, 300)
    if request.HasField("reading"):
        wrong.line("reading.caption", request.reading.caption, 1, 1_000)
        wrong.require("reading.spans", len(request.reading.spans) <= 300, "must be at most 300")
    if request.client:
        wrong.matches("client", request.client, CLIENT)
    wrong.within("ladder", len(request.ladder), 0, MOST_RUNGS)
    for i, rung in enumerate(request.ladder):
        wrong.line(f"ladder.{i}", rung, 1, 1_000)
    wrong.done()


def check_claim(request: dedup_pb2.ClaimRequest) -> None:
    """Raises `InvalidRequest`."""
    wrong = Violations()
    if request.contest:
        wrong.matches("contest", request.contest, NAME)
    wrong.length("worker_id", request.worker_id, 0, 128)
    wrong.within("wait_ms", request.wait_ms, 0, 30_000)
    both = bool(request.generator_source) == bool(request.scorer_source)
    wrong.require("scorer_source", both, "must be given with generator_source, and not without")
    wrong.length("generator_source", request.generator_source, 0, 512)
    wrong.length("scorer_source", request.scorer_source, 0, 512)
    wrong.done()


def check_vocabulary(request: dedup_pb2.PutVocabularyRequest) -> None:
    """Raises `InvalidRequest`. What players write is read with these words: nobody checks them again."""
    wrong = Violations()
    wrong.length("generator_source", request.generator_source, 1, 512)
    wrong.length("vocabulary", request.vocabulary, 0, MAX_VOCABULARY_BYTES).done()
    if request.vocabulary:
        try:
            data = json.loads(request.vocabulary)
            wrong.require("vocabulary", isinstance(data, dict), "must be a vocabulary.json, a JSON object").done()
            Vocabulary.of(data)
        except ValueError as error:
            wrong.require("vocabulary", False, f"must be a vocabulary.json: {error}").done()


def check_settling(request: dedup_pb2.SettleSeedRequest) -> None:
    """Raises `InvalidRequest`."""
    wrong = Violations()
    wrong.matches("contest", request.contest, NAME)
    wrong.matches("target_picture_sha256", request.target_picture_sha256, SHA256)
    wrong.within("counter", request.counter, 0, MOST_SEEDS - 1).done()


def check_seeds(request: dedup_pb2.RequestSeedsRequest) -> None:
    """Raises `InvalidRequest`."""
    wrong = Violations()
    wrong.within("jobs", len(request.jobs), 1, 64)
    for i, job in enumerate(request.jobs):
        wrong.matches(f"jobs.{i}.contest", job.contest, NAME)
        wrong.matches(f"jobs.{i}.target.picture_sha256", job.target.picture_sha256, SHA256)
        wrong.within(f"jobs.{i}.ladder", len(job.ladder), 1, MOST_RUNGS)
        for j, rung in enumerate(job.ladder):
            wrong.line(f"jobs.{i}.ladder.{j}", rung, 1, 1_000)
    wrong.done()


def check_targets(scorer_source: str, picture_sha256s: Sequence[str]) -> None:
    """Raises `InvalidRequest`."""
    wrong = Violations()
    wrong.length("scorer_source", scorer_source, 1, 512)
    wrong.within("picture_sha256s", len(picture_sha256s), 1, 8)
    wrong.require("picture_sha256s", all(map(SHA256.fullmatch, picture_sha256s)), "must each be 64 hex digits")
    wrong.done()


def check_contest(contest: str) -> None:
    """Raises `InvalidRequest`."""
    Violations().matches("contest", contest, NAME).done()


def check_withdrawal(request: dedup_pb2.WithdrawClientRequest) -> None:
    """Raises `InvalidRequest`."""
    wrong = Violations()
    wrong.matches("contest", request.contest, NAME)
    wrong.matches("client", request.client, CLIENT)
    wrong.within("present_participants", len(request.present_participants), 0, MOST_PRESENT).done()


def check_lease(lease: Lease) -> None:
    """Raises `InvalidRequest`."""
    wrong = Violations()
    wrong.matches("contest", lease.contest, NAME)
    wrong.matches("fingerprint", lease.fingerprint, SHA256)
    wrong.require("fence", lease.fence > 0, "must be the claim's")
    wrong.done()


def check_result(serialized: bytes) -> None:
    """Raises `InvalidRequest`. The bytes are kept and passed on as they are: nobody checks them again."""
    try:
        result = submission_pb2.Result.FromString(serialized)
    except DecodeError:
        raise InvalidRequest(FieldViolation("result", "must be a serialized cygnet.v1.Result")) from None
    wrong = Violations()
    wrong.matches("result.picture_sha256", result.picture_sha256, SHA256)
    wrong.within("result.score", result.score, 0, 100)
    wrong.cosine("result.cosine", result.cosine)
    # Unset sub-scores are 0.
    wrong.within("result.what_score", result.what_score, 0, 100)
    wrong.within("result.look_score", result.look_score, 0, 100)
    wrong.require("result.heat", len(result.heat) in _SQUARES, "must have a square of 0 to 16 bytes a side")
    wrong.require(
        "result.negative_heat", len(result.negative_heat) in (0, len(result.heat)), "must be as long as result.heat"
    )
    wrong.require("result.completed_at", result.HasField("completed_at"), "must be set")
    for name in ("generator_digest", "scorer_digest", "calibration_id"):
        wrong.length(f"result.{name}", getattr(result, name), 1, 128)
    wrong.done()


def check_failure(failure: submission_pb2.Failure) -> None:
    """Raises `InvalidRequest`."""
    reason, message = failure.reason, failure.message
    Violations().matches("failure.reason", reason, REASON).length("failure.message", message, 0, 1_000).done()


def check_submission_ids(request: dedup_pb2.GetSubmissionsRequest) -> None:
    """Raises `InvalidRequest`."""
    wrong = Violations()
    wrong.matches("contest", request.contest, NAME)
    wrong.require("submission_ids", len(request.submission_ids) <= 1_000, "must be at most 1,000")
    wrong.require("submission_ids", all(map(ID.fullmatch, request.submission_ids)), "must each be 26 characters")
    wrong.done()


def check_list(request: dedup_pb2.ListParticipantSubmissionsRequest) -> None:
    """Raises `InvalidRequest`."""
    wrong = Violations()
    wrong.matches("contest", request.contest, NAME)
    wrong.matches("participant_id", request.participant_id, ID)
    wrong.within("limit", request.limit, 1, 100)
    wrong.done()
