"""Waiting jobs that nobody will draw, as they lie in Redis: found, and ended without a picture."""

from typing import cast

import redis.asyncio as aioredis

from cygnet.dedup.keys import key, keys
from cygnet.platform.redis import translate_errors
from cygnet.platform.scripts import Script
from cygnet.v1.submission_pb2 import Failure

_AT_ONCE = 100


class WaitingJobs:
    """Finds them and ends them.

    Raises:
        Unavailable: Redis does not answer, or refuses to work.
    """

    def __init__(self, client: aioredis.Redis, fail_waiting: Script) -> None:
        self._redis = client
        self._fail_waiting = fail_waiting

    async def never_served(self, contest: str, patience_ms: int, now_ms: int) -> list[str]:
        """Returns the fingerprints of up to 100 jobs that wait for a model which no worker ever served.

        They have waited for `patience_ms`, and workers with other models asked for work within that time: while nobody
        asks at all, a contest is closed, or its models still start.
        """
        with translate_errors():
            async with self._redis.pipeline(transaction=False) as pipe:
                pipe.hkeys(key(contest, "models"))
                pipe.hgetall(key(contest, "last_poll"))
                wanted, polls = await pipe.execute()
            if not any(int(polled_ms) > now_ms - patience_ms for lane, polled_ms in polls.items() if lane):
                return []
            waiting: list[str] = []
            for lane in set(wanted) - set(polls):
                members = await self._redis.zrangebylex(
                    key(contest, "queue_by_model"), b"[" + lane + b":", b"(" + lane + b";", start=0, num=100
                )
                waiting += [member.decode().rpartition(":")[2] for member in cast(list[bytes], members)]
            if not waiting:
                return []
            queued_at = await self._redis.zmscore(key(contest, "queued_at"), waiting)
        old = zip(waiting, queued_at, strict=True)
        return [fingerprint for fingerprint, at_ms in old if at_ms is not None and at_ms + patience_ms <= now_ms]

    async def fail_unservable(
        self, contest: str, fingerprint: str, failure: Failure, patience_ms: int, now_ms: int
    ) -> bool:
        """Fails a job whose model no worker ever served; False when that is not so any more."""
        return await self._fail(contest, fingerprint, failure, now_ms - patience_ms, unserved=True)

    async def most_wait_ms(self, contest: str) -> int:
        """Returns how long the policy that was met last lets anybody wait; 0 where none was met."""
        with translate_errors():
            return int(await self._redis.hget(key(contest, "clock"), "most_wait_ms") or 0)

    async def queued_by(self, contest: str, queued_by_ms: int) -> list[str]:
        """Returns the fingerprints of up to 100 jobs that wait and were queued by then."""
        with translate_errors():
            found = await self._redis.zrangebyscore(
                key(contest, "queued_at"), "-inf", queued_by_ms, start=0, num=_AT_ONCE
            )
        return [fingerprint.decode() for fingerprint in cast(list[bytes], found)]

    async def fail_overdue(self, contest: str, fingerprint: str, failure: Failure, queued_by_ms: int) -> bool:
        """Fails a job that waits too long; False when that is not so any more."""
        return await self._fail(contest, fingerprint, failure, queued_by_ms, unserved=False)

    async def _fail(
        self, contest: str, fingerprint: str, failure: Failure, queued_by_ms: int, *, unserved: bool
    ) -> bool:
        failed = await self._fail_waiting(
            keys(contest, fingerprint),
            contest=contest,
            fingerprint=fingerprint,
            failure=failure.SerializeToString(),
            queued_by=queued_by_ms,
            unserved=int(unserved),
        )
        return bool(failed)
