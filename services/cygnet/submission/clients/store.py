"""Clients in Redis: the only file here that knows keys.

All are under `sub:{contest}:clients:`, and go by themselves. `<minute>` is a hash, "<client> <call>" to how many;
`outside` and `present` are sorted sets of "<client> <participant>" by when they called last; `ended` is a hash of the
clients that organisers ended, to when.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import cast

import redis.asyncio as aioredis

from cygnet.platform.redis import translate_errors
from cygnet.platform.scripts import load

MINUTES = 10
"""Of which counts are told."""
JOIN, SUBMIT = "join", "submit"
_MINUTE_MS = 60_000
_WINDOW_MS = MINUTES * _MINUTE_MS
_KEEP_S = (MINUTES + 2) * 60
_MOST_CLIENTS = 2_048
"""That are counted in one minute."""
MOST_SESSIONS = 20_000
"""That are known, of those from outside and of those present each."""
MOST_ENDED = 1_024
ENDED_FOR_S = 14 * 24 * 3600
"""As long as a session holds; addresses change hands."""


@dataclass(frozen=True)
class Report:
    """What clients did within the last minutes."""

    calls: Mapping[str, int]
    """By "<client> <call>"."""
    of_last_minute: Mapping[str, int]
    outside: Mapping[str, int] = field(repr=False)
    """Sessions by client."""
    present: Mapping[str, list[str]] = field(repr=False)
    """Participants by client."""
    ended: Mapping[str, int]
    """Clients that were ended, and when."""


class ClientStore:
    """Keeps them.

    Raises:
        Unavailable: Redis does not work.
    """

    def __init__(self, redis: aioredis.Redis) -> None:
        self._redis = redis
        self._note = load(redis, "cygnet.submission.clients", "note.lua")

    async def note(
        self, contest: str, calls: Mapping[str, int], outside: Iterable[str], present: Iterable[str], now_ms: int
    ) -> None:
        """Adds calls by "<client> <call>", and sessions, "<client> <participant>" each."""
        await self._note(
            _keys(contest, now_ms // _MINUTE_MS),
            now=now_ms,
            since=now_ms - _WINDOW_MS,
            calls=json.dumps(calls),
            outside_sessions=json.dumps(list(outside)),
            present_sessions=json.dumps(list(present)),
            most_clients=_MOST_CLIENTS,
            most_sessions=MOST_SESSIONS,
            keep_s=_KEEP_S,
        )

    async def report(self, contest: str, now_ms: int) -> Report:
        """Returns what is known; the last minute is the sliding one, as if calls of a minute came evenly."""
        minute, key = now_ms // _MINUTE_MS, _keys(contest)
        with translate_errors():
            async with self._redis.pipeline(transaction=False) as pipe:
                for back in range(MINUTES):
                    pipe.hgetall(_keys(contest, minute - back)("minute"))
                for pool in ("outside", "present"):
                    pipe.zrangebyscore(key(pool), now_ms - _WINDOW_MS, "+inf")
                pipe.hgetall(key("ended"))
                *minutes, outside, present, ended = await pipe.execute()
        counts = [Counter({name.decode(): int(count) for name, count in each.items()}) for each in minutes]
        passed = now_ms % _MINUTE_MS / _MINUTE_MS
        recent = {name: round(count * (1 - passed)) for name, count in counts[1].items()}
        participants: dict[str, list[str]] = {}
        for client, participant in map(_pair, present):
            participants.setdefault(client, []).append(participant)
        return Report(
            calls=sum(counts, Counter()),
            of_last_minute=counts[0] + Counter(recent),
            outside=Counter(client for client, _ in map(_pair, outside)),
            present=participants,
            ended={client.decode(): int(at_ms) for client, at_ms in ended.items()},
        )

    async def ended(self, contest: str) -> frozenset[str]:
        """Returns the clients that were ended."""
        with translate_errors():
            found = await self._redis.hkeys(_keys(contest)("ended"))
        return frozenset(each.decode() for each in cast(list[bytes], found))

    async def end(self, contest: str, client: str, now_ms: int) -> bool:
        """Ends a client; False with too many that were."""
        key = _keys(contest)("ended")
        with translate_errors():
            if await self._redis.hlen(key) >= MOST_ENDED and not await self._redis.hexists(key, client):
                return False
            async with self._redis.pipeline(transaction=True) as pipe:
                pipe.hsetnx(key, client, str(now_ms))
                pipe.expire(key, ENDED_FOR_S)
                await pipe.execute()
        return True

    async def allow(self, contest: str, client: str) -> bool:
        """Takes that back; False where it was not ended."""
        with translate_errors():
            return bool(await self._redis.hdel(_keys(contest)("ended"), client))


def _keys(contest: str, minute: int = 0) -> Callable[[str], str]:
    return lambda name: f"sub:{{{contest}}}:clients:{minute if name == 'minute' else name}"


def _pair(member: bytes) -> tuple[str, str]:
    client, _, participant = member.decode().partition(" ")
    return client, participant
