"""The seeds of a contest's targets: the secret that they follow from, and which counter each target's seed has.

A worker chooses the counter, while the contest warms up or at the first drawing; it holds for as long as the secret
does. Once the secret is revealed, what is drawn later follows from a new one.
"""

import hashlib
import secrets
from collections.abc import Sequence
from typing import cast

import redis.asyncio as aioredis

from cygnet.dedup.admission import identity
from cygnet.dedup.keys import key, seeds_key
from cygnet.dedup.requests import MOST_SEEDS
from cygnet.internal.v1 import dedup_pb2
from cygnet.platform.redis import translate_errors

_REQUESTED_S = 3600


class SeedStore:
    """Keeps secrets and counters in Redis."""

    def __init__(self, redis: aioredis.Redis) -> None:
        self._redis = redis

    async def set_seed(self, job: dedup_pb2.Job) -> None:
        """Writes the seed into a job, or those to choose from where that is not settled and can be."""
        target, where = job.target.picture_sha256, key(job.contest, "counters")
        with translate_errors():
            async with self._redis.pipeline(transaction=False) as pipe:
                pipe.set(key(job.contest, "secret"), secrets.token_bytes(32), nx=True)
                pipe.get(key(job.contest, "secret"))
                if not job.ladder:
                    pipe.hsetnx(where, target, "0")
                pipe.hget(where, target)
                _, secret, *_, counter = await pipe.execute()
        if counter is None:
            job.candidate_seeds.extend(identity.seed(secret, target, number) for number in range(MOST_SEEDS))
        else:
            job.seed = identity.seed(secret, target, int(counter))
            del job.ladder[:]

    async def request(self, jobs: Sequence[dedup_pb2.Job]) -> None:
        """Notes targets whose seed a worker shall settle before anybody draws."""
        with translate_errors():
            async with self._redis.pipeline(transaction=False) as pipe:
                for job in jobs:
                    where = seeds_key(job.model.generator_source, job.model.scorer_source)
                    pipe.hset(where, f"{job.contest}/{job.target.picture_sha256}", job.SerializeToString())
                    pipe.expire(where, _REQUESTED_S)
                await pipe.execute()

    async def next(self, contest: str, generator_source: str, scorer_source: str) -> dedup_pb2.Job | None:
        """Returns one of them, of a contest or "" of any, that is not settled yet; None where there is none."""
        where = seeds_key(generator_source, scorer_source)
        with translate_errors():
            requested = cast(dict[bytes, bytes], await self._redis.hgetall(where))
            for field, raw in requested.items():
                job = dedup_pb2.Job.FromString(raw)
                if contest not in ("", job.contest):
                    continue
                await self.set_seed(job)
                if job.candidate_seeds:
                    return job
                await self._redis.hdel(where, field)
        return None

    async def settle(self, contest: str, target_picture_sha256: str, counter: int | None) -> int | None:
        """Settles a target's counter unless it is; returns what holds."""
        where = key(contest, "counters")
        with translate_errors():
            if counter is not None:
                await self._redis.hsetnx(where, target_picture_sha256, str(counter))
            found = await self._redis.hget(where, target_picture_sha256)
        return None if found is None else int(found)

    async def public(self, contest: str) -> dedup_pb2.GetSeedsResponse:
        """Returns what players may know of a contest's seeds; makes its secret where there is none."""
        revealed = [key(contest, name) for name in ("revealed_secret", "revealed_counters")]
        present = [key(contest, name) for name in ("secret", "counters")]
        with translate_errors():
            async with self._redis.pipeline(transaction=True) as pipe:
                pipe.get(revealed[0])
                pipe.hgetall(revealed[1])
                pipe.set(present[0], secrets.token_bytes(32), nx=True)
                pipe.get(present[0])
                pipe.hgetall(present[1])
                known, known_counters, _, secret, counters = await pipe.execute()
        return dedup_pb2.GetSeedsResponse(
            commitment=hashlib.sha256(known or secret).hexdigest(),
            counters={
                target.decode(): int(number) for target, number in (known_counters if known else counters).items()
            },
            revealed_secret=known or b"",
        )

    async def reveal(self, contest: str) -> None:
        """Gives the secret away, once and for good; what is drawn later follows from a new one."""
        with translate_errors():
            await self._redis.set(key(contest, "secret"), secrets.token_bytes(32), nx=True)
            first = await self._redis.renamenx(key(contest, "secret"), key(contest, "revealed_secret"))
            if first and await self._redis.exists(key(contest, "counters")):
                await self._redis.rename(key(contest, "counters"), key(contest, "revealed_counters"))
