"""Where a contest stands in time. Pure: the time comes in as an argument."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from cygnet.contest.spec import Spec


class Phase(StrEnum):
    """Where a contest stands; the first word that people read."""

    SCHEDULED = "Scheduled"
    PREWARMING = "Prewarming"
    RUNNING = "Running"
    PAUSED = "Paused"
    FROZEN = "Frozen"
    FINISHED = "Finished"


@dataclass(frozen=True)
class Moment:
    """What holds now, and until when."""

    phase: Phase
    warm: bool
    """Replicas are wanted."""
    opened: datetime | None
    """When the contest first opened; None before."""
    next_change: datetime | None
    """When something next changes; None: never."""


def moment(spec: Spec, created: datetime, now: datetime) -> Moment:
    """Returns where the contest stands at `now`. `created` is when one without windows opened."""
    phase = _phase(spec, now)
    windows = spec.schedule.windows
    first = windows[0].opens if windows else created
    return Moment(
        phase=phase,
        warm=phase in (Phase.PREWARMING, Phase.RUNNING, Phase.FROZEN),
        opened=first if first <= now else None,
        next_change=min((change for change in _changes(spec) if change > now), default=None),
    )


def _phase(spec: Spec, now: datetime) -> Phase:
    windows = spec.schedule.windows
    if windows and now >= windows[-1].closes:
        return Phase.FINISHED
    if spec.paused:
        return Phase.PAUSED
    if not windows:
        return Phase.RUNNING
    if any(window.opens <= now < window.closes for window in windows):
        return Phase.FROZEN if now >= _freezes(spec) else Phase.RUNNING
    prewarm = timedelta(milliseconds=spec.schedule.prewarm)
    if any(window.opens - prewarm <= now < window.opens for window in windows):
        return Phase.PREWARMING
    return Phase.SCHEDULED


def _freezes(spec: Spec) -> datetime:
    return spec.schedule.windows[-1].closes - timedelta(milliseconds=spec.leaderboard.freeze_before)


def _changes(spec: Spec) -> Iterator[datetime]:
    prewarm = timedelta(milliseconds=spec.schedule.prewarm)
    for window in spec.schedule.windows:
        yield window.opens - prewarm
        yield window.opens
        yield window.closes
    if spec.schedule.windows:
        yield _freezes(spec)
