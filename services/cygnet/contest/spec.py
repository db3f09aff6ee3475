"""The `Contest` resource as people write it, and the document that services hold.

The same YAML serves with Kubernetes and without. Here is its shape; what values are allowed is in `checks.py`,
where the services check again what they receive.
"""

import hashlib
from importlib import resources
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import ConfigDict, Field, ValidationError

from cygnet.contest.checks import MAX_TARGET_BYTES, check_document, check_target_picture
from cygnet.contest.part import Milliseconds, Part, duration_ms
from cygnet.contest.running import Autoscaling, Captcha, Gpu, Rollout, Schedule
from cygnet.internal.v1 import document_pb2
from cygnet.platform.errors import FieldViolation, InvalidRequest
from cygnet.v1 import contest_pb2

_SCOPES = {
    "contest": document_pb2.DEDUP_SCOPE_CONTEST,
    "participant": document_pb2.DEDUP_SCOPE_PARTICIPANT,
}


Builtin = Literal[
    "duck",
    "duck-line",
    "duck-crayon",
    "duck-watercolour",
    "duck-pixel",
    "swan",
    "swan-line",
    "swan-crayon",
    "swan-watercolour",
    "swan-pixel",
]


class ConfigMapKeyRef(Part):
    """A key of a ConfigMap."""

    name: str
    key: str


class Image(Part):
    """Where a target's picture comes from: exactly one of these."""

    builtin: Builtin | None = None
    """A picture that comes with Cygnet: a duck or a swan on a pond, flat or in another style."""
    file: str | None = None
    """A PNG file, relative to the document; only where there is no Kubernetes."""
    config_map_key_ref: ConfigMapKeyRef | None = None
    """A PNG in a ConfigMap. Without Kubernetes, the file of the key's name beside the document."""


class TargetSpec(Part):
    """A picture to imitate."""

    name: str
    image: Image


class Generator(Part):
    """The text-to-image model."""

    source: str = "builtin://cygnet-tiny"
    steps: int | None = None
    """Scheduler steps; left out, what suits the embedded model."""
    size: int = 256


class Scorer(Part):
    """The similarity model."""

    source: str = "builtin://cygnet-clip"


class ModelSpec(Part):
    """How pictures are drawn and scored."""

    generator: Generator = Generator()
    scorer: Scorer = Scorer()
    rollout: Rollout = Rollout()


class PerParticipant(Part):
    """Limits on one participant's new drawings."""

    every: Milliseconds = 10_000
    burst: int = 3
    pending: int = 2


class PerContest(Part):
    """Limits on all drawings together."""

    max_predicted_wait: Milliseconds = 300_000


class RateLimit(Part):
    """Who may add how much work."""

    per_participant: PerParticipant = PerParticipant()
    contest: PerContest = PerContest()


class Dedup(Part):
    """Whose earlier drawing answers a repeated prompt."""

    scope: Literal["contest", "participant"] = "contest"


class LeaderboardSpec(Part):
    """How the ranking is shown."""

    decimals: int = 2
    freeze_before: Milliseconds = 0
    """Players see a still ranking for so long before the last window closes."""
    staff: tuple[str, ...] = ()


class Spec(Part):
    """What a contest is."""

    title: dict[str, str]
    targets: tuple[TargetSpec, ...]
    max_prompt_chars: int = 300
    model: ModelSpec = ModelSpec()
    rate_limit: RateLimit = RateLimit()
    dedup: Dedup = Dedup()
    leaderboard: LeaderboardSpec = LeaderboardSpec()
    captcha: Captcha = Captcha()
    schedule: Schedule = Schedule()
    gpu: Gpu = Gpu()
    autoscaling: Autoscaling | None = None
    paused: bool = False
    """No submission is taken while it is true. On Kubernetes nothing is drawn either; what waits keeps its place."""


class Metadata(Part):
    """The contest's name; labels and annotations are Kubernetes' business and pass."""

    model_config = ConfigDict(extra="ignore", frozen=True)
    name: str


class ContestSpec(Part):
    """The whole resource."""

    api_version: Literal["cygnet.dev/v1alpha1"]
    kind: Literal["Contest"]
    metadata: Metadata
    spec: Spec = Field()


__all__ = ["ContestSpec", "Spec", "builtin_picture", "duration_ms", "read_contest", "to_document"]

MAX_FILE_BYTES = 1_048_576
"""Of a contest file. Kubernetes takes no larger resource either (etcd's limit is 1.5 MiB)."""
DEFAULT_STEPS = 10
"""Scheduler steps that suit the embedded model."""


def read_contest(path: Path) -> tuple[document_pb2.ContestDocument, list[bytes]]:
    """Reads a contest from a YAML file.

    Returns the document (generation 0: the next one) and the PNG bytes of its targets, in their order.
    Raises InvalidRequest with one violation per wrong field, named as in the file.
    """
    try:
        raw: Any = yaml.safe_load(_contents(path).decode())
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InvalidRequest(FieldViolation(str(path), f"this is no YAML: {error}")) from None
    try:
        contest = ContestSpec.model_validate(raw)
    except ValidationError as error:
        raise InvalidRequest(
            *(
                FieldViolation(".".join(map(str, e["loc"])) or "document", e["msg"].removeprefix("Value error, "))
                for e in error.errors()
            )
        ) from None
    pictures = [
        _picture(target, path.parent, f"spec.targets.{i}.image") for i, target in enumerate(contest.spec.targets)
    ]
    document = to_document(contest, pictures)
    check_document(document)
    return document, pictures


def to_document(contest: ContestSpec, pictures: list[bytes]) -> document_pb2.ContestDocument:
    """Returns the document that services hold; `pictures` are the PNG bytes of the targets, in their order."""
    spec = contest.spec
    steps = spec.model.generator.steps
    return document_pb2.ContestDocument(
        contest=contest_pb2.Contest(
            name=contest.metadata.name,
            title=spec.title,
            targets=[
                contest_pb2.Target(name=target.name, picture_sha256=hashlib.sha256(picture).hexdigest())
                for target, picture in zip(spec.targets, pictures, strict=True)
            ],
            decimals=spec.leaderboard.decimals,
            max_prompt_chars=spec.max_prompt_chars,
            windows=[contest_pb2.Window(opens=window.opens, closes=window.closes) for window in spec.schedule.windows],
            paused=spec.paused,
            freeze_before_ms=spec.leaderboard.freeze_before,
        ),
        model=document_pb2.Model(
            generator_source=spec.model.generator.source,
            steps=DEFAULT_STEPS if steps is None else steps,
            size=spec.model.generator.size,
            scorer_source=spec.model.scorer.source,
        ),
        admission=document_pb2.AdmissionPolicy(
            every_ms=spec.rate_limit.per_participant.every,
            burst=spec.rate_limit.per_participant.burst,
            pending=spec.rate_limit.per_participant.pending,
            max_predicted_wait_ms=spec.rate_limit.contest.max_predicted_wait,
            dedup_scope=_SCOPES[spec.dedup.scope],
        ),
        staff=spec.leaderboard.staff,
    )


def _contents(path: Path) -> bytes:
    # Bounded before it is parsed: the path may name a device that never ends.
    try:
        with path.open("rb") as file:
            contents = file.read(MAX_FILE_BYTES + 1)
    except FileNotFoundError:
        raise InvalidRequest(FieldViolation(str(path), "there is no such file")) from None
    except OSError as error:
        raise InvalidRequest(FieldViolation(str(path), f"this file cannot be read: {error.strerror}")) from None
    if len(contents) > MAX_FILE_BYTES:
        raise InvalidRequest(FieldViolation(str(path), f"larger than {MAX_FILE_BYTES} bytes: this is no contest"))
    return contents


def builtin_picture(name: str) -> bytes:
    """Returns the PNG bytes of a picture that comes with Cygnet."""
    return resources.files("cygnet.contest").joinpath("targets", f"{name}.png").read_bytes()


def _picture(target: TargetSpec, folder: Path, field: str) -> bytes:
    image = target.image
    if sum(given is not None for given in (image.builtin, image.file, image.config_map_key_ref)) != 1:
        raise InvalidRequest(FieldViolation(field, "give one of `builtin`, `file` and `configMapKeyRef`"))
    if image.builtin is not None:
        return builtin_picture(image.builtin)
    if image.config_map_key_ref is not None:
        return _picture_in(folder, image.config_map_key_ref.key, f"{field}.configMapKeyRef.key")
    return _picture_in(folder, str(image.file), f"{field}.file")


def _picture_in(folder: Path, name: str, field: str) -> bytes:
    path = folder / name
    if not path.is_file():
        raise InvalidRequest(FieldViolation(field, f"there is no file {path}"))
    if path.stat().st_size > MAX_TARGET_BYTES:
        raise InvalidRequest(FieldViolation(field, f"larger than {MAX_TARGET_BYTES} bytes"))
    picture = path.read_bytes()
    check_target_picture(picture, field)
    return picture
