"""Counts what clients do, for the organisers, and knows which of them were ended.

Counts are gathered in memory and go to the store each second: a flood costs it one call a second from each replica.
"""

import asyncio
import base64
import hashlib
import hmac
import logging
from collections import Counter
from collections.abc import Callable, Mapping

from cygnet.contest.store import ContestStore
from cygnet.platform.errors import Unavailable
from cygnet.submission.clients.store import ClientStore
from cygnet.submission.sessions import Session
from cygnet.submission.telemetry import Telemetry

log = logging.getLogger(__name__)

FRESH_S = 1.0
"""After so long every replica knows that a client was ended."""
_MOST_PENDING = 4_096
"""Counts, and sessions, that wait for the next call to the store."""


class ClientNames:
    """Names clients by a keyed hash: who does not have the key learns no address from it, by trying all of them."""

    def __init__(self, keys: Mapping[str, bytes]) -> None:
        """`keys` are for this purpose alone, the first one names."""
        self._keys = list(keys.values())

    def of(self, subscriber: str) -> list[str]:
        """Returns a client's names, by each key; the first is the present one."""
        digests = (hmac.digest(key, subscriber.encode(), hashlib.sha256) for key in self._keys)
        return [base64.b32encode(digest).decode().lower()[:10] for digest in digests]


class _Pending:
    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()
        self.sessions: dict[bool, set[str]] = {False: set(), True: set()}


class Clients:
    """What this replica knows of clients."""

    def __init__(self, names: ClientNames, store: ClientStore, telemetry: Telemetry, clock: Callable[[], int]) -> None:
        """`clock` returns ms since the epoch."""
        self.store = store
        self._names = names
        self._telemetry = telemetry
        self._clock = clock
        self._pending: dict[str, _Pending] = {}
        self._ended: dict[str, frozenset[str]] = {}

    def names(self, subscriber: str) -> list[str]:
        """Returns a client's names, the present one first."""
        return self._names.of(subscriber)

    def is_ended(self, contest: str, names: list[str]) -> bool:
        """Tells whether organisers ended a client, as of FRESH_S ago; as was known last, while the store is away."""
        return not self._ended.get(contest, frozenset()).isdisjoint(names)

    def note_call(self, contest: str, client: str, call: str) -> None:
        """Counts a call, whatever its answer."""
        calls, name = self._pending.setdefault(contest, _Pending()).calls, f"{client} {call}"
        if name in calls or len(calls) < _MOST_PENDING:
            calls[name] += 1
        self._telemetry.call(contest, client)

    def note_session(self, contest: str, client: str, session: Session) -> None:
        """Notes that a session is there."""
        sessions = self._pending.setdefault(contest, _Pending()).sessions[session.present]
        if len(sessions) < _MOST_PENDING:
            sessions.add(f"{client} {session.participant_id}")

    async def follow(self, contests: ContestStore) -> None:
        """Sends counts to the store and reads which clients were ended, for ever."""
        while True:
            for contest in contests.names:
                try:
                    await self._exchange(contest)
                except Unavailable as error:
                    log.warning("counts of clients are not stored", extra={"contest": contest, "error": error.message})
            await asyncio.sleep(FRESH_S / 2)

    async def _exchange(self, contest: str) -> None:
        self._ended[contest] = await self.store.ended(contest)
        self._telemetry.clients(contest, len(self._ended[contest]))
        if (pending := self._pending.pop(contest, None)) is not None:
            await self.store.note(
                contest, pending.calls, pending.sessions[False], pending.sessions[True], self._clock()
            )
