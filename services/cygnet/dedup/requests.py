"""Requests as values, with every field checked. Bounds are those of the comments in proto/cygnet/v1/dedup.proto."""

import math
import re

from google.protobuf.message import DecodeError

from cygnet.dedup.values import Failure, Lease, Model, Policy, Result, Scope, Served, Target, Wish
from cygnet.internal.v1 import dedup_pb2, document_pb2
from cygnet.platform.errors import FieldViolation, InvalidRequest
from cygnet.platform.text import control_characters
from cygnet.v1 import submission_pb2

_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_ID = re.compile(r"[a-z2-7]{26}")
_REQUEST_ID = re.compile(r"[A-Za-z0-9-]{16,64}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_REASON = re.compile(r"[A-Z][A-Z0-9_]{0,62}")
_SCOPES = {
    document_pb2.DEDUP_SCOPE_CONTEST: Scope.CONTEST,
    document_pb2.DEDUP_SCOPE_PARTICIPANT: Scope.PARTICIPANT,
}
_SQUARES = {side * side for side in range(17)}
_ROUNDING = 1e-9
"""A cosine may leave [-1, 1] by what float64 rounds."""


def wish(request: dedup_pb2.AdmitRequest) -> Wish:
    """Returns what is asked for; raises `InvalidRequest` with every field that is out of its bounds."""
    target, model, policy = request.target, request.model, request.policy
    check = _Check()
    check.contest(request.contest)
    check.that("participant_id", _ID.fullmatch(request.participant_id), "must be 26 characters of [a-z2-7]")
    check.length("nickname", request.nickname, 1, 256)
    check.that("request_id", _REQUEST_ID.fullmatch(request.request_id), "must be 16 to 64 characters of [A-Za-z0-9-]")
    check.that("target.name", _NAME.fullmatch(target.name), "must be a name of 1 to 63 characters of [a-z0-9-]")
    check.sha256("target.picture_sha256", target.picture_sha256)
    check.length("prompt", request.prompt, 1, 300)
    check.that("prompt", not control_characters(request.prompt), "must not hold control characters")
    check.model("model", model)
    check.within("next_share", request.next_share, 0, 1_000)
    if request.next_share:
        check.model("next_model", request.next_model)
    check.within("policy.every_ms", policy.every_ms, 100, 3_600_000)
    check.within("policy.burst", policy.burst, 1, 100)
    check.within("policy.pending", policy.pending, 1, 100)
    check.within("policy.max_predicted_wait_ms", policy.max_predicted_wait_ms, 1_000, 86_400_000)
    check.within("policy.generation", policy.generation, 0, 2**53 - 1)
    check.that("policy.dedup_scope", policy.dedup_scope in _SCOPES, "must be set")
    check.done()
    return Wish(
        contest=request.contest,
        participant_id=request.participant_id,
        nickname=request.nickname,
        request_id=request.request_id,
        target=Target(target.name, target.picture_sha256),
        prompt=request.prompt,
        model=_model(model),
        next_model=_model(request.next_model) if request.next_share else None,
        next_share=request.next_share,
        only_known=request.only_known,
        policy=Policy(
            generation=policy.generation,
            every_ms=policy.every_ms,
            burst=policy.burst,
            pending=policy.pending,
            max_predicted_wait_ms=policy.max_predicted_wait_ms,
            scope=_SCOPES[policy.dedup_scope],
        ),
    )


def _model(message: document_pb2.Model) -> Model:
    return Model(message.generator_source, message.steps, message.size, message.scorer_source)


def checked_claim(request: dedup_pb2.ClaimRequest) -> Served | None:
    """Returns what the worker serves, None for anything; raises `InvalidRequest` when a claim is out of its bounds."""
    check = _Check()
    if request.contest:
        check.contest(request.contest)
    check.length("worker_id", request.worker_id, 0, 128)
    check.within("wait_ms", request.wait_ms, 0, 30_000)
    both = bool(request.generator_source) == bool(request.scorer_source)
    check.that("scorer_source", both, "must be given with generator_source, and not without")
    check.length("generator_source", request.generator_source, 0, 512)
    check.length("scorer_source", request.scorer_source, 0, 512)
    check.done()
    return Served(request.generator_source, request.scorer_source) if request.generator_source else None


def checked_contest(contest: str) -> str:
    """Returns the contest's name; raises `InvalidRequest`."""
    check = _Check()
    check.contest(contest)
    check.done()
    return contest


def lease(request: dedup_pb2.HeartbeatRequest | dedup_pb2.CompleteRequest | dedup_pb2.ReleaseRequest) -> Lease:
    """Returns what a worker shows; raises `InvalidRequest`."""
    check = _Check()
    check.contest(request.contest)
    check.sha256("fingerprint", request.fingerprint)
    check.that("fence", request.fence > 0, "must be the claim's")
    check.done()
    return Lease(request.contest, request.fingerprint, request.fence)


def result(serialized: bytes) -> Result:
    """Returns a result that is not completed yet; raises `InvalidRequest`."""
    try:
        message = submission_pb2.Result.FromString(serialized)
    except DecodeError:
        raise InvalidRequest(FieldViolation("result", "must be a serialized cygnet.v1.Result")) from None
    check = _Check()
    check.sha256("result.picture_sha256", message.picture_sha256)
    check.that("result.score", 0 <= message.score <= 100, "must be 0 to 100")
    check.that("result.cosine", math.fabs(message.cosine) <= 1 + _ROUNDING, "must be -1 to 1")
    for name in ("what_score", "look_score"):
        if message.HasField(name):
            check.that(f"result.{name}", 0 <= getattr(message, name) <= 100, "must be 0 to 100")
    check.that("result.heat", len(message.heat) in _SQUARES, "must have a square of 0 to 16 bytes a side")
    for name in ("generator_digest", "scorer_digest", "calibration_id"):
        check.length(f"result.{name}", getattr(message, name), 1, 128)
    check.done()
    return Result(
        picture_sha256=message.picture_sha256,
        score=message.score,
        cosine=message.cosine,
        seed=message.seed,
        generator_digest=message.generator_digest,
        scorer_digest=message.scorer_digest,
        calibration_id=message.calibration_id,
        completed_ms=0,
        what_score=message.what_score if message.HasField("what_score") else None,
        look_score=message.look_score if message.HasField("look_score") else None,
        heat=message.heat,
    )


def failure(message: submission_pb2.Failure) -> Failure:
    """Returns why a job failed; raises `InvalidRequest`."""
    check = _Check()
    check.that("failure.reason", _REASON.fullmatch(message.reason), "must be UPPER_SNAKE_CASE")
    check.length("failure.message", message.message, 0, 1_000)
    check.done()
    return Failure(message.reason, message.message)


def submission_ids(request: dedup_pb2.GetSubmissionsRequest) -> list[str]:
    """Returns which submissions are asked for, each once; raises `InvalidRequest`."""
    check = _Check()
    check.contest(request.contest)
    check.that("submission_ids", len(request.submission_ids) <= 1_000, "must be at most 1,000")
    check.that("submission_ids", all(map(_ID.fullmatch, request.submission_ids)), "must each be 26 characters")
    check.done()
    return list(dict.fromkeys(request.submission_ids))


def checked_list(request: dedup_pb2.ListParticipantSubmissionsRequest) -> None:
    """Raises `InvalidRequest` when a field is out of its bounds."""
    check = _Check()
    check.contest(request.contest)
    check.that("participant_id", _ID.fullmatch(request.participant_id), "must be 26 characters of [a-z2-7]")
    check.within("limit", request.limit, 1, 100)
    check.done()


class _Check:
    """Collects what is wrong, so that a caller is told everything at once."""

    def __init__(self) -> None:
        self._violations: list[FieldViolation] = []

    def that(self, field: str, holds: object, otherwise: str) -> None:
        if not holds:
            self._violations.append(FieldViolation(field, otherwise))

    def contest(self, name: str) -> None:
        self.that("contest", _NAME.fullmatch(name), "must be a name of 1 to 63 characters of [a-z0-9-]")

    def sha256(self, field: str, digest: str) -> None:
        self.that(field, _SHA256.fullmatch(digest), "must be 64 hex digits, in lower case")

    def length(self, field: str, text: str, least: int, most: int) -> None:
        self.that(field, least <= len(text) <= most, f"must have {least} to {most} characters")

    def model(self, field: str, model: document_pb2.Model) -> None:
        self.length(f"{field}.generator_source", model.generator_source, 1, 512)
        self.length(f"{field}.scorer_source", model.scorer_source, 1, 512)
        self.within(f"{field}.steps", model.steps, 1, 50)
        self.within(f"{field}.size", model.size, 64, 1024)
        self.that(f"{field}.size", model.size % 8 == 0, "must be a multiple of 8")

    def within(self, field: str, number: int, least: int, most: int) -> None:
        self.that(field, least <= number <= most, f"must be {least:,} to {most:,}")

    def done(self) -> None:
        if self._violations:
            raise InvalidRequest(*self._violations)
