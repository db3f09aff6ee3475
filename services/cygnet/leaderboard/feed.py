"""The latest leaderboards that somebody watches, for all watchers of this process.

One subscription says which contest got results; each leaderboard that is watched is then read again once, however
many people watch it, and at most every REFRESH_S.
"""

import asyncio
import logging
import math
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable

from cygnet.leaderboard.boards import Boards
from cygnet.leaderboard.store import LeaderboardStore
from cygnet.leaderboard.telemetry import Telemetry
from cygnet.platform.errors import Unavailable
from cygnet.platform.latest import HEARTBEAT_S, StreamEvent, Watches, shows_the_same
from cygnet.v1.leaderboard_pb2 import Leaderboard

log = logging.getLogger(__name__)

REFRESH_S = 0.25
"""The least time between two reads of the same leaderboard."""
RETRY_S = 0.5
"""Pause before a failed read is tried again."""

Board = tuple[str, str]
"""(contest, target)"""
Key = tuple[str, str, int]
"""(contest, target, how many standings)"""


class LeaderboardFeed:
    """Let `follow`, `follow_documents` and `refresh` run for as long as the service does."""

    def __init__(
        self,
        boards: Boards,
        store: LeaderboardStore,
        telemetry: Telemetry,
        stopping: asyncio.Event,
        *,
        heartbeat_s: float = HEARTBEAT_S,
    ) -> None:
        self._boards = boards
        self._store = store
        self._telemetry = telemetry
        self._heartbeat_s = heartbeat_s
        self._watches: Watches[Key, Leaderboard] = Watches(stopping)
        self._shown: dict[Key, Leaderboard] = {}
        self._read_at: dict[Board, float] = {}
        self._stale: set[Board] = set()
        self._wake = asyncio.Event()
        self._first_reads = asyncio.Lock()

    async def watch(
        self, contest: str, target: str, limit: int, after_revision: int
    ) -> AsyncIterator[Leaderboard | StreamEvent]:
        """Yields the leaderboard now unless it is the one of `after_revision`, then each newer one."""
        key = (contest, target, limit)
        self._telemetry.watchers(contest, +1)
        try:
            with self._watches.watching(key) as watch:
                first = await self._first(key, after_revision)
                # An older one is sent as well: the client has a revision of another history, from before a loss.
                if first.revision != after_revision:
                    watch.offer(first)
                async for event in self._watches.events(watch, heartbeat_s=self._heartbeat_s):
                    yield event
        finally:
            self._telemetry.watchers(contest, -1)
            self._forget_unwatched(key)

    async def follow(self) -> None:
        """Notes which contests got results, for ever."""
        async for contest in self._store.changes():
            self._mark(board for board in self._watched() if contest is None or board[0] == contest)

    async def follow_documents(self) -> None:
        """Notes changes of contest documents (staff, decimals), and rankings that stop or move again, for ever."""
        while True:
            self._mark(
                (contest, target)
                for (contest, target, _), shown in self._shown.items()
                if not self._boards.is_current(contest, shown.revision)
            )
            await asyncio.sleep(REFRESH_S)

    async def refresh(self) -> None:
        """Reads again what changed and is watched, for ever."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._stale:
                await asyncio.sleep(self._until_next_due())
                for board in self._due():
                    # Before the read: what changes during it has to be read again.
                    self._stale.discard(board)
                    try:
                        await self._refresh(board)
                    except Unavailable as error:
                        log.warning("a leaderboard could not be read, trying again", extra={"error": str(error)})
                        self._stale.add(board)
                        await asyncio.sleep(RETRY_S)

    async def _first(self, key: Key, after_revision: int) -> Leaderboard:
        # A thousand watchers that come at once read one after another, and all but the first find it there.
        async with self._first_reads:
            if key not in self._shown:
                self._read_at.setdefault(key[:2], asyncio.get_running_loop().time())
                read = await self._boards.top(*key)
                self._shown.setdefault(key, read)
        shown = self._shown[key]
        # The client knows more than this process does yet.
        return shown if shown.revision >= after_revision else await self._boards.top(*key)

    async def _refresh(self, board: Board) -> None:
        self._read_at[board] = asyncio.get_running_loop().time()
        watched = self._watched().get(board)
        if not watched:
            return
        largest = await self._boards.top(*board, max(watched))
        self._telemetry.refreshed(board[0])
        # Who left meanwhile is not kept, who came with a larger limit has read for themselves.
        for limit in self._watched().get(board, []):
            if limit <= max(watched):
                self._show((*board, limit), _shortened(largest, limit))

    def _show(self, key: Key, now: Leaderboard) -> None:
        shown = self._shown.get(key)
        if shown is not None and now.revision < shown.revision:
            return
        self._shown[key] = now
        # The revision counts what happens in the whole contest: alone it is no news for those who watch this.
        if shown is None or not shows_the_same(shown, now):
            self._watches.publish(key, now)

    def _mark(self, boards: Iterable[Board]) -> None:
        self._stale.update(boards)
        if self._stale:
            self._wake.set()

    def _due(self) -> list[Board]:
        now = asyncio.get_running_loop().time()
        return [board for board in self._stale if self._due_at(board) <= now]

    def _until_next_due(self) -> float:
        return max(0.0, min(map(self._due_at, self._stale)) - asyncio.get_running_loop().time())

    def _due_at(self, board: Board) -> float:
        return self._read_at.get(board, -math.inf) + REFRESH_S

    def _watched(self) -> dict[Board, list[int]]:
        limits: dict[Board, list[int]] = defaultdict(list)
        for contest, target, limit in self._watches.keys:
            limits[contest, target].append(limit)
        return limits

    def _forget_unwatched(self, key: Key) -> None:
        watched = self._watches.keys
        if key not in watched:
            self._shown.pop(key, None)
        if all(other[:2] != key[:2] for other in watched):
            self._read_at.pop(key[:2], None)


def _shortened(leaderboard: Leaderboard, limit: int) -> Leaderboard:
    shortened = Leaderboard()
    shortened.CopyFrom(leaderboard)
    del shortened.standings[limit:]
    return shortened
