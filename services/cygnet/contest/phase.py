"""Where a contest stands in time, computed here alone: for services, operator and page.

It follows from the document, so it holds while nobody publishes, and without Kubernetes.
"""

from dataclasses import dataclass

from cygnet.v1 import contest_pb2

CLOSED = contest_pb2.CONTEST_PHASE_CLOSED
OPEN = contest_pb2.CONTEST_PHASE_OPEN
FROZEN = contest_pb2.CONTEST_PHASE_FROZEN
PAUSED = contest_pb2.CONTEST_PHASE_PAUSED
FINISHED = contest_pb2.CONTEST_PHASE_FINISHED


@dataclass(frozen=True)
class PhaseState:
    """Where a contest stands at one moment. Times are in ms since the epoch."""

    phase: contest_pb2.ContestPhase
    next_change_ms: int | None
    """When the phase next changes by itself; None: never. While closed: when it opens."""

    @property
    def takes_submissions(self) -> bool:
        """Whether players may submit."""
        return self.phase in (OPEN, FROZEN)


def phase_at(contest: contest_pb2.Contest, now_ms: int) -> PhaseState:
    """Returns where a contest stands at `now_ms`. What has finished stays so, paused or not."""
    windows = [(window.opens.ToMilliseconds(), window.closes.ToMilliseconds()) for window in contest.windows]
    if windows and now_ms >= windows[-1][1]:
        return PhaseState(FINISHED, None)
    if contest.paused:
        return PhaseState(PAUSED, None)
    if not windows:
        return PhaseState(OPEN, None)
    opens, closes = next(window for window in windows if now_ms < window[1])
    if now_ms < opens:
        return PhaseState(CLOSED, opens)
    frozen = frozen_ms(contest)
    if frozen is None or now_ms < frozen[0]:
        return PhaseState(OPEN, closes if frozen is None else min(closes, frozen[0]))
    return PhaseState(FROZEN, closes)


def frozen_ms(contest: contest_pb2.Contest) -> tuple[int, int] | None:
    """Returns from when until when the ranking stands still, in ms since the epoch; None: it never does."""
    if not contest.freeze_before_ms or not contest.windows:
        return None
    until = int(contest.windows[-1].closes.ToMilliseconds())
    return until - contest.freeze_before_ms, until


def has_opened(contest: contest_pb2.Contest, now_ms: int) -> bool:
    """Tells whether the first window has begun; without windows a contest has been open from the start."""
    return not contest.windows or contest.windows[0].opens.ToMilliseconds() <= now_ms


def opened_ms(contest: contest_pb2.Contest, now_ms: int) -> int | None:
    """Returns when the window opened in which `now_ms` is, in ms since the epoch; None outside, and without windows."""
    windows = [(int(window.opens.ToMilliseconds()), window.closes.ToMilliseconds()) for window in contest.windows]
    return next((opens for opens, closes in windows if opens <= now_ms < closes), None)


def turning_points_ms(contest: contest_pb2.Contest) -> list[int]:
    """Returns when the phase changes unless the contest is paused, in ms since the epoch: 65 times at most."""
    turns = [int(turn.ToMilliseconds()) for window in contest.windows for turn in (window.opens, window.closes)]
    frozen = frozen_ms(contest)
    return turns if frozen is None else [*turns, frozen[0]]


def turning_points_passed(contest: contest_pb2.Contest, now_ms: int) -> int:
    """Returns how many of its turning points a document has behind it; never fewer later on."""
    return sum(turn <= now_ms for turn in turning_points_ms(contest))


def player_view(contest: contest_pb2.Contest, now_ms: int) -> contest_pb2.GetContestResponse:
    """Returns what a player may know of a contest at `now_ms`."""
    state, frozen = phase_at(contest, now_ms), frozen_ms(contest)
    view = contest_pb2.GetContestResponse(contest=contest, phase=state.phase, opened_before=has_opened(contest, now_ms))
    view.now.FromMilliseconds(now_ms)
    if state.next_change_ms is not None:
        view.next_change.FromMilliseconds(state.next_change_ms)
    if frozen is not None:
        view.frozen_from.FromMilliseconds(frozen[0])
        view.frozen_until.FromMilliseconds(frozen[1])
    return view
