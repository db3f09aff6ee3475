"""What the schedule asks of the cluster: the phase, as services compute it, and warm replicas before a window. Pure."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cygnet.contest.document import to_contest
from cygnet.contest.phase import CLOSED, FINISHED, FROZEN, OPEN, PAUSED, phase_at, turning_points_ms
from cygnet.contest.spec import Spec
from cygnet.contest.status import Phase

_PHASES = {
    CLOSED: Phase.SCHEDULED,
    OPEN: Phase.RUNNING,
    FROZEN: Phase.FROZEN,
    PAUSED: Phase.PAUSED,
    FINISHED: Phase.FINISHED,
}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class ScheduleState:
    """What holds now, and until when."""

    phase: Phase
    warm: bool
    """Replicas are wanted."""
    opened: datetime | None
    """When the contest first opened; None before."""
    next_change: datetime | None
    """When something next changes, were it not paused; None: never."""


def schedule_at(spec: Spec, created: datetime, now: datetime) -> ScheduleState:
    """Returns what the schedule asks for at `now`. `created` is when a contest without windows opened."""
    contest, now_ms = to_contest(spec), (now - _EPOCH) // timedelta(milliseconds=1)
    state, windows = phase_at(contest, now_ms), spec.schedule.windows
    phase = _PHASES[state.phase]
    if state.phase == CLOSED and state.next_change_ms is not None:
        phase = Phase.PREWARMING if now_ms >= state.next_change_ms - spec.schedule.prewarm else phase
    first = windows[0].opens if windows else created
    warming = [window.opens.ToMilliseconds() - spec.schedule.prewarm for window in contest.windows]
    next_ms = min((turn for turn in (*turning_points_ms(contest), *warming) if turn > now_ms), default=None)
    return ScheduleState(
        phase=phase,
        warm=phase in (Phase.PREWARMING, Phase.RUNNING, Phase.FROZEN),
        opened=first if first <= now else None,
        next_change=None if next_ms is None else _EPOCH + timedelta(milliseconds=next_ms),
    )
