"""What this service keeps in Redis, read and written: keys.py says what lies where."""

import secrets
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from typing import Any, cast

import redis.asyncio as aioredis

from cygnet.dedup import classes, records
from cygnet.dedup.admission import identity
from cygnet.dedup.admission.arguments import COSTS, OPENING_MS, prepared
from cygnet.dedup.keys import CHANNEL, CONTESTS, FORMAT_KEY, key, keys
from cygnet.dedup.retention import Retention
from cygnet.dedup.seeds import SeedStore
from cygnet.dedup.targets import TargetReports
from cygnet.dedup.values import (
    Admission,
    Bucket,
    Change,
    Claimed,
    Completion,
    Decision,
    Lease,
    Lengths,
    Pace,
    Place,
    Served,
)
from cygnet.dedup.vocabularies import Vocabularies
from cygnet.dedup.waiting_jobs import WaitingJobs
from cygnet.dedup.withdrawal import Withdrawal
from cygnet.internal.v1 import dedup_pb2, results_pb2
from cygnet.platform.errors import Unavailable
from cygnet.platform.redis import subscription, translate_errors
from cygnet.platform.scripts import Script, load
from cygnet.v1.submission_pb2 import Failure

FORMAT = 4
"""The version of what lies in Redis. Raise it with every change that an older or newer reader would misread."""
_PACE_SAMPLES = 64
"""Enough for a steady median, few enough to follow a change of model within minutes."""
_TURNS = 64
"""Claims from which it is seen who comes: as many."""
_BOUNDS = [(number * classes.BLOCK, f"({(number + 1) * classes.BLOCK}") for number in range(len(classes.CLASSES))]
"""Of each class's scores in the queue."""
_Entries = list[tuple[bytes, dict[bytes, bytes]]]


class Store:
    """Jobs, submissions, queue and outbox of all contests.

    Raises:
        Unavailable: Redis does not answer, or refuses to work.
    """

    def __init__(self, client: aioredis.Redis) -> None:
        self._redis = client
        self.seeds = SeedStore(client)
        self.targets = TargetReports(client)
        self.vocabularies = Vocabularies(client)
        self.withdrawal = Withdrawal(client)
        self.retention = Retention(client)
        self._admit = _script(client, "admission/admit.lua")
        self._claim = _script(client, "queue/claim.lua")
        self._heartbeat = _script(client, "queue/heartbeat.lua")
        self._complete = _script(client, "queue/complete.lua")
        self._release = _script(client, "queue/release.lua")
        self.waiting_jobs = WaitingJobs(client, _script(client, "queue/fail_waiting.lua"))
        self._lock = _script(client, "outbox/lock.lua")
        self._retire = _script(client, "retire.lua")

    async def check_format(self) -> None:
        """Returns where this version can read what lies in Redis, or where nothing does.

        Raises:
            Unavailable: it is of another version; its words say what to do.
        """
        with translate_errors():
            async with self._redis.pipeline(transaction=True) as pipe:
                pipe.get(FORMAT_KEY)
                pipe.exists(CONTESTS)
                found, any_data = await pipe.execute()
        # The first format had no number.
        version = int(found) if found else 1 if any_data else FORMAT
        if version != FORMAT:
            raise Unavailable(
                f"dedup's data in Redis were written by another version of Cygnet (format {version}, not {FORMAT}): run"
                " that version, or begin anew with an empty Redis",
                reason="OTHER_VERSION",
            )

    async def contests(self) -> list[str]:
        """Returns the active contests, sorted: those with work, and those submitted to lately."""
        with translate_errors():
            names = await self._redis.zrange(CONTESTS, 0, -1)
        return sorted(name.decode() for name in cast(list[bytes], names))

    async def activate(self, contest: str, now_ms: int) -> tuple[bytes, Pace]:
        """Notes that somebody submits, before their admission; returns the contest's secret and pace.

        All that an admission relies on and a Redis that lost its keys would lack is written here, if it is not there:
        the contest among the active ones, its secret, the format.
        """
        with translate_errors():
            async with self._redis.pipeline(transaction=False) as pipe:
                pipe.set(FORMAT_KEY, FORMAT, nx=True)
                pipe.zadd(CONTESTS, {contest: now_ms})
                pipe.set(key(contest, "secret"), secrets.token_bytes(32), nx=True)
                pipe.get(key(contest, "secret"))
                pipe.lrange(key(contest, "pace"), 0, -1)
                pipe.zcard(key(contest, "leases"))
                *_, secret, samples, drawing = await pipe.execute()
        return cast(bytes, secret), records.pace(samples, drawing, (), ())

    async def retire(self, contest: str, idle_since_ms: int) -> bool:
        """Takes a contest out of the active ones, unless somebody submitted since then."""
        return bool(await self._retire(lambda _: CONTESTS, contest=contest, idle_since_ms=idle_since_ms))

    async def admit(self, admissions: Sequence[Admission], submit_bucket: Bucket, now_ms: int) -> list[Decision]:
        """Decides on submissions, on each atomically, in their order and in one round trip."""
        calls = [prepared(admission, submit_bucket, now_ms) for admission in admissions]
        answers = await self._admit.many([(where, arguments) for where, arguments, _ in calls])
        return [
            records.decision(admission, record, answer)
            for admission, (_, _, record), answer in zip(admissions, calls, answers, strict=True)
        ]

    async def claim(
        self, contest: str, token: str, lease_ms: int, now_ms: int, served: Served | None = None, away_ms: int = 0
    ) -> Claimed | None:
        """Leases the first job that can be drawn with what is `served` (None: any job); None when there is none.

        A model for whose work nobody has asked for `away_ms` counts as gone: its jobs are drawn with what is served.
        The same token gets the same job again.
        """
        lane, fingerprint = identity.lane(served) if served else "", ""
        while True:
            answer, *rest = await self._claim(
                keys(contest, fingerprint),
                now=now_ms,
                contest=contest,
                guess=fingerprint,
                lease_ms=lease_ms,
                token=token,
                lane=lane,
                away_ms=away_ms,
                least_costs=COSTS,
                most_turns=_TURNS,
                opening_ms=OPENING_MS,
            )
            if answer == b"empty":
                return None
            if answer == b"claimed":
                *fields, its_lane, model_here = rest
                claimed = records.claimed(contest, fingerprint, lease_ms, fields)
                if served and its_lane.decode() != lane:
                    records.draw_with(claimed.job, served, model_here)
                await self.seeds.set_seed(claimed.job)
                return claimed
            # Somebody was faster; another head means that somebody got work, so this ends.
            fingerprint = rest[0].decode()

    async def promise(self, contest: str, promised_ms: Mapping[str, int]) -> None:
        """Notes of jobs that were admitted when they should be done, in nine of ten cases."""
        with translate_errors():
            async with self._redis.pipeline(transaction=False) as pipe:
                for fingerprint, at_ms in promised_ms.items():
                    pipe.hset(key(contest, "job", fingerprint), "promised_ms", at_ms)
                await pipe.execute()

    async def heartbeat(self, lease: Lease, lease_ms: int, now_ms: int) -> bool:
        """Keeps a lease; False when it was lost."""
        where = keys(lease.contest, lease.fingerprint)
        fingerprint, fence = lease.fingerprint, str(lease.fence)
        return bool(await self._heartbeat(where, now=now_ms, fingerprint=fingerprint, fence=fence, lease_ms=lease_ms))

    async def complete(self, lease: Lease, result: bytes, now_ms: int) -> Completion | None:
        """Ends a job with a serialized Result; None when the lease was lost to another claim."""
        answer, *rest = await self._complete(
            keys(lease.contest, lease.fingerprint),
            now=now_ms,
            contest=lease.contest,
            fingerprint=lease.fingerprint,
            fence=str(lease.fence),
            result=result,
            samples=_PACE_SAMPLES,
        )
        if answer != b"done":
            return None
        after_ms, kept = rest or (None, b"")
        return Completion(None if after_ms is None else int(after_ms), kept == b"1" if kept else None)

    async def release(self, lease: Lease, failure: Failure | None, now_ms: int) -> bool:
        """Gives a job back or fails it; False when the lease was lost."""
        return await self._end_lease(lease.contest, lease.fingerprint, now_ms, failure, fence=lease.fence) != "lost"

    async def expire(self, contest: str, fingerprint: str, failure: Failure, most_lost: int, now_ms: int) -> str:
        """Takes a job from a worker that is silent: back into the queue, or failed when it was lost too often.

        Returns "queued", "failed", or "lost" when the lease had not run out after all.
        """
        return await self._end_lease(contest, fingerprint, now_ms, failure, most_lost=most_lost)

    async def _end_lease(
        self,
        contest: str,
        fingerprint: str,
        now_ms: int,
        failure: Failure | None,
        *,
        fence: int = 0,
        most_lost: int = 0,
    ) -> str:
        became = await self._release(
            keys(contest, fingerprint),
            now=now_ms,
            contest=contest,
            fingerprint=fingerprint,
            fence=str(fence) if fence else "",
            failure=failure.SerializeToString() if failure is not None else b"",
            most_lost=most_lost,
        )
        return cast(bytes, became).decode()

    async def expired_leases(self, contest: str, now_ms: int) -> list[str]:
        """Returns the fingerprints of up to 100 jobs whose lease ran out, the longest ago first."""
        with translate_errors():
            found = await self._redis.zrangebyscore(key(contest, "leases"), "-inf", now_ms, start=0, num=100)
        return [fingerprint.decode() for fingerprint in cast(list[bytes], found)]

    async def submissions(
        self, contest: str, submission_ids: Sequence[str]
    ) -> tuple[list[dedup_pb2.OwnedSubmission], Pace, list[Place | None]]:
        """Returns submissions as they stand at one moment, in the order asked, unknown ones left out; the pace; and of
        each where it waits, if it does.
        """
        if not submission_ids:
            return [], Pace((), 0), []
        with translate_errors():
            raw = await self._redis.mget([key(contest, "submission", each) for each in submission_ids])
            # What was asked for never changes; how it stands is read in one transaction.
            kept = zip(submission_ids, cast(list[bytes | None], raw), strict=True)
            found = [records.stored(submission_id, each) for submission_id, each in kept if each is not None]
            async with self._redis.pipeline(transaction=True) as pipe:
                pipe.hmget(key(contest, "clock"), ["revision", *classes.CLOCK_FIELDS])
                _count_classes(pipe, contest)
                pipe.lrange(key(contest, "pace"), 0, -1)
                pipe.zcard(key(contest, "leases"))
                pipe.hvals(key(contest, "last_poll"))
                pipe.lrange(key(contest, "turns"), 0, -1)
                for _, run, fingerprint in found:
                    pipe.hmget(key(contest, "job", fingerprint), [*records.JOB_FIELDS, b"failure:" + run])
                    pipe.zrank(key(contest, "queue"), fingerprint)
                    pipe.zscore(key(contest, "queue"), fingerprint)
                read = await pipe.execute()
        revision, *clock = [int(each or 0) for each in read[0]]
        waiting, (samples, drawing, polls, turns), jobs = read[1:5], read[5:9], read[9:]
        places = [records.place(rank, tag, waiting, clock) for rank, tag in zip(jobs[1::3], jobs[2::3], strict=True)]
        for (owned, run, _), job, place in zip(found, jobs[::3], places, strict=True):
            records.fill(owned.submission, run, job, place, revision)
        return [owned for owned, _, _ in found], records.pace(samples, drawing, polls, turns), places

    async def history(self, contest: str, participant_id: str, limit: int) -> list[str]:
        """Returns the ids of a participant's submissions, newest first."""
        with translate_errors():
            ids = await self._redis.zrevrange(key(contest, "history", participant_id), 0, limit - 1)
        return [each.decode() for each in cast(list[bytes], ids)]

    async def lengths(self, contest: str) -> Lengths:
        """Returns how much there is of everything, at one moment."""
        with translate_errors():
            async with self._redis.pipeline(transaction=True) as pipe:
                pipe.zcard(key(contest, "queue"))
                pipe.zcard(key(contest, "leases"))
                pipe.xlen(key(contest, "outbox"))
                pipe.zrange(key(contest, "queued_at"), 0, 0, withscores=True)
                pipe.hvals(key(contest, "pending"))
                pipe.hmget(key(contest, "clock"), ["submissions", "participants", *classes.TIMES])
                _count_classes(pipe, contest)
                for low, high in _BOUNDS:
                    pipe.zrangebyscore(key(contest, "queue"), low, high, start=0, num=1, withscores=True)
                waiting, drawing, outbox, oldest, pending, clock, *read = await pipe.execute()
        by_class, firsts = read[:4], [first[0][1] if first else None for first in read[4:]]
        submissions, participants, *times = [int(each or 0) for each in clock]
        return Lengths(
            waiting=waiting,
            drawing=drawing,
            outbox=outbox,
            oldest_ms=int(oldest[0][1]) if oldest else None,
            submissions=submissions,
            participants=participants,
            by_class=tuple(by_class),
            stuck=max(0, sum(map(int, pending)) - waiting - drawing),
            fairness_gap=classes.fairness_gap(firsts, times),
        )

    async def undelivered(self) -> list[str]:
        """Returns the active contests in whose outbox there is something."""
        contests = await self.contests()
        with translate_errors():
            async with self._redis.pipeline(transaction=False) as pipe:
                for contest in contests:
                    pipe.xlen(key(contest, "outbox"))
                lengths = await pipe.execute()
        return [contest for contest, length in zip(contests, lengths, strict=True) if length]

    async def acquire_lock(self, contest: str, token: str, for_ms: int) -> bool:
        """Takes or keeps the right to empty the outbox; False while another process has it."""
        return bool(await self._lock(keys(contest), token=token, for_ms=for_ms))

    async def release_lock(self, contest: str, token: str) -> None:
        """Gives that right up."""
        await self._lock(keys(contest), token=token, for_ms=0)

    async def outbox(self, contest: str, limit: int) -> dict[str, results_pb2.DeliveredResult]:
        """Returns the oldest deliveries that were not sent yet, in their order, by their entry's id."""
        with translate_errors():
            entries = await self._redis.xrange(key(contest, "outbox"), count=limit)
        return {entry_id.decode(): records.delivered(fields) for entry_id, fields in cast(_Entries, entries)}

    async def delivered(self, contest: str, entry_ids: Iterable[str]) -> None:
        """Removes deliveries that reached the leaderboard."""
        with translate_errors():
            await self._redis.xdel(key(contest, "outbox"), *entry_ids)

    async def set_aside(self, contest: str, entry_id: str) -> None:
        """Moves a delivery that the leaderboard will not have out of the others' way, and keeps it."""
        outbox = key(contest, "outbox")
        with translate_errors():
            for _, fields in cast(_Entries, await self._redis.xrange(outbox, entry_id, entry_id)):
                async with self._redis.pipeline(transaction=True) as pipe:
                    pipe.xadd(key(contest, "outbox_refused"), cast(Any, fields))
                    pipe.xdel(outbox, entry_id)
                    await pipe.execute()

    async def changes(self) -> AsyncIterator[Change | None]:
        """Yields every change; None when changes may have been missed."""
        async for message in subscription(self._redis, CHANNEL):
            yield None if message is None else records.change(message)


def _count_classes(pipe: "aioredis.client.Pipeline", contest: str) -> None:
    """Has a pipeline count the waiting jobs of each class."""
    for low, high in _BOUNDS:
        pipe.zcount(key(contest, "queue"), low, high)


def _script(client: aioredis.Redis, path: str) -> Script:
    return load(client, "cygnet.dedup", path, prelude="prelude.lua")
