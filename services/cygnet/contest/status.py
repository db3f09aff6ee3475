"""The status of the `Contest` resource: its shape, from which the schema is generated. The operator alone writes it."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, WithJsonSchema

from cygnet.contest.rules import ListType, SpecModel

Int32 = Annotated[int, WithJsonSchema({"type": "integer", "format": "int32"})]
Int64 = Annotated[int, WithJsonSchema({"type": "integer", "format": "int64"})]


class Phase(StrEnum):
    """Where a contest stands; the first word that people read."""

    SCHEDULED = "Scheduled"
    PREWARMING = "Prewarming"
    RUNNING = "Running"
    PAUSED = "Paused"
    FROZEN = "Frozen"
    FINISHED = "Finished"


class ModelInUse(SpecModel):
    """The model in use, under the names that replicas know: while a changed one takes over, the former."""

    generator: str | None = None
    """What draws."""
    scorer: str | None = None
    """What scores."""
    steps: int | None = None
    """Scheduler steps for one picture; 0: the model's own default."""
    size: int | None = None
    """Width and height of a picture in pixels."""


class PolicyInForce(SpecModel):
    """The newest generation that every replica of the services has acknowledged, and how many have the present one."""

    generation: Int64 | None = None
    """The contest's generation that is in force everywhere."""
    replicas: str | None = None
    """Acknowledged of all, as 4/4, for the present generation."""


class Top(SpecModel):
    """Who leads, on the first target."""

    nickname: str | None = None
    """The participant's nickname."""
    score: str | None = None
    """The score, as shown."""
    summary: str | None = None
    """Both in one."""


class Condition(SpecModel):
    """One condition, as metav1.Condition."""

    type: str = Field(max_length=316)
    """Which condition."""
    status: Literal["True", "False", "Unknown"]
    """Whether it holds."""
    reason: str = Field(max_length=128)
    """Why, for programs; UpperCamelCase."""
    message: str = Field(max_length=4096)
    """Why, for people."""
    observed_generation: Int64 | None = None
    """The generation that it is about."""
    last_transition_time: datetime
    """When its status last changed."""


class Status(SpecModel):
    """What the operator sees. Written by the operator alone."""

    observed_generation: Int64 | None = None
    """The generation of the spec that this status is about."""
    phase: Phase | None = None
    """Where the contest stands by its schedule; programs look at the conditions instead."""
    opened_at: datetime | None = None
    """When it first opened; targets are fixed from then on."""
    next_change: datetime | None = None
    """When the schedule next changes something."""
    replicas: Int32 | None = None
    """Replicas that exist."""
    ready_replicas: Int32 | None = None
    """Replicas that serve."""
    selector: str | None = None
    """The label selector of the replicas, for kubectl scale and autoscalers."""
    url: str | None = None
    """Where people play."""
    model: ModelInUse | None = None
    policy_in_force: PolicyInForce | None = None
    participants: Int64 | None = None
    """People who submitted a prompt."""
    submissions: Int64 | None = None
    """Submissions that were taken."""
    queue_wait: str | None = None
    """How long the oldest waiting prompt has waited."""
    top: Top | None = None
    conditions: Annotated[tuple[Condition, ...], ListType("map", "type")] | None = None
    """Ready, ModelsReady, PolicyInForce, TargetsFair. Positive polarity; reasons are part of the contract."""
