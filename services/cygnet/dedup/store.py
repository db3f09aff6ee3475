"""What this service keeps in Redis: the only file that knows the keys.

Every key of a contest carries its `{contest}` tag, so a script's keys are in one slot of a cluster. `dedup:contests`
alone is of all contests.

  job:<fingerprint>      hash: a drawing, its state, its fence, its result; `run` counts how often it was begun anew
                         after it failed, `failure:<run>` says why
  sub:<submission>       JSON, never changed: who asked for what, the job and its run
  queue                  sorted set: waiting jobs by tag (prelude.lua)
  since                  sorted set: waiting jobs by when they were admitted
  leases                 sorted set: jobs being drawn by when their lease runs out
  waiters:<fingerprint>  hash: submission -> who is told and credited when the job ends
  credited:<fingerprint> set: the participants whose score has gone into the outbox
  named                  hash: participant -> the nickname with which a score of theirs last went there
  lanes                  sorted set: waiting jobs by the model that they ask for, then by tag (prelude.lua)
  asked                  hash: lane -> when a worker of that model last asked for work, or said that it draws
  models                 hash: lane -> how the contest draws with that model
  clock                  hash: virtual (time), sequence (submissions), participants, revision
  pending, finish, submit_bucket, work_bucket
                         hashes: participant -> unfinished drawings; virtual finish of their last drawing; when their
                         two token buckets are full again
  subs:<participant>     sorted set: their submissions by sequence
  pace                   list: "<duration> <drawn at the same time>" of the last drawings
  outbox, outbox_refused streams: scores that are not with the leaderboard yet; those that it will not have
  relay                  string: which process empties the outbox at present
  secret                 string: what seeds are derived from
"""

import json
import secrets
from collections.abc import AsyncIterator, Sequence
from dataclasses import asdict
from importlib import resources
from typing import Any, cast

import redis.asyncio as aioredis
from redis.commands.core import AsyncScript

from cygnet.dedup import records
from cygnet.dedup.admission import identity
from cygnet.dedup.values import (
    Bucket,
    Change,
    Completion,
    Decision,
    Delivery,
    Failure,
    Job,
    Lease,
    Lengths,
    Order,
    Pace,
    Record,
    Result,
    Served,
)
from cygnet.platform.redis import subscription, translate_errors

_CONTESTS = "dedup:contests"
_CHANNEL = "dedup:changes"
_PACE_SAMPLES = 64
"""Enough for a steady median, few enough to follow a change of model within minutes."""
_DRAWERS_SAMPLES = 16
"""The last drawings from which the number of drawers is taken."""
_Entries = list[tuple[bytes, dict[bytes, bytes]]]


def _key(contest: str, name: str, of: str = "") -> str:
    return f"dedup:{{{contest}}}:{name}:{of}" if of else f"dedup:{{{contest}}}:{name}"


class Store:
    """Jobs, submissions, queue and outbox of all contests. Raises `Unavailable` while Redis does not answer."""

    def __init__(self, client: aioredis.Redis) -> None:
        self._redis = client
        self._admit = _script(client, "admission/admit.lua")
        self._claim = _script(client, "queue/claim.lua")
        self._heartbeat = _script(client, "queue/heartbeat.lua")
        self._complete = _script(client, "queue/complete.lua")
        self._release = _script(client, "queue/release.lua")
        self._strand = _script(client, "queue/fail_unservable.lua")
        self._hold_relay = _script(client, "outbox/lock.lua")

    async def contests(self) -> list[str]:
        """Returns the contests that ever had a submission, sorted."""
        with translate_errors():
            names = await self._redis.smembers(_CONTESTS)
        return sorted(name.decode() for name in cast(set[bytes], names))

    async def secret(self, contest: str) -> bytes:
        """Returns the contest's secret; the first call makes it and makes the contest known."""
        with translate_errors():
            async with self._redis.pipeline(transaction=False) as pipe:
                pipe.set(_key(contest, "secret"), secrets.token_bytes(32), nx=True)
                pipe.get(_key(contest, "secret"))
                pipe.sadd(_CONTESTS, contest)
                _, secret, _ = await pipe.execute()
        return cast(bytes, secret)

    async def admit(self, order: Order, submit_bucket: Bucket, now_ms: int) -> Decision:
        """Decides on a submission, atomically."""
        wish, fingerprint = order.wish, order.fingerprint
        contest, policy = wish.contest, wish.policy
        document = {
            "contest": contest,
            "submission_id": order.submission_id,
            "participant_id": wish.participant_id,
            "nickname": wish.nickname,
            "fingerprint": fingerprint,
            "prompt": wish.prompt,
            "canonical_prompt": order.canonical_prompt,
            # As a string: Lua would round it.
            "seed": str(order.seed),
            "target": wish.target.name,
            "target_sha256": wish.target.picture_sha256,
            "model": json.dumps(asdict(wish.model), ensure_ascii=False),
            "lane": identity.lane(wish.model.needs),
            "policy_generation": policy.generation,
            "every_ms": policy.every_ms,
            "burst": policy.burst,
            "pending": policy.pending,
            "max_queue": order.max_queue,
            "submit_every_ms": submit_bucket.every_ms,
            "submit_burst": submit_bucket.burst,
        }
        keys = [
            _key(contest, "sub", order.submission_id),
            _key(contest, "job", fingerprint),
            *(_key(contest, name) for name in ("queue", "since", "clock", "pending", "finish")),
            *(_key(contest, name) for name in ("submit_bucket", "work_bucket")),
            _key(contest, "subs", wish.participant_id),
            _key(contest, "waiters", fingerprint),
            *(_key(contest, name) for name in ("outbox", "lanes", "models")),
            _key(contest, "credited", fingerprint),
            *(_key(contest, name) for name in ("named", "leases", "pace", "asked")),
        ]
        arguments: list[str | int] = [now_ms, json.dumps(document, ensure_ascii=False), *records.JOB_FIELDS]
        outcome, wait_ms, length, *stands = await _run(self._admit, keys, arguments)
        if not stands:
            return Decision(outcome.decode(), int(wait_ms), int(length))
        asked, revision, samples, drawing, asked_ms, job, position = stands
        # What was admitted now has not failed.
        record = records.record(order.submission_id, json.loads(asked), [*job, None], position, int(revision))
        return Decision(outcome.decode(), 0, int(length), record, _pace(samples, drawing, asked_ms))

    async def claim(
        self, contest: str, token: str, lease_ms: int, now_ms: int, served: Served | None = None, away_ms: int = 0
    ) -> Job | None:
        """Leases the first job that can be drawn with what is `served` (None: any job); None when there is none.

        A model for whose work nobody has asked for `away_ms` counts as gone: its jobs are drawn with what is served.
        The same token gets the same job again.
        """
        lane = identity.lane(served) if served else ""
        fingerprint = ""
        while True:
            keys = [
                *(_key(contest, name) for name in ("queue", "since", "leases", "clock")),
                _key(contest, "job", fingerprint),
                _key(contest, "waiters", fingerprint),
                *(_key(contest, name) for name in ("lanes", "asked", "models")),
            ]
            arguments: list[str | int] = [now_ms, contest, fingerprint, lease_ms, token, lane, away_ms]
            said, *rest = await _run(self._claim, keys, arguments)
            if said == b"empty":
                return None
            if said == b"claimed":
                *fields, its_lane, model_here = rest
                job = records.job(contest, fingerprint, lease_ms, fields)
                if served and its_lane.decode() != lane:
                    return records.drawn_with(job, served, model_here)
                return job
            # Somebody was faster; another head means that somebody got work, so this ends.
            fingerprint = rest[0].decode()

    async def heartbeat(self, lease: Lease, lease_ms: int, now_ms: int) -> bool:
        """Keeps a lease; False when it was lost."""
        keys = [
            _key(lease.contest, "leases"),
            _key(lease.contest, "job", lease.fingerprint),
            _key(lease.contest, "asked"),
        ]
        kept = await _run(self._heartbeat, keys, [now_ms, lease.fingerprint, lease.fence, lease_ms])
        return bool(kept)

    async def complete(self, lease: Lease, result: Result) -> Completion | None:
        """Ends a job; None when the lease was lost to another claim."""
        contest, fingerprint = lease.contest, lease.fingerprint
        keys = [
            _key(contest, "job", fingerprint),
            *(_key(contest, name) for name in ("queue", "since", "leases", "clock", "pending")),
            _key(contest, "waiters", fingerprint),
            *(_key(contest, name) for name in ("outbox", "pace", "lanes")),
            _key(contest, "credited", fingerprint),
            _key(contest, "named"),
        ]
        arguments: list[str | int] = [
            result.completed_ms, contest, fingerprint, lease.fence, records.result_document(result), _PACE_SAMPLES,
        ]  # fmt: skip
        said, *rest = await _run(self._complete, keys, arguments)
        if said != b"done":
            return None
        in_force, *after_ms = rest
        return Completion(records.result(in_force), int(after_ms[0]) if after_ms else None)

    async def release(self, lease: Lease, failure: Failure | None, now_ms: int) -> bool:
        """Gives a job back or fails it; False when the lease was lost."""
        said = await self._end_lease(lease.contest, lease.fingerprint, str(lease.fence), failure, 0, now_ms)
        return said != "lost"

    async def expire(self, contest: str, fingerprint: str, failure: Failure, most_lost: int, now_ms: int) -> str:
        """Takes a job from a worker that is silent: back into the queue, or failed when it was lost too often.

        Returns "queued", "failed", or "lost" when the lease had not run out after all.
        """
        return await self._end_lease(contest, fingerprint, "", failure, most_lost, now_ms)

    async def _end_lease(
        self, contest: str, fingerprint: str, fence: str, failure: Failure | None, most_lost: int, now_ms: int
    ) -> str:
        keys = [
            _key(contest, "job", fingerprint),
            *(_key(contest, name) for name in ("queue", "since", "leases", "clock", "pending", "work_bucket")),
            _key(contest, "waiters", fingerprint),
            _key(contest, "lanes"),
        ]
        reason = "" if failure is None else json.dumps(asdict(failure), ensure_ascii=False)
        said = await _run(self._release, keys, [now_ms, contest, fingerprint, fence, reason, most_lost])
        return cast(bytes, said).decode()

    async def expired_leases(self, contest: str, now_ms: int) -> list[str]:
        """Returns the fingerprints of up to 100 jobs whose lease ran out, the longest ago first."""
        with translate_errors():
            found = await self._redis.zrangebyscore(_key(contest, "leases"), "-inf", now_ms, start=0, num=100)
        return [fingerprint.decode() for fingerprint in cast(list[bytes], found)]

    async def never_served(self, contest: str, patience_ms: int, now_ms: int) -> list[str]:
        """Returns the fingerprints of up to 100 jobs that wait for a model which no worker ever served.

        They have waited for `patience_ms`, and workers with other models asked for work within that time: while nobody
        asks at all, a contest is closed, or its models still start.
        """
        with translate_errors():
            async with self._redis.pipeline(transaction=False) as pipe:
                pipe.hkeys(_key(contest, "models"))
                pipe.hgetall(_key(contest, "asked"))
                wanted, asked = await pipe.execute()
            if not any(int(asked_ms) > now_ms - patience_ms for lane, asked_ms in asked.items() if lane):
                return []
            waiting: list[str] = []
            for lane in set(wanted) - set(asked):
                members = await self._redis.zrangebylex(
                    _key(contest, "lanes"), b"[" + lane + b":", b"(" + lane + b";", start=0, num=100
                )
                waiting += [member.decode().rpartition(":")[2] for member in cast(list[bytes], members)]
            if not waiting:
                return []
            since = await self._redis.zmscore(_key(contest, "since"), waiting)
        old = zip(waiting, since, strict=True)
        return [fingerprint for fingerprint, at_ms in old if at_ms is not None and at_ms + patience_ms <= now_ms]

    async def strand(self, contest: str, fingerprint: str, failure: Failure, patience_ms: int, now_ms: int) -> bool:
        """Fails a job whose model no worker ever served; False when that is not so any more."""
        keys = [
            _key(contest, "job", fingerprint),
            *(_key(contest, name) for name in ("queue", "since", "clock", "pending", "work_bucket")),
            _key(contest, "waiters", fingerprint),
            *(_key(contest, name) for name in ("lanes", "asked")),
        ]
        reason = json.dumps(asdict(failure), ensure_ascii=False)
        return bool(await _run(self._strand, keys, [now_ms, contest, fingerprint, reason, patience_ms]))

    async def records(self, contest: str, submission_ids: Sequence[str]) -> tuple[list[Record], Pace]:
        """Returns submissions as they stand at one moment, in the order asked, unknown ones left out."""
        if not submission_ids:
            return [], Pace((), 0)
        with translate_errors():
            raw = await self._redis.mget([_key(contest, "sub", each) for each in submission_ids])
            # What was asked for never changes; how it stands is read in one transaction.
            asked = [
                (each, json.loads(document)) for each, document in zip(submission_ids, raw, strict=True) if document
            ]
            async with self._redis.pipeline(transaction=True) as pipe:
                pipe.hget(_key(contest, "clock"), "revision")
                pipe.lrange(_key(contest, "pace"), 0, -1)
                pipe.zcard(_key(contest, "leases"))
                pipe.hvals(_key(contest, "asked"))
                for _, document in asked:
                    fields = [*records.JOB_FIELDS, f"failure:{document['run']}"]
                    pipe.hmget(_key(contest, "job", document["fingerprint"]), fields)
                    pipe.zrank(_key(contest, "queue"), document["fingerprint"])
                revision, samples, drawing, asked_ms, *jobs = await pipe.execute()
        found = [
            records.record(submission_id, document, job, position, int(revision or 0))
            for (submission_id, document), job, position in zip(asked, jobs[::2], jobs[1::2], strict=True)
        ]
        return found, _pace(samples, drawing, asked_ms)

    async def history(self, contest: str, participant_id: str, limit: int) -> list[str]:
        """Returns the ids of a participant's submissions, newest first."""
        with translate_errors():
            ids = await self._redis.zrevrange(_key(contest, "subs", participant_id), 0, limit - 1)
        return [each.decode() for each in cast(list[bytes], ids)]

    async def pace(self, contest: str) -> Pace:
        """Returns how fast the contest's pictures are drawn at present."""
        with translate_errors():
            async with self._redis.pipeline(transaction=False) as pipe:
                pipe.lrange(_key(contest, "pace"), 0, -1)
                pipe.zcard(_key(contest, "leases"))
                samples, drawing = await pipe.execute()
        return _pace(samples, drawing)

    async def lengths(self, contest: str) -> Lengths:
        """Returns how much there is of everything."""
        with translate_errors():
            async with self._redis.pipeline(transaction=True) as pipe:
                pipe.zcard(_key(contest, "queue"))
                pipe.xlen(_key(contest, "outbox"))
                pipe.zrange(_key(contest, "since"), 0, 0, withscores=True)
                pipe.hmget(_key(contest, "clock"), ["sequence", "participants"])
                waiting, outbox, oldest, (submissions, participants) = await pipe.execute()
        return Lengths(
            waiting=waiting,
            outbox=outbox,
            oldest_ms=int(oldest[0][1]) if oldest else None,
            submissions=int(submissions or 0),
            participants=int(participants or 0),
        )

    async def hold_relay(self, contest: str, token: str, for_ms: int) -> bool:
        """Takes or keeps the right to empty the outbox; False while another process has it."""
        return bool(await _run(self._hold_relay, [_key(contest, "relay")], [token, for_ms]))

    async def let_relay_go(self, contest: str, token: str) -> None:
        """Gives that right up, so that another process need not wait for its end."""
        await _run(self._hold_relay, [_key(contest, "relay")], [token, 0])

    async def outbox(self, contest: str, limit: int) -> list[Delivery]:
        """Returns the oldest deliveries that were not sent yet."""
        with translate_errors():
            entries = await self._redis.xrange(_key(contest, "outbox"), count=limit)
        return [records.delivery(entry_id, fields) for entry_id, fields in cast(_Entries, entries)]

    async def delivered(self, contest: str, entry_ids: Sequence[str]) -> None:
        """Removes deliveries that reached the leaderboard."""
        with translate_errors():
            await self._redis.xdel(_key(contest, "outbox"), *entry_ids)

    async def set_aside(self, contest: str, entry_id: str) -> None:
        """Moves a delivery that the leaderboard will not have out of the others' way, and keeps it."""
        outbox = _key(contest, "outbox")
        with translate_errors():
            for _, fields in cast(_Entries, await self._redis.xrange(outbox, entry_id, entry_id)):
                async with self._redis.pipeline(transaction=True) as pipe:
                    pipe.xadd(_key(contest, "outbox_refused"), cast(Any, fields))
                    pipe.xdel(outbox, entry_id)
                    await pipe.execute()

    async def changes(self) -> AsyncIterator[Change | None]:
        """Yields every change; None when changes may have been missed."""
        async for message in subscription(self._redis, _CHANNEL):
            yield None if message is None else records.change(message)


def _script(client: aioredis.Redis, filename: str) -> AsyncScript:
    files = resources.files("cygnet.dedup")
    return client.register_script(files.joinpath("prelude.lua").read_text() + files.joinpath(filename).read_text())


async def _run(script: AsyncScript, keys: Sequence[str], arguments: Sequence[str | int]) -> Any:
    with translate_errors():
        return await script(keys=keys, args=arguments)


def _pace(samples: Sequence[bytes], drawing: int, asked_ms: Sequence[bytes] = ()) -> Pace:
    pairs = [tuple(map(int, sample.split())) for sample in samples]
    at_once = max((drawers for _, drawers in pairs[:_DRAWERS_SAMPLES]), default=0)
    durations = tuple(duration for duration, _ in pairs)
    return Pace(durations, max(drawing, at_once), max(map(int, asked_ms), default=0))
