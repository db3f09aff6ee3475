"""When a contest runs and on what: the parts of the contest file that the operator acts on.

One machine (`cygnet apply`) reads them too, so that one file serves everywhere, and has no use for most of them.
"""

from typing import Literal, Self

from pydantic import AwareDatetime, Field, model_validator

from cygnet.contest.part import Milliseconds, Part


class Window(Part):
    """A time in which pictures are drawn."""

    opens: AwareDatetime
    closes: AwareDatetime

    @model_validator(mode="after")
    def _closes_later(self) -> Self:
        if self.closes <= self.opens:
            raise ValueError("a window must close after it opens")
        return self


class Schedule(Part):
    """When the contest is open. Without windows it is open as long as it exists."""

    windows: tuple[Window, ...] = Field(default=(), max_length=32)
    prewarm: Milliseconds = 900_000
    """Models are loaded so long before a window opens."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        for earlier, later in zip(self.windows, self.windows[1:], strict=False):
            if later.opens < earlier.closes:
                raise ValueError("windows must be in order and must not overlap")
        return self


class Toleration(Part):
    """A node's taint that replicas put up with, as in a pod."""

    key: str | None = None
    operator: Literal["Exists", "Equal"] | None = None
    value: str | None = None
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"] | None = None
    toleration_seconds: int | None = None


class Gpu(Part):
    """How many replicas of the models run, and where."""

    replicas: int = Field(default=1, ge=0, le=1000)
    per_replica: dict[str, int | str] = {}
    """Resources of one replica; what is asked for is also the limit."""
    node_selector: dict[str, str] = {}
    tolerations: tuple[Toleration, ...] = ()


class Autoscaling(Part):
    """Replicas follow the number of waiting drawings."""

    min_replicas: int = Field(default=1, ge=1, le=1000)
    max_replicas: int = Field(ge=1, le=1000)
    pending_per_replica: int = Field(default=4, ge=1, le=10_000)
    """Waiting drawings per replica that are worth no further replica."""


class Rollout(Part):
    """How a changed model takes over."""

    step: str = "25%"
    """So many new replicas start at a time: a share of all, or a number."""
    pause: Milliseconds = 120_000
    """A new replica must have served for so long before the next step."""


class SecretRef(Part):
    """A Secret of the contest's namespace."""

    name: str


class Captcha(Part):
    """When players must prove some effort before new work is taken."""

    mode: Literal["off", "auto", "always"] = "auto"
    provider: Literal["altcha", "turnstile"] = "altcha"
    secret_ref: SecretRef | None = None
    """Key `secret`: what the provider gave. altcha is Cygnet's own and needs none."""
