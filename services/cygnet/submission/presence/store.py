"""Presence in Redis: the only file here that knows keys.

All are under `sub:{contest}:presence:`. `hall`, `outside`, `admitted` and `turn` are what draw.lua says. `screens` is a
hash of the paired screens, SHA-256 of the token to "<last seen ms> <network>"; `pairing:<SHA-256 of the code>` and
`pass:<…>` hold who used it, for as long as the code lives.
"""

import hashlib
import secrets
from collections.abc import Callable

import redis.asyncio as aioredis

from cygnet.platform.redis import translate_errors
from cygnet.platform.scripts import load
from cygnet.submission.clients.metadata import Client
from cygnet.submission.presence.codes import turn_at
from cygnet.submission.presence.tickets import LIFETIME_MS

MOST_WAITING = 5_000
"""Devices that can wait for a place, of the hall and of the outside each."""
MOST_SCREENS = 32
_PACKAGE = "cygnet.submission.presence"


class PresenceStore:
    """Who waits for a place, who has one, and which screens show codes.

    Raises:
        Unavailable: Redis does not work.
    """

    def __init__(self, redis: aioredis.Redis) -> None:
        self._redis = redis
        self._stand = load(redis, _PACKAGE, "stand.lua", prelude="draw.lua")
        self._redeem = load(redis, _PACKAGE, "redeem.lua", prelude="draw.lua")
        self._pair = load(redis, _PACKAGE, "pair.lua")
        self._seen = load(redis, _PACKAGE, "seen.lua")
        self._pass = load(redis, _PACKAGE, "pass.lua")

    async def stand(self, contest: str, ticket: str, client: Client, places: int, now_ms: int) -> bool:
        """Asks for a place. Returns False when too many wait for one already."""
        stands = await self._stand(
            _keys(contest),
            now=now_ms,
            turn=turn_at(now_ms),
            seed=secrets.token_hex(8),
            places=places,
            id=ticket,
            deadline=now_ms + LIFETIME_MS,
            client=client.key,
            network=client.network,
            most=MOST_WAITING,
        )
        return bool(stands >= 0)

    async def redeem(
        self, contest: str, ticket: str, participant_id: str, places: int, now_ms: int
    ) -> tuple[bool, str | None]:
        """Shows a ticket. Returns whether it waits still, and whom it makes present (None: nobody any more)."""
        owner = await self._redeem(
            _keys(contest),
            now=now_ms,
            turn=turn_at(now_ms),
            seed=secrets.token_hex(8),
            places=places,
            id=ticket,
            participant_id=participant_id,
        )
        return owner == b"", None if owner in (b"", b"gone") else owner.decode()

    async def make_code(self, contest: str, kind: str) -> str:
        """Makes a code that works once within ten minutes: a "pairing" for a screen, a "pass" for a person."""
        code = new_code(8 if kind == "pairing" else 12)
        with translate_errors():
            await self._redis.set(_keys(contest, code)(kind), "", px=LIFETIME_MS)
        return code

    async def use_pass(self, contest: str, code: str, ticket: str, now_ms: int) -> bool:
        """Gives a place to the first ticket that comes with a pass; False where there is no such pass (any more)."""
        return bool(await self._pass(_keys(contest, code), id=ticket, deadline=now_ms + LIFETIME_MS))

    async def pair(self, contest: str, code: str, token: str, network: str, now_ms: int) -> int:
        """Pairs a screen. Returns 1, 0 where there is no such pairing code (any more), -1 with too many screens."""
        return int(
            await self._pair(
                _keys(contest, code), token_hash=_hash(token), record=f"{now_ms} {network}", most=MOST_SCREENS
            )
        )

    async def seen(self, contest: str, token: str, network: str, now_ms: int) -> bool:
        """Notes where a screen is; returns whether it is (still) paired."""
        return bool(await self._seen(_keys(contest), token_hash=_hash(token), record=f"{now_ms} {network}"))

    async def has_screens(self, contest: str) -> bool:
        """Tells whether any screen is paired."""
        with translate_errors():
            return bool(await self._redis.exists(_keys(contest)("screens")))

    async def unpair_all(self, contest: str) -> int:
        """Forgets the paired screens; returns how many there were."""
        key = _keys(contest)("screens")
        with translate_errors():
            async with self._redis.pipeline() as pipe:
                pipe.hlen(key)
                pipe.delete(key)
                return int((await pipe.execute())[0])

    async def forget(self, contest: str) -> None:
        """Deletes all that there is of a contest; codes that were not used go by themselves."""
        keys = _keys(contest)
        with translate_errors():
            await self._redis.unlink(*map(keys, ("hall", "outside", "admitted", "turn", "screens")))


def new_code(length: int) -> str:
    """Returns characters of [a-z2-7] that nobody can guess."""
    return "".join(secrets.choice("abcdefghijklmnopqrstuvwxyz234567") for _ in range(length))


def _keys(contest: str, code: str = "") -> Callable[[str], str]:
    def key(name: str) -> str:
        last = f":{_hash(code)}" if name in ("pairing", "pass") else ""
        return f"sub:{{{contest}}}:presence:{name}{last}"

    return key


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
