"""Rankings as the contest's document wants them shown: without staff, and still before the end if it says so."""

from collections.abc import Callable

from cygnet.contest.phase import frozen_ms, phase_at, turning_points_passed
from cygnet.contest.store import ContestStore
from cygnet.leaderboard.ranking import own_standing, standings
from cygnet.leaderboard.store import LeaderboardStore
from cygnet.leaderboard.values import STAFF
from cygnet.platform.errors import NotFound
from cygnet.v1 import contest_pb2, leaderboard_pb2

_STAGES = 128
_EDITION_UNIT = 2**30
"""A revision is (generation * 128 + stage) * 2^30 + results recorded: it grows with each, on every replica alike.
The generation of the document and the stage, how many turning points of its schedule have passed, are the edition.
While a ranking stands still no result is counted: how many there are is not shown then."""


class Boards:
    """Reads rankings.

    Raises:
        NotFound: there is no such contest or target.
        Unavailable: the store cannot be read.
    """

    def __init__(
        self, contests: ContestStore, store: LeaderboardStore, clock: Callable[[], int], *, may_freeze: bool = True
    ) -> None:
        """`clock` returns ms since the epoch. Organisers see everything: theirs may not freeze."""
        self._contests = contests
        self._store = store
        self._clock = clock
        self._may_freeze = may_freeze

    def resolve(self, contest: str, target: str) -> str:
        """Returns the contest's name in full, if there is such a target."""
        document = self._contests.get(contest).contest
        if all(known.name != target for known in document.targets):
            raise NotFound(f"contest {document.name} has no target called {target[:63]!r}", reason="TARGET_NOT_FOUND")
        return document.name

    def is_current(self, contest: str, revision: int) -> bool:
        """Tells whether a leaderboard was made with the document in force, at the present stage of its schedule."""
        return revision // _EDITION_UNIT == _edition(self._contests.get(contest).contest, self._clock())

    async def top(self, contest: str, target: str, limit: int) -> leaderboard_pb2.Leaderboard:
        """Returns the standings of the `limit` best finds of a target."""
        document, now_ms = self._contests.get(contest), self._clock()
        frozen_from, phase = self._frozen_from(document.contest, now_ms), phase_at(document.contest, now_ms)
        read = await self._store.top(contest, target, limit, document.staff, frozen_from)
        leaderboard = leaderboard_pb2.Leaderboard(
            revision=_edition(document.contest, now_ms) * _EDITION_UNIT + (read.revision if frozen_from is None else 0),
            target=target,
            standings=standings(read.rows, read.worse, document.contest.decimals),
            participants=read.participants,
            phase=phase.phase,
        )
        if frozen_from is not None:
            leaderboard.frozen_at.FromMilliseconds(frozen_from)
        if phase.next_change_ms is not None:
            leaderboard.next_change.FromMilliseconds(phase.next_change_ms)
        return leaderboard

    async def standing(self, contest: str, target: str, participant_id: str) -> leaderboard_pb2.GetStandingResponse:
        """Returns how a participant stands; NotFound also before the first score, and for staff."""
        document = self._contests.get(contest)
        frozen_from = self._frozen_from(document.contest, self._clock())
        own = await self._store.own(contest, target, participant_id, document.staff, frozen_from)
        if own is None:
            raise NotFound("this participant has no score yet", reason="NO_SCORE_YET")
        if own is STAFF:
            raise NotFound("staff plays, and is not ranked", reason="STAFF_NOT_RANKED")
        decimals = document.contest.decimals
        find = own_standing(own.find, None, decimals) if own.find else None
        best = own_standing(own.best, own.finder, decimals) if own.best else None
        return leaderboard_pb2.GetStandingResponse(standing=best or find, find=find if best else None)

    def _frozen_from(self, contest: contest_pb2.Contest, now_ms: int) -> int | None:
        """Returns since when the ranking stands still, in ms since the epoch; None: it moves."""
        frozen = frozen_ms(contest) if self._may_freeze else None
        return frozen[0] if frozen is not None and frozen[0] <= now_ms < frozen[1] else None


def _edition(contest: contest_pb2.Contest, now_ms: int) -> int:
    return contest.generation * _STAGES + turning_points_passed(contest, now_ms)
