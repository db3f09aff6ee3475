"""The words of this service, as values: what is delivered, how a participant stands."""

from dataclasses import dataclass

from cygnet.contest import phase


@dataclass(frozen=True)
class Result:
    """A score that reached a participant: one entry of the log."""

    delivery_id: str
    participant_id: str
    nickname: str
    """How the participant was called then."""
    target: str
    picture_sha256: str
    score: float
    """0 to 100, full precision."""
    cosine: float
    delivered_ms: int
    policy_generation: int


@dataclass(frozen=True)
class Row:
    """A participant's best result on one target, as the store knows it."""

    participant_id: str
    nickname: str
    """How the participant is called now."""
    steps: int
    """The score in steps of 0.0001: what is ranked."""
    score: float
    picture_sha256: str
    achieved_ms: int


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


@dataclass(frozen=True)
class Standing:
    """A participant's best result and its rank."""

    rank: int
    row: Row
    decimals: int
    """How many decimals tell this score from the nearest other ones."""


@dataclass(frozen=True, eq=False)
class Leaderboard:
    """The best standings of one target. Compared by identity: a watcher's message is made once for each."""

    revision: int
    """Grows with every result recorded, every change of the contest's document, and as its ranking stops or moves."""
    edition: int
    """The document that it was made with, and how many of its turning points had passed."""
    target: str
    participants: int
    standings: tuple[Standing, ...]
    frozen_ms: int | None
    """While the ranking stands still: since when, in ms since the epoch."""
    contest: phase.PhaseState
    """Whether the contest is open, and until when."""

    def shows_the_same_as(self, other: "Leaderboard") -> bool:
        """Tells whether a reader could not tell the two apart."""
        return (self.participants, self.standings, self.frozen_ms, self.contest) == (
            other.participants,
            other.standings,
            other.frozen_ms,
            other.contest,
        )
