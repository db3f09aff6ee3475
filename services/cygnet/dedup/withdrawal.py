"""Takes the waiting drawings of one client out of the queue, when the organisers ended it."""

from collections.abc import Sequence
from typing import cast

import redis.asyncio as aioredis

from cygnet.dedup import records
from cygnet.dedup.keys import key, keys
from cygnet.platform.redis import translate_errors
from cygnet.platform.scripts import load
from cygnet.v1.submission_pb2 import Failure

ENDED = Failure(
    reason="CLIENT_ENDED",
    message="the organisers ended what came from your connection; scan the code on the big screen, or ask them",
)
_TOGETHER = 500
"""Submissions that are read at a time."""


class Withdrawal:
    """Finds such jobs by what was kept with each submission: the client that it came from.

    Raises:
        Unavailable: Redis does not work.
    """

    def __init__(self, client: aioredis.Redis) -> None:
        self._redis = client
        self._withdraw = load(client, "cygnet.dedup", "queue/withdraw.lua", prelude="prelude.lua")

    async def withdraw(self, contest: str, client: str, present: frozenset[str], *, dry_run: bool) -> int:
        """Withdraws the waiting jobs for which nobody waits but sessions of `client`; returns how many.

        A participant in `present` is somebody else, as is a session that was present when it submitted. Jobs that are
        being drawn are left alone: they end within seconds.
        """
        with translate_errors():
            waiting = cast(list[bytes], await self._redis.zrange(key(contest, "queue"), 0, -1))
        count = 0
        for fingerprint in map(bytes.decode, waiting):
            with translate_errors():
                async with self._redis.pipeline(transaction=True) as pipe:
                    pipe.hget(key(contest, "job", fingerprint), "run")
                    pipe.hkeys(key(contest, "waiters", fingerprint))
                    run, ids = await pipe.execute()
            if not ids or not await self._all_from(contest, client, present, ids):
                continue
            count += (
                1
                if dry_run
                else await self._withdraw(
                    keys(contest, fingerprint),
                    contest=contest,
                    fingerprint=fingerprint,
                    run=run.decode(),
                    waiting=len(ids),
                    failure=ENDED.SerializeToString(),
                )
            )
        return count

    async def _all_from(self, contest: str, client: str, present: frozenset[str], ids: Sequence[bytes]) -> bool:
        """Tells whether submissions are a client's, and of nobody who is present."""
        for at in range(0, len(ids), _TOGETHER):
            together = [key(contest, "submission", each.decode()) for each in ids[at : at + _TOGETHER]]
            with translate_errors():
                raw = await self._redis.mget(together)
            for each in cast(list[bytes | None], raw):
                owned = records.stored("", each).owned if each is not None else None
                if owned is None or owned.client != client or owned.participant_id in present:
                    return False
        return True
