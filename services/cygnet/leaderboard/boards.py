"""Rankings as the contest's document wants them shown: without staff, and still before the end if it says so."""

from collections.abc import Callable, Sequence
from typing import Protocol

from cygnet.contest.phase import frozen_from_ms
from cygnet.leaderboard.ranking import standings, telling_decimals
from cygnet.leaderboard.values import Leaderboard, OwnRow, Standing, TopRows
from cygnet.platform.errors import NotFound
from cygnet.v1 import contest_pb2

_STAGES = 4
_EDITION_PLACE = 2**30
"""A revision is (generation * 4 + stage) * 2^30 + results recorded: it grows with each, on every replica alike."""
_MOVING, _STILL, _MOVING_AGAIN = range(3)


class Contests(Protocol):
    """The documents in force."""

    def get(self, name: str) -> contest_pb2.ContestDocument:
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
        document = self._contests.get(contest).contest
        return document.generation * _STAGES + self._stage(document)

    async def top(self, contest: str, target: str, limit: int) -> Leaderboard:
        """Returns the `limit` best standings of a target."""
        document, edition = self._contests.get(contest), self.edition(contest)
        frozen_ms = self._frozen_ms(document.contest)
        read = await self._store.top(contest, target, limit, document.staff, frozen_ms)
        ranked = standings(read.rows, read.worse, document.contest.decimals)
        revision = edition * _EDITION_PLACE + read.revision
        return Leaderboard(revision, edition, target, read.participants, ranked, frozen_ms)

    async def standing(self, contest: str, target: str, participant_id: str) -> Standing:
        """Returns a participant's standing. Raises NotFound before the first score, and for staff."""
        document = self._contests.get(contest)
        frozen_ms = self._frozen_ms(document.contest)
        own = await self._store.own(contest, target, participant_id, document.staff, frozen_ms)
        if own is None:
            raise NotFound("this participant has no score yet", reason="NO_SCORE_YET")
        if own.staff:
            raise NotFound("staff plays, and is not ranked", reason="STAFF_NOT_RANKED")
        decimals = telling_decimals(own.row, (own.better_row, own.worse_row), document.contest.decimals)
        return Standing(own.better + 1, own.row, decimals)

    def _frozen_ms(self, contest: contest_pb2.Contest) -> int | None:
        return frozen_from_ms(contest) if self._stage(contest) == _STILL else None

    def _stage(self, contest: contest_pb2.Contest) -> int:
        frozen_ms, now_ms = frozen_from_ms(contest), self._clock()
        if not self._may_freeze or frozen_ms is None or now_ms < frozen_ms:
            return _MOVING
        return _STILL if now_ms < contest.windows[-1].closes.ToMilliseconds() else _MOVING_AGAIN
