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
    """A participant's best result on one target."""

    best: LogEntry
    nickname: str
    """How the participant is called now."""
    steps: int
    """The score in steps of 0.0001: what is ranked."""


@dataclass(frozen=True)
class TopRows:
    """The head of one target's ranking, staff left out, read at one moment."""

    revision: int
    """How often something was recorded in the contest."""
    participants: int
    """How many have a standing, staff not counted."""
    rows: tuple[Row, ...]
    """Best first."""
    worse: Row | None
    """The first one after them with another score."""


@dataclass(frozen=True)
class OwnRow:
    """One participant's place in a ranking, and whose scores are next to it."""

    better: int
    """How many have a better score, staff not counted."""
    row: Row
    better_row: Row | None
    worse_row: Row | None
    staff: bool
    """Plays, and is not ranked."""
