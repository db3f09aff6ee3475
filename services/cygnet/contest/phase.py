"""Where a contest stands in time, from its document alone: it holds while nobody publishes, and without Kubernetes."""

from dataclasses import dataclass

from cygnet.v1 import contest_pb2

CLOSED = contest_pb2.CONTEST_PHASE_CLOSED
OPEN = contest_pb2.CONTEST_PHASE_OPEN
FROZEN = contest_pb2.CONTEST_PHASE_FROZEN
PAUSED = contest_pb2.CONTEST_PHASE_PAUSED
FINISHED = contest_pb2.CONTEST_PHASE_FINISHED


@dataclass(frozen=True)
class Standing:
    """Where a contest stands now."""

    phase: contest_pb2.ContestPhase
    next_change_ms: int | None
    """When the phase next changes by itself, in ms since the epoch; None: never. While closed: when it opens."""

    @property
    def takes_submissions(self) -> bool:
        """Whether players may submit."""
        return self.phase in (OPEN, FROZEN)


def standing(contest: contest_pb2.Contest, now_ms: int) -> Standing:
    """Returns where a contest stands at `now_ms`. What has finished stays so, paused or not."""
    windows = [(window.opens.ToMilliseconds(), window.closes.ToMilliseconds()) for window in contest.windows]
    if windows and now_ms >= windows[-1][1]:
        return Standing(FINISHED, None)
    if contest.paused:
        return Standing(PAUSED, None)
    if not windows:
        return Standing(OPEN, None)
    opens, closes = next(window for window in windows if now_ms < window[1])
    if now_ms < opens:
        return Standing(CLOSED, opens)
    frozen_from = frozen_from_ms(contest)
    if frozen_from is None or now_ms < frozen_from:
        return Standing(OPEN, closes if frozen_from is None else min(closes, frozen_from))
    return Standing(FROZEN, closes)


def frozen_from_ms(contest: contest_pb2.Contest) -> int | None:
    """Returns when the ranking begins to stand still, in ms since the epoch; None: never."""
    if not contest.freeze_before_ms or not contest.windows:
        return None
    return int(contest.windows[-1].closes.ToMilliseconds()) - contest.freeze_before_ms


def passed(contest: contest_pb2.Contest, now_ms: int) -> int:
    """Returns how many of its turning points a document has behind it: 65 at most, and never fewer later on."""
    turns = [turn.ToMilliseconds() for window in contest.windows for turn in (window.opens, window.closes)]
    frozen_from = frozen_from_ms(contest)
    return sum(turn <= now_ms for turn in (turns if frozen_from is None else [*turns, frozen_from]))
