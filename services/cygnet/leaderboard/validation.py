"""What may be delivered; every field of it is checked here."""

from google.protobuf.message import DecodeError

from cygnet.internal.v1 import results_pb2
from cygnet.leaderboard.values import LogEntry
from cygnet.platform.validation import ID, NAME, SHA256, Violations

MAX_RESULTS = 500
_MAX_MS = 253_402_300_799_999
"""The end of the year 9999."""


def checked_entries(request: results_pb2.RecordResultsRequest) -> list[LogEntry]:
    """Returns the results to append.

    Raises:
        InvalidRequest: with every field that is out of its bounds.
    """
    violations = Violations()
    violations.matches("contest", request.contest, NAME)
    violations.require("results", 1 <= len(request.results) <= MAX_RESULTS, f"must be 1 to {MAX_RESULTS}")
    entries = []
    for i, delivery in enumerate(request.results[:MAX_RESULTS]):
        try:
            entries.append(LogEntry.parse(delivery))
        except DecodeError:
            violations.require(f"results.{i}.result", False, "must be a serialized cygnet.v1.Result")
        else:
            _check_entry(entries[-1], f"results.{i}", violations)
    violations.done()
    return entries


def _check_entry(entry: LogEntry, field: str, violations: Violations) -> None:
    delivery, result = entry.delivery, entry.result
    violations.matches(f"{field}.delivery_id", delivery.delivery_id, ID)
    violations.matches(f"{field}.participant_id", delivery.participant_id, ID)
    violations.line(f"{field}.nickname", delivery.nickname, 1, 256)
    violations.matches(f"{field}.target", delivery.target, NAME)
    violations.require(f"{field}.delivered_at", 0 < entry.delivered_ms <= _MAX_MS, "must be when it was delivered")
    violations.matches(f"{field}.result.picture_sha256", result.picture_sha256, SHA256)
    if result.pixels_sha256:
        violations.matches(f"{field}.result.pixels_sha256", result.pixels_sha256, SHA256)
    violations.within(f"{field}.result.score", result.score, 0, 100)
    violations.cosine(f"{field}.result.cosine", result.cosine)
