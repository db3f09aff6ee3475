"""Messages from and to values; every field that comes in is checked."""

import math
import re

from google.protobuf.message import DecodeError
from google.protobuf.timestamp_pb2 import Timestamp

from cygnet.internal.v1 import results_pb2
from cygnet.leaderboard.values import Leaderboard, Result, Standing
from cygnet.platform.errors import FieldViolation, InvalidRequest
from cygnet.platform.text import control_characters
from cygnet.v1 import leaderboard_pb2, submission_pb2

DEFAULT_LIMIT = 20
MAX_LIMIT = 100
MAX_RESULTS = 500
_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_ID = re.compile(r"[a-z2-7]{26}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_ROUNDING = 1e-9
"""A cosine may leave [-1, 1] by what float64 rounds."""
_MAX_MS = 253_402_300_799_999
"""The end of the year 9999."""


def limit(asked: int) -> int:
    """Returns how many standings are asked for; raises InvalidRequest."""
    if asked > MAX_LIMIT:
        raise InvalidRequest(FieldViolation("limit", f"at most {MAX_LIMIT}"))
    return asked or DEFAULT_LIMIT


def participant_id(asked: str) -> str:
    """Returns whose standing is asked for; raises InvalidRequest."""
    if not _ID.fullmatch(asked):
        raise InvalidRequest(FieldViolation("participant_id", "26 characters of a-z and 2-7"))
    return asked


def results(request: results_pb2.RecordResultsRequest) -> list[Result]:
    """Returns the results to append; raises InvalidRequest with every field that is out of its bounds."""
    wrong: list[FieldViolation] = []
    if not _NAME.fullmatch(request.contest):
        wrong.append(FieldViolation("contest", "1 to 63 characters of a-z, 0-9 and -"))
    if not 1 <= len(request.results) <= MAX_RESULTS:
        wrong.append(FieldViolation("results", f"1 to {MAX_RESULTS}"))
    for i, result in enumerate(request.results[:MAX_RESULTS]):
        drawn = _parsed(result.result)
        for field, holds, words in (
            ("delivery_id", _ID.fullmatch(result.delivery_id), "26 characters of a-z and 2-7"),
            ("participant_id", _ID.fullmatch(result.participant_id), "26 characters of a-z and 2-7"),
            ("nickname", 1 <= len(result.nickname) <= 256, "1 to 256 characters"),
            ("nickname", not control_characters(result.nickname), "no control characters"),
            ("target", _NAME.fullmatch(result.target), "1 to 63 characters of a-z, 0-9 and -"),
            ("result.picture_sha256", _SHA256.fullmatch(drawn.picture_sha256), "64 hex digits"),
            ("result.score", 0 <= drawn.score <= 100, "0 to 100"),
            ("result.cosine", math.fabs(drawn.cosine) <= 1 + _ROUNDING, "-1 to 1"),
            ("delivered_at", 0 < _ms(result.delivered_at) <= _MAX_MS, "when it was delivered"),
        ):
            if not holds:
                wrong.append(FieldViolation(f"results.{i}.{field}", words))
    if wrong:
        raise InvalidRequest(*wrong)
    return [_result(result) for result in request.results]


def leaderboard(value: Leaderboard) -> leaderboard_pb2.Leaderboard:
    """Returns the message of a leaderboard."""
    message = leaderboard_pb2.Leaderboard(
        revision=value.revision,
        target=value.target,
        standings=map(standing, value.standings),
        participants=value.participants,
        phase=value.contest.phase,
    )
    if value.frozen_ms is not None:
        message.frozen_at.FromMilliseconds(value.frozen_ms)
    if value.contest.next_change_ms is not None:
        message.next_change.FromMilliseconds(value.contest.next_change_ms)
    return message


def standing(value: Standing) -> leaderboard_pb2.Standing:
    """Returns the message of a standing."""
    achieved_at = Timestamp()
    achieved_at.FromMilliseconds(value.row.achieved_ms)
    return leaderboard_pb2.Standing(
        rank=value.rank,
        participant_id=value.row.participant_id,
        nickname=value.row.nickname,
        score=value.row.score,
        picture_sha256=value.row.picture_sha256,
        achieved_at=achieved_at,
        decimals=value.decimals,
    )


def _result(message: results_pb2.DeliveredResult) -> Result:
    drawn = _parsed(message.result)
    return Result(
        delivery_id=message.delivery_id,
        participant_id=message.participant_id,
        nickname=message.nickname,
        target=message.target,
        picture_sha256=drawn.picture_sha256,
        score=drawn.score,
        cosine=drawn.cosine,
        delivered_ms=_ms(message.delivered_at),
        policy_generation=message.policy_generation,
    )


def _parsed(result: bytes) -> submission_pb2.Result:
    try:
        return submission_pb2.Result.FromString(result)
    except DecodeError:
        raise InvalidRequest(FieldViolation("results.result", "a serialized cygnet.v1.Result")) from None


def _ms(moment: Timestamp) -> int:
    # The well-known type's own conversion raises for what no calendar has.
    return moment.seconds * 1000 + moment.nanos // 1_000_000
