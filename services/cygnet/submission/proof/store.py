"""Challenges that were used: `sub:{contest}:proof:<id>` holds by what, for as long as one could be shown again."""

import secrets

import redis.asyncio as aioredis

from cygnet.platform.redis import as_bytes, translate_errors
from cygnet.submission.proof.challenges import LIFETIME_MS


class ProofStore:
    """Remembers them.

    Raises:
        Unavailable: Redis does not work.
    """

    def __init__(self, redis: aioredis.Redis) -> None:
        self._redis = redis

    async def was_used(self, contest: str, challenge: str, used_by: str) -> bool:
        """Tells whether it was used by this very call before; never for an empty `used_by`."""
        with translate_errors():
            found = await self._redis.get(f"sub:{{{contest}}}:proof:{challenge}") if used_by else None
        return found is not None and as_bytes(found) == used_by.encode()

    async def use(self, contest: str, challenge: str, used_by: str) -> bool:
        """Uses a challenge; False when it is used. The same `used_by`, unless empty, may use it again: a retry."""
        key, mine = f"sub:{{{contest}}}:proof:{challenge}", used_by or secrets.token_hex(8)
        with translate_errors():
            # Twice its life: a clock of ours may be behind that of the replica which made it.
            if await self._redis.set(key, mine, nx=True, px=2 * LIFETIME_MS):
                return True
            return as_bytes(await self._redis.get(key) or b"") == mine.encode()
