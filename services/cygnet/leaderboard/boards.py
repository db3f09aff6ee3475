"""Rankings as the contest's document wants them shown: without staff, and still before the end if it says so."""

from collections.abc import Callable, Sequence
from typing import Protocol

from cygnet.contest.phase import frozen_ms, phase_at, turning_points_passed
from cygnet.internal.v1 import document_pb2
from cygnet.leaderboard.ranking import standings, telling_decimals
from cygnet.leaderboard.values import Leaderboard, OwnRow, Standing, TopRows
from cygnet.platform.errors import NotFound
from cygnet.v1 import contest_pb2

_STAGES = 128
_EDITION_PLACE = 2**30
"""A revision is (generation * 128 + stage) * 2^30 + results recorded: it grows with each, on every replica alike."""


class Contests(Protocol):
    """The documents in force."""

    def get(self, name: str) -> document_pb2.ContestDocument:
        """Returns a document; an empty name means the only contest there is. Raises NotFound."""


class BoardStore(Protocol):
    """What this needs of the store; `staff` are nicknames that are left out, `frozen_ms` what came from then on."""

    async def top(
        self, contest: str, target: str, limit: int, staff: Sequence[str], frozen_ms: int | None
    ) -> TopRows: ...
    async def own(
        self, contest: str, target: str, participant_id: str, staff: Sequence[str], frozen_ms: int | None
    ) -> OwnRow | None: ...


class Boards:
    """Reads rankings. Raises NotFound for a contest or a target that does not exist."""

    def __init__(
        self, contests: Contests, store: BoardStore, clock: Callable[[], int], *, may_freeze: bool = True
    ) -> None:
        """`clock` returns ms since the epoch. Organisers see everything: theirs may not freeze."""
        self._contests = contests
        self._store = store
        self._clock = clock
        self._may_freeze = may_freeze

    def check(self, contest: str, target: str) -> str:
        """Returns the contest's name in full, if there is such a target."""
        document = self._contests.get(contest).contest
        if all(known.name != target for known in document.targets):
            raise NotFound(f"contest {document.name} has no target called {target[:63]!r}", reason="TARGET_NOT_FOUND")
        return document.name

    def edition(self, contest: str) -> int:
        """Returns a number that grows with every change of what is shown, results aside."""
        return _edition(self._contests.get(contest).contest, self._clock())

    async def top(self, contest: str, target: str, limit: int) -> Leaderboard:
        """Returns the `limit` best standings of a target."""
        document, now_ms = self._contests.get(contest), self._clock()
        edition, frozen_ms = _edition(document.contest, now_ms), self._frozen_ms(document.contest, now_ms)
        read = await self._store.top(contest, target, limit, document.staff, frozen_ms)
        ranked = standings(read.rows, read.worse, document.contest.decimals)
        return Leaderboard(
            revision=edition * _EDITION_PLACE + read.revision,
            edition=edition,
            target=target,
            participants=read.participants,
            standings=ranked,
            frozen_ms=frozen_ms,
            contest=phase_at(document.contest, now_ms),
        )

    async def standing(self, contest: str, target: str, participant_id: str) -> Standing:
        """Returns a participant's standing. Raises NotFound before the first score, and for staff."""
        document = self._contests.get(contest)
        frozen_ms = self._frozen_ms(document.contest, self._clock())
        own = await self._store.own(contest, target, participant_id, document.staff, frozen_ms)
        if own is None:
            raise NotFound("this participant has no score yet", reason="NO_SCORE_YET")
        if own.staff:
            raise NotFound("staff plays, and is not ranked", reason="STAFF_NOT_RANKED")
        decimals = telling_decimals(own.row, (own.better_row, own.worse_row), document.contest.decimals)
        return Standing(own.better + 1, own.row, decimals)

    def _frozen_ms(self, contest: contest_pb2.Contest, now_ms: int) -> int | None:
        frozen = frozen_ms(contest) if self._may_freeze else None
        return frozen[0] if frozen is not None and frozen[0] <= now_ms < frozen[1] else None


def _edition(contest: contest_pb2.Contest, now_ms: int) -> int:
    return contest.generation * _STAGES + turning_points_passed(contest, now_ms)
