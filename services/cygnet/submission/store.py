"""Participants in Redis: the only file here that knows keys.

`sub:{contest}:participants` is a hash of participant id to "<joined ms> <nickname>".
"""

import redis.asyncio as aioredis

from cygnet.platform.scripts import load


class ParticipantStore:
    """Who joined.

    Raises:
        Unavailable: Redis does not work.
    """

    def __init__(self, redis: aioredis.Redis) -> None:
        self._join = load(redis, "cygnet.submission", "join.lua")

    async def put(self, contest: str, participant_id: str, nickname: str, now_ms: int, limit: int) -> bool:
        """Adds a participant or changes the nickname. Returns False when `limit` others are there already."""
        joined = await self._join(
            lambda name: f"sub:{{{contest}}}:{name}",
            participant_id=participant_id,
            record=f"{now_ms} {nickname}",
            limit=limit,
        )
        return bool(joined)
