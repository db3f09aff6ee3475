"""The words of this service, as values: what is asked for, what is drawn, how it stands."""

from dataclasses import dataclass
from enum import Enum


class Scope(Enum):
    """Whose earlier drawing answers a repeated prompt."""

    CONTEST = "contest"
    PARTICIPANT = "participant"


class State(Enum):
    """Where a submission stands; always that of its job."""

    QUEUED = "queued"
    DRAWING = "drawing"
    DONE = "done"
    FAILED = "failed"


class Answer(Enum):
    """How a submission was answered when it was admitted."""

    ACCEPTED = "accepted"
    COALESCED = "coalesced"
    REPEATED = "repeated"


@dataclass(frozen=True)
class Target:
    """A picture to imitate."""

    name: str
    picture_sha256: str


@dataclass(frozen=True)
class Served:
    """The models that a worker's Triton has loaded: it can draw jobs that ask for these."""

    generator_source: str
    scorer_source: str


@dataclass(frozen=True)
class Model:
    """How a picture is drawn and scored."""

    generator_source: str
    steps: int
    size: int
    scorer_source: str

    @property
    def needs(self) -> Served:
        """What a worker must serve."""
        return Served(self.generator_source, self.scorer_source)


@dataclass(frozen=True)
class Policy:
    """The limits that an admission meets."""

    generation: int
    every_ms: int
    burst: int
    pending: int
    max_predicted_wait_ms: int
    scope: Scope


@dataclass(frozen=True)
class Wish:
    """A submission that asks to be admitted, with its fields checked."""

    contest: str
    participant_id: str
    nickname: str
    request_id: str
    target: Target
    prompt: str
    model: Model
    policy: Policy
    next_model: Model | None = None
    """While a changed model takes over: the coming one."""
    next_share: int = 0
    """So many in a thousand prompts ask for it."""
    only_known: bool = False
    """Only a retry is answered."""


@dataclass(frozen=True)
class Order:
    """A wish with all that follows from it: what the admission script is given."""

    wish: Wish
    submission_id: str
    fingerprint: str
    canonical_prompt: str
    seed: int
    max_queue: int
    """New work is refused while this many jobs wait."""


@dataclass(frozen=True)
class Bucket:
    """A token bucket: one token every so many ms, at most `burst` at once."""

    every_ms: int
    burst: int


@dataclass(frozen=True)
class Result:
    """A picture and its score."""

    picture_sha256: str
    score: float
    cosine: float
    seed: int
    generator_digest: str
    scorer_digest: str
    calibration_id: str
    completed_ms: int
    what_score: float | None = None
    """None where the scorer has no such sub-score, as for all results before there were any."""
    look_score: float | None = None
    heat: bytes = b""
    """One byte for each region of a square grid; empty where there is no map."""


@dataclass(frozen=True)
class Completion:
    """What became of a result that was handed in."""

    in_force: Result
    """The first result of the job, which is the one for ever."""
    after_ms: int | None
    """How long after the job's admission; None when it had been completed before."""


@dataclass(frozen=True)
class Failure:
    """Why there is no picture."""

    reason: str
    message: str


@dataclass(frozen=True)
class Lease:
    """What a worker shows to act on its job."""

    contest: str
    fingerprint: str
    fence: int


@dataclass(frozen=True)
class Job:
    """One drawing to make, under a lease."""

    lease: Lease
    lease_ms: int
    prompt: str
    seed: int
    target: Target
    model: Model
    attempt: int
    queued_ms: int
    """When it was admitted."""


@dataclass(frozen=True)
class Pace:
    """How fast this contest's pictures are drawn, as measured lately."""

    durations_ms: tuple[int, ...]
    """How long the last drawings took, newest first."""
    drawers: int
    """How many drawings are made at the same time."""
    asked_ms: int = 0
    """When a worker last asked for this contest's work, or said that it draws; 0: never."""


@dataclass(frozen=True)
class Lengths:
    """How much there is of everything in a contest."""

    waiting: int
    """Jobs."""
    outbox: int
    """Scores that are not with the leaderboard yet."""
    oldest_ms: int | None
    """Since when the oldest waiting job waits."""
    submissions: int
    """That were ever admitted."""
    participants: int
    """Who made them."""


@dataclass(frozen=True)
class Record:
    """A submission as the store knows it."""

    submission_id: str
    participant_id: str
    revision: int
    target: str
    prompt: str
    state: State
    answer: Answer
    created_ms: int
    policy_generation: int
    position: int
    """Jobs that come before it, while queued."""
    started_ms: int
    """When its drawing began, while drawing."""
    result: Result | None
    failure: Failure | None


@dataclass(frozen=True)
class Decision:
    """What the admission script said."""

    outcome: str
    """known, accepted, coalesced, repeated; or REQUEST_ID_REUSED and the reasons of refusals."""
    wait_ms: int
    """For a bucket's refusal: when it has a token again. Exact."""
    queue_length: int
    """Jobs that waited at that moment."""
    record: Record | None = None
    """How the submission stands, where it was admitted now."""
    pace: Pace | None = None
    """How fast pictures were drawn at that moment."""


@dataclass(frozen=True)
class Wait:
    """How long until the picture is there: half of such waits are shorter than p50, nine in ten than p90."""

    p50_ms: int
    p90_ms: int


@dataclass(frozen=True)
class Snapshot:
    """A submission as its owner is told about it."""

    record: Record
    wait: Wait | None
    """While queued; None while too little was measured."""
    typical_ms: int
    """While drawing: how long the last drawings took, median; 0 while unknown."""
    no_worker: bool = False
    """While queued: no worker has asked for this contest's work lately."""


@dataclass(frozen=True)
class Delivery:
    """A score that reached a participant, on its way to the leaderboard."""

    entry_id: str
    """Its place in the outbox."""
    submission_id: str
    participant_id: str
    nickname: str
    target: str
    policy_generation: int
    delivered_ms: int
    result: Result


@dataclass(frozen=True)
class Change:
    """What a script announced."""

    contest: str
    submission_ids: tuple[str, ...] = ()
    queue_moved: bool = False
    work_added: bool = False
    """A job became claimable."""
    outbox_grew: bool = False
