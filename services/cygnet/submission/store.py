"""Participants in Redis: the only file here that knows keys.

`sub:{contest}:participants` is a hash of participant id to "<joined ms> <nickname>".
"""

import redis.asyncio as aioredis

from cygnet.platform.redis import script, translate_errors


class ParticipantStore:
    """Who joined. Raises `Unavailable` while Redis does not work."""

    def __init__(self, redis: aioredis.Redis) -> None:
        self._redis = redis
        self._join = script(redis, "cygnet.submission", "join.lua")

    async def put(self, contest: str, participant_id: str, nickname: str, now_ms: int, limit: int) -> bool:
        """Adds a participant or changes the nickname. Returns False when `limit` others are there already."""
        with translate_errors():
            joined = await self._join(
                keys=[f"sub:{{{contest}}}:participants"], args=[participant_id, f"{now_ms} {nickname}", limit]
            )
        return bool(joined)
