"""What this service knows and no message says. Everything else is the protobuf message itself."""

from dataclasses import dataclass

from cygnet.internal.v1 import dedup_pb2, document_pb2
from cygnet.v1 import submission_pb2

Lease = dedup_pb2.Job | dedup_pb2.HeartbeatRequest | dedup_pb2.CompleteRequest | dedup_pb2.ReleaseRequest
"""What a worker shows to act on its job: the contest, the job's fingerprint, and the claim's fence."""
Served = document_pb2.Model | dedup_pb2.ClaimRequest
"""Names the models that a worker's Triton has loaded, by their sources."""


@dataclass(frozen=True)
class Bucket:
    """A token bucket: one token every `every_ms`, at most `burst` at once."""

    every_ms: int
    burst: int


@dataclass(frozen=True)
class Admission:
    """A request to be admitted with all that follows from it: what the admission script is given."""

    request: dedup_pb2.AdmitRequest
    model: document_pb2.Model
    """The one of the request's models that draws this prompt."""
    submission_id: str
    fingerprint: str
    canonical_prompt: str
    pace: "Pace"
    max_queue: int
    """New work is refused where this many jobs would come before it."""
    lot: int = 0
    """The participant's place among those who come when a window has just opened (identity.lot)."""


@dataclass(frozen=True)
class Pace:
    """How fast this contest's pictures are drawn, as measured lately."""

    durations_ms: tuple[int, ...]
    """How long the last drawings took, newest first."""
    drawers: int
    """How many drawings are made at the same time."""
    last_poll_ms: int = 0
    """When a worker last asked for this contest's work, or renewed a lease; 0: never."""
    turns: tuple[tuple[int, int], ...] = ()
    """The classes of the last claims, and when they were made, newest first."""


@dataclass(frozen=True)
class Place:
    """A waiting job's place in the queue, and what its wait follows from."""

    tag: int
    rank: int
    """In the queue, in which each class's jobs follow those of the class before."""
    waiting: tuple[int, ...]
    """How many jobs of each class wait."""
    clock: tuple[int, ...]
    """classes.CLOCK_FIELDS."""


@dataclass(frozen=True)
class Decision:
    """What the admission script decided."""

    outcome: str
    """known, accepted, coalesced, repeated; or REQUEST_ID_REUSED and the reasons of refusals."""
    wait_ms: int
    """For a bucket's refusal: when it has a token again, exactly. For QUEUE_FULL: when its place in line will do."""
    submission: submission_pb2.Submission | None = None
    """How the submission stands, where it was admitted now."""
    pace: Pace | None = None
    """How fast pictures were drawn at that moment."""
    place: Place | None = None
    """Where its job waits, if it does."""
    away_ms: int = 0
    """How long no worker had asked for work by then, in all."""


@dataclass(frozen=True)
class Claimed:
    """A job that a worker was given."""

    job: dedup_pb2.Job
    queued_ms: int
    """When it was admitted."""


@dataclass(frozen=True)
class Completion:
    """What became of a result that was handed in."""

    after_ms: int | None
    """How long after the job's admission; None when it had been completed before."""
    kept: bool | None = None
    """Whether that was within the wait that nine in ten were promised; None where nothing was."""


@dataclass(frozen=True)
class Lengths:
    """How much there is of everything in a contest."""

    waiting: int
    """Jobs."""
    drawing: int
    """Jobs under a lease."""
    outbox: int
    """Scores that are not with the leaderboard yet."""
    oldest_ms: int | None
    """Since when the oldest waiting job waits."""
    submissions: int
    """That were ever admitted."""
    participants: int
    """Who made them."""
    by_class: tuple[int, ...] = ()
    """Waiting jobs of each class (classes.py)."""
    stuck: int = 0
    """Drawings that were taken, have not ended, and are neither in the queue nor under a lease."""
    fairness_gap: int = 0
    """How many drawings more than somebody who waits another one of their class got meanwhile, at most."""


@dataclass(frozen=True)
class Wait:
    """How long until the picture is there: half of such waits are shorter than p50, nine in ten than p90."""

    p50_ms: int
    p90_ms: int


@dataclass(frozen=True)
class Change:
    """What a script announced."""

    contest: str
    submission_ids: tuple[str, ...] = ()
    queue_moved: bool = False
    work_added: bool = False
    """A job became claimable."""
    outbox_grew: bool = False
