"""Rankings as the contest's document wants them shown."""

from collections.abc import Sequence
from typing import Protocol

from cygnet.leaderboard.ranking import standings, telling_decimals
from cygnet.leaderboard.values import Leaderboard, OwnRow, Standing, TopRows
from cygnet.platform.errors import NotFound
from cygnet.v1 import contest_pb2

_GENERATION_PLACE = 2**32
"""A revision is generation * 2^32 + results recorded: it grows with either, on every replica alike."""


class Contests(Protocol):
    """The documents in force."""

    def get(self, name: str) -> contest_pb2.ContestDocument:
        """Returns a document; an empty name means the only contest there is. Raises NotFound."""


class BoardStore(Protocol):
    """What this needs of the store; `staff` are nicknames that are left out."""

    async def top(self, contest: str, target: str, limit: int, staff: Sequence[str]) -> TopRows: ...
    async def own(self, contest: str, target: str, participant_id: str, staff: Sequence[str]) -> OwnRow | None: ...


class Boards:
    """Reads rankings. Raises NotFound for a contest or a target that does not exist."""

    def __init__(self, contests: Contests, store: BoardStore) -> None:
        self._contests = contests
        self._store = store

    def check(self, contest: str, target: str) -> str:
        """Returns the contest's name in full, if there is such a target."""
        document = self._contests.get(contest).contest
        if all(known.name != target for known in document.targets):
            raise NotFound(f"contest {document.name} has no target called {target[:63]!r}", reason="TARGET_NOT_FOUND")
        return document.name

    def generation(self, contest: str) -> int:
        """Returns the generation of the document in force."""
        return self._contests.get(contest).contest.generation

    async def top(self, contest: str, target: str, limit: int) -> Leaderboard:
        """Returns the `limit` best standings of a target."""
        document = self._contests.get(contest)
        generation = document.contest.generation
        read = await self._store.top(contest, target, limit, document.staff)
        ranked = standings(read.rows, read.worse, document.contest.decimals)
        revision = generation * _GENERATION_PLACE + read.revision
        return Leaderboard(revision, generation, target, read.participants, ranked)

    async def standing(self, contest: str, target: str, participant_id: str) -> Standing:
        """Returns a participant's standing. Raises NotFound before the first score, and for staff."""
        document = self._contests.get(contest)
        own = await self._store.own(contest, target, participant_id, document.staff)
        if own is None:
            raise NotFound("this participant has no score yet", reason="NO_SCORE_YET")
        if own.staff:
            raise NotFound("staff plays, and is not ranked", reason="STAFF_NOT_RANKED")
        decimals = telling_decimals(own.row, (own.better_row, own.worse_row), document.contest.decimals)
        return Standing(own.better + 1, own.row, decimals)
