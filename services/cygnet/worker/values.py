"""The words of this service, as values, and what can become of a drawing."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Target:
    """A picture to imitate."""

    name: str
    picture_sha256: str


@dataclass(frozen=True)
class Model:
    """How a picture is to be drawn and scored."""

    generator_source: str
    steps: int
    size: int
    """Pixels, width and height."""
    scorer_source: str


@dataclass(frozen=True)
class Job:
    """One drawing to make, under a lease."""

    contest: str
    fingerprint: str
    fence: int
    lease_s: float
    """The lease ends after so many seconds without a heartbeat."""
    prompt: str = field(repr=False)
    seed: int
    target: Target
    model: Model
    attempt: int


@dataclass(frozen=True)
class Explanation:
    """Why a score is what it is, as far as the scorer can tell."""

    what_score: float | None
    """What is there, 0 to 100."""
    look_score: float | None
    """How it looks, 0 to 100."""
    heat: bytes = field(repr=False)
    """A byte for each region of a square grid, row by row; empty where there is no map."""


@dataclass(frozen=True)
class Scored:
    """A picture that was drawn and scored, and who did that."""

    picture: bytes = field(repr=False)
    score: float
    cosine: float
    explanation: Explanation
    generator_digest: str
    scorer_digest: str
    calibration_id: str


@dataclass(frozen=True)
class Result:
    """What a job is completed with."""

    picture_sha256: str
    score: float
    cosine: float
    explanation: Explanation
    seed: int
    generator_digest: str
    scorer_digest: str
    calibration_id: str


@dataclass(frozen=True)
class Failure:
    """Why a job has no picture, for good."""

    reason: str
    """DRAWING_FAILED."""
    message: str


class CannotDraw(Exception):
    """This job fails, openly: drawing it again would not help."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.failure = Failure(reason, message)
