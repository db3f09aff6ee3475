"""What this service knows beyond the messages: an entry of the log, and places in a ranking as the store reads them."""

from dataclasses import dataclass

from cygnet.internal.v1 import results_pb2
from cygnet.v1 import submission_pb2


@dataclass(frozen=True)
class LogEntry:
    """A score that reached a participant: the message as it came, and the result that it carries, parsed once."""

    delivery: results_pb2.DeliveredResult
    result: submission_pb2.Result

    @classmethod
    def parse(cls, delivery: results_pb2.DeliveredResult) -> "LogEntry":
        """Returns the entry of a delivery.

        Raises:
            google.protobuf.message.DecodeError: it carries no cygnet.v1.Result.
        """
        return cls(delivery, submission_pb2.Result.FromString(delivery.result))

    @property
    def delivered_ms(self) -> int:
        """When it was delivered, in ms since the epoch."""
        # The well-known type's own conversion raises for what no calendar has; this may be unchecked yet.
        return self.delivery.delivered_at.seconds * 1000 + self.delivery.delivered_at.nanos // 1_000_000


@dataclass(frozen=True)
class Row:
    """A participant's result with one picture on one target."""

    best: LogEntry
    nickname: str
    """How the participant is called now."""
    steps: int
    """The score in steps of 0.0001: what is ranked."""
    found_after: int
    """How many others had the same picture drawn after its finder, staff not counted."""


@dataclass(frozen=True)
class TopRows:
    """The head of one target's ranking, staff left out, read at one moment."""

    revision: int
    """How often something was recorded in the contest."""
    participants: int
    """How many have a standing, staff not counted."""
    rows: tuple[Row, ...]
    """Everybody's best find, best first."""
    worse: Row | None
    """The first one after them with another score."""


@dataclass(frozen=True)
class Place:
    """A place in a ranking, and whose scores are next to it."""

    before: int
    """How many stand before it, staff not counted."""
    row: Row
    better_row: Row | None
    worse_row: Row | None


@dataclass(frozen=True)
class Finder:
    """Who had a picture drawn first."""

    participant_id: str
    nickname: str


@dataclass(frozen=True)
class OwnRows:
    """How one participant stands."""

    best: Place | None
    """The best result, where it is a picture that somebody else had found and no find is as good."""
    finder: Finder | None
    """Who had found that picture."""
    find: Place | None
    """The best find; None where every picture had been found before."""


STAFF = OwnRows(None, None, None)
"""Plays, and is not ranked."""
