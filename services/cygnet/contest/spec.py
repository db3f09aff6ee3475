"""The `Contest` resource as people write it: its shape, its bounds, and the rules between its fields.

This is their one source. The CustomResourceDefinition and its reference page are generated from it (`make crd`), so
the API server refuses what `cygnet apply` refuses, in the same words; `document.py` holds what services receive against
it. Docstrings are the descriptions that `kubectl explain` shows.
"""

from datetime import datetime, timedelta
from typing import Annotated, Literal

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from cygnet.contest.fields import ModelSource, Resources, Titles
from cygnet.contest.limits import Admission, Dedup, RateLimit
from cygnet.contest.rules import Duration, ListType, Rule, SpecModel, Time, matching

GROUP = "cygnet.dev"
VERSION = "v1alpha1"

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
    "snow-duck",
    "night-duck",
    "sea-duck",
    "sea-swan",
    "meadow-swan",
    "sunset-swan",
]

MAX_TARGETS = 8

_LONGEST_WINDOW = timedelta(days=31)
_NAME = "[a-z0-9]([a-z0-9-]{0,48}[a-z0-9])?"
_NAME_WORDS = "use 1 to 50 characters of a-z, 0-9 and -, with no - at either end; other objects are named after it"
_INT32: JsonDict = {"format": "int32"}
_INT64: JsonDict = {"format": "int64"}
_LOCAL_ONLY: JsonDict = {"x-local-only": True}
"""Marks a field that has no meaning on Kubernetes: `crd.py` leaves it out."""


class ConfigMapKeyRef(SpecModel):
    """A PNG, JPEG, WebP or GIF of 64 to 4096 pixels a side in a ConfigMap of the same namespace: kubectl create
    configmap NAME --from-file=KEY. Without Kubernetes, the file of the key's name beside the document. It is stored,
    shown and scored as an upright square of 8-bit RGB, at most 768 pixels a side.
    """

    name: str = Field(min_length=1, max_length=253)
    """The ConfigMap."""
    key: Annotated[
        str,
        Field(min_length=5, max_length=253),
        Rule(
            "targets are pictures: name a key that ends in .png, .jpg, .jpeg, .webp or .gif",
            "self.matches('[.](png|jpe?g|webp|gif)$')",
            lambda key: key.endswith((".png", ".jpg", ".jpeg", ".webp", ".gif")),
        ),
    ]
    """The key, ending in .png, .jpg, .jpeg, .webp or .gif."""


class Image(SpecModel):
    """Where the picture comes from. Exactly one of its fields."""

    builtin: Builtin | None = None
    """A picture that comes with Cygnet, a duck or a swan on a pond, flat or in another style."""
    file: str | None = Field(default=None, json_schema_extra=_LOCAL_ONLY)
    """A picture file, relative to the document; only where there is no Kubernetes."""
    config_map_key_ref: ConfigMapKeyRef | None = None

    rules = (
        Rule(
            "give exactly one of builtin and configMapKeyRef (or file, without Kubernetes)",
            "has(self.builtin) != has(self.configMapKeyRef)",
            lambda image: [image.builtin, image.file, image.config_map_key_ref].count(None) == 2,
        ),
    )


class TargetSpec(SpecModel):
    """A picture to imitate."""

    name: Annotated[
        str,
        Field(min_length=1, max_length=63),
        matching("[a-z0-9]([a-z0-9-]*[a-z0-9])?", "use a-z, 0-9 and -, with no - at either end"),
    ]
    """The target's name, unique in the contest."""
    image: Image
    description: Annotated[str | None, Field(max_length=300)] = None
    """What the picture shows, in words that the generator knows; players never see it. From it follow the seed, with
    which each word of a description is worth something, and what `cygnet doctor` tries. A builtin picture has one."""


class Window(SpecModel):
    """A time in which pictures are drawn."""

    opens: Annotated[datetime, Time()]
    """RFC 3339 with an offset, as 2026-10-26T09:00:00+09:00."""
    closes: Annotated[datetime, Time()]
    """RFC 3339 with an offset, as 2026-10-26T18:00:00+09:00."""

    rules = (
        Rule(
            "a window must close after it opens: check the date and the offset (+09:00) of both",
            "self.closes > self.opens",
            lambda window: window.closes > window.opens,
        ),
        Rule(
            "a window may last at most 31 days; give several",
            "self.closes - self.opens <= duration('744h')",
            lambda window: window.closes - window.opens <= _LONGEST_WINDOW,
        ),
    )


class Schedule(SpecModel):
    """When the contest is open. Outside its windows there are no replicas, so no GPU is held."""

    windows: Annotated[
        tuple[Window, ...],
        Field(max_length=32),
        ListType("map", "opens"),
        Rule(
            "list the windows in the order of their opening",
            "self.map(w, w.opens).isSorted()",
            lambda windows: all(a.opens <= b.opens for a, b in zip(windows, windows[1:], strict=False)),
        ),
        Rule(
            "windows must not overlap: close one before the next opens",
            "self.all(a, self.filter(b, a.opens < b.closes && b.opens < a.closes).size() <= 1)",
            lambda windows: all(a.closes <= b.opens for a, b in zip(windows, windows[1:], strict=False)),
        ),
    ] = ()
    """The times in which submissions are taken and drawn, in order. Without any the contest is open as long as it
    exists.
    """
    prewarm: Annotated[int, Duration("6h")] = 900_000
    """How long before a window opens its replicas start, 0s to 6h: a model needs time to load."""


class Generator(SpecModel):
    """The text-to-image model."""

    source: ModelSource = "builtin://cygnet-tiny"
    """builtin://NAME, hf://ORG/NAME[@REVISION], s3://BUCKET/PATH, pvc://CLAIM/PATH or an absolute path inside the
    image.
    """
    steps: int | None = Field(default=None, ge=1, le=50)
    """Scheduler steps for one picture. Left out, the model's own default."""
    size: int = Field(default=256, ge=64, le=1024, multiple_of=64)
    """Width and height of a picture in pixels, a multiple of 64."""


class Scorer(SpecModel):
    """The similarity model."""

    source: ModelSource = "builtin://cygnet-clip"
    """As the generator's source."""


class Rollout(SpecModel):
    """How a changed model takes over from the one in use. It needs room for one step of further replicas."""

    step: Annotated[
        str,
        Field(max_length=4),
        matching(
            "[1-9][0-9]{0,2}|([1-9][0-9]?|100)%", 'write a share from "1%" to "100%" or a number from "1" to "999"'
        ),
    ] = "25%"
    """How many new replicas start at a time: a share of all, as 25%, or a number, as 1. The part of the replicas that
    has the changed model draws that part of the new jobs.
    """
    pause: Annotated[int, Duration("1h")] = 120_000
    """How long a new replica must have served before the next step, 0s to 1h."""


class ModelSpec(SpecModel):
    """What draws and what scores."""

    generator: Generator = Generator()
    scorer: Scorer = Scorer()
    rollout: Rollout = Rollout()


class Toleration(SpecModel):
    """A taint to put up with."""

    key: str | None = Field(default=None, max_length=316)
    """The taint's key."""
    operator: Literal["Exists", "Equal"] | None = None
    """Exists ignores the value."""
    value: str | None = Field(default=None, max_length=63)
    """The taint's value."""
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"] | None = None
    """Left out means every effect."""
    toleration_seconds: int | None = Field(default=None, json_schema_extra=_INT64)
    """How long a NoExecute taint is put up with."""

    rules = (
        Rule(
            "operator Exists takes no value: leave it out, or use Equal",
            "!(has(self.operator) && self.operator == 'Exists' && has(self.value))",
            lambda toleration: toleration.operator != "Exists" or toleration.value is None,
        ),
        Rule(
            "without a key the operator must be Exists",
            "has(self.key) || (has(self.operator) && self.operator == 'Exists')",
            lambda toleration: toleration.key is not None or toleration.operator == "Exists",
        ),
    )


class Gpu(SpecModel):
    """How many replicas of the models run, and on which nodes."""

    replicas: int = Field(default=1, ge=0, le=1000, json_schema_extra=_INT32)
    """Replicas while the contest is open; also kubectl scale contest/NAME --replicas=N. With autoscaling, where it
    starts.
    """
    per_replica: Resources = {}
    """Resources of one replica, as {nvidia.com/gpu: 1}; request and limit. Empty: the CPU draws. What names no cpu and
    memory requests 500m and 768Mi, without a limit.
    """
    node_selector: Annotated[dict[str, Annotated[str, Field(max_length=63)]], Field(max_length=32)] = {}
    """Labels that a node must have."""
    tolerations: Annotated[tuple[Toleration, ...], Field(max_length=32), ListType("atomic")] = ()
    """Taints that replicas put up with, as in a pod."""


class Autoscaling(SpecModel):
    """Replicas follow the number of waiting drawings while the contest is open. Needs KEDA, or a metrics adapter that
    serves cygnet_dedup_queue_length.
    """

    min_replicas: int = Field(default=1, ge=1, le=1000, json_schema_extra=_INT32)
    """The fewest replicas while the contest is open."""
    max_replicas: int = Field(ge=1, le=1000, json_schema_extra=_INT32)
    """The most."""
    pending_per_replica: int = Field(default=4, ge=1, le=10_000)
    """Waiting drawings per replica up to which none is added."""

    rules = (
        Rule(
            "minReplicas must not be larger than maxReplicas",
            "self.minReplicas <= self.maxReplicas",
            lambda autoscaling: autoscaling.min_replicas <= autoscaling.max_replicas,
        ),
    )


class LeaderboardSpec(SpecModel):
    """How the ranking is shown."""

    decimals: int = Field(default=2, ge=0, le=4)
    """Decimals that are shown; more where neighbours tie. Scores are stored in full precision."""
    freeze_before: Annotated[int, Duration("24h")] = 0
    """How long before the last window closes the ranking that players see stands still, 0s to 24h; they play on, and
    organisers see everything. 0s: never.
    """
    staff: Annotated[
        tuple[Annotated[str, Field(min_length=1, max_length=24, description="A nickname.")], ...],
        Field(max_length=100),
        ListType("set"),
    ] = ()
    """Nicknames that play and are not ranked."""


class Spec(SpecModel):
    """What the contest is. Every field but targets may be changed while it runs."""

    title: Titles
    """The title by language tag, at least English: {en: Draw the duck, ko: 오리를 그려 주세요}. 1 to 100 characters
    each.
    """
    targets: Annotated[tuple[TargetSpec, ...], Field(min_length=1, max_length=MAX_TARGETS), ListType("map", "name")]
    """What to imitate. A participant's best score per target counts. Fixed once the contest has opened."""
    max_prompt_chars: int = Field(default=300, ge=10, le=300)
    """Prompts may have at most this many characters."""
    schedule: Schedule = Schedule()
    paused: bool = False
    """While true no submission is taken, nothing is drawn, and no GPU is held. What waits keeps its place."""
    model: ModelSpec = ModelSpec()
    gpu: Gpu = Gpu()
    autoscaling: Autoscaling | None = None
    admission: Admission = Admission()
    rate_limit: RateLimit = RateLimit()
    dedup: Dedup = Dedup()
    leaderboard: LeaderboardSpec = LeaderboardSpec()
    retention: Annotated[int, Duration("87600h", least="24h")] = 2_592_000_000
    """How long after the last window's end what people wrote and drew is kept, 24h to 87600h. Then submissions, results
    and pictures are deleted for good, and the ranking is empty; cygnet contest expiry says when, and what. A contest
    without windows has no end, and is kept for as long as it exists.
    """

    rules = (
        Rule(
            "must lie between autoscaling.minReplicas and autoscaling.maxReplicas: change one of them",
            "!has(self.autoscaling) || (self.gpu.replicas >= self.autoscaling.minReplicas"
            " && self.gpu.replicas <= self.autoscaling.maxReplicas)",
            lambda spec: (
                spec.autoscaling is None
                or spec.autoscaling.min_replicas <= spec.gpu.replicas <= spec.autoscaling.max_replicas
            ),
            field="gpu.replicas",
        ),
        Rule(
            "counts back from the last window's end: give schedule.windows, or leave it out",
            "!self.leaderboard.freezeBefore.matches('[1-9]') || self.schedule.windows.size() > 0",
            lambda spec: spec.leaderboard.freeze_before == 0 or bool(spec.schedule.windows),
            field="leaderboard.freezeBefore",
        ),
    )


class Metadata(SpecModel):
    """The contest's name; labels and annotations are Kubernetes' business and pass."""

    model_config = ConfigDict(extra="ignore", frozen=True)
    name: Annotated[str, matching(_NAME, _NAME_WORDS)]


class ContestSpec(SpecModel):
    """An AI drawing contest: people write prompts, a model draws them, and each drawing is scored against a target
    picture. One resource describes all of it; the operator does the rest.
    """

    api_version: Literal["cygnet.dev/v1alpha1"]
    kind: Literal["Contest"]
    metadata: Metadata
    spec: Spec

    rules = (
        # The schema of metadata is Kubernetes' own: what `Metadata` says of the name, the API server has to say here.
        Rule(f"metadata.name: {_NAME_WORDS}", f"self.metadata.name.matches('^({_NAME})$')"),
        Rule(
            "targets are fixed once the contest has opened, because scores against another picture do not compare; "
            "make a new Contest",
            "!has(oldSelf.status) || !has(oldSelf.status.openedAt) || self.spec.targets == oldSelf.spec.targets",
            field="spec.targets",
        ),
    )
