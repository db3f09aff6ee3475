"""What this service keeps in Redis: the only file that knows the keys.

Every key of a contest carries its `{contest}` tag, so a script's keys are in one slot of a cluster.

  log            stream: the results that were delivered, each as its message, without what explains the score, and
                 the format of the entry; nothing is ever changed in it
  repeats        hash: how many of them have a picture that somebody else had found, or that they had had themselves,
                 of `finders` and of `visitors`, who had found none; of more than MOST_OF_FINDERS and MOST_OF_VISITORS
                 none is kept
  revision       string: how often something was recorded

and what is derived from the log, in its order (`rebuild.py` derives it again; what the log had until some moment lies
under `frozen:<format>:<ms>:`, for a ranking that stands still):

  format         string: the format of what is derived
  seen           set: the delivery ids in the log
  epoch          string: ms since 1970, EPOCH_LEAD_MS before the first result in the log
  targets        set: the targets that have results
  names          hash: participant -> when their newest nickname was given, its key, and the nickname
  called         sorted set, all scores 0: "<nickname key>:<participant>", to find who goes by a nickname

and for each target, where a picture is the SHA-256 of its pixels:

  rank     sorted set: participant -> packed best result (prelude.lua)
  best     hash: participant -> the picture of that result
  drawn    hash: "<participant> <picture>" -> "<packed result> <its message>", the best of theirs with this picture
  finders  sorted set, all scores 0: "<picture>:<place in the log>:<participant>", in whose order it was drawn
  shared   sorted set, all scores 0: "<finder>:<picture>", the pictures that others had drawn later
  finds    sorted set: participant -> packed best result with a picture of which they are the finder
  find     hash: participant -> the picture of that result
"""

from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

import redis.asyncio as aioredis
from redis.exceptions import WatchError

from cygnet.internal.v1 import results_pb2
from cygnet.leaderboard.ranking import nickname_key, picture_key, steps
from cygnet.leaderboard.values import STAFF, Finder, LogEntry, OwnRows, Place, Row, TopRows
from cygnet.platform.errors import Unavailable
from cygnet.platform.redis import delete_all, subscription, translate_errors
from cygnet.platform.scripts import Argument, Script, load

EPOCH_LEAD_MS = 7 * 24 * 3_600_000
"""How far the epoch lies before the first result: a late delivery may be older than the first one by this much."""
LOG_FORMAT = "2"
"""Format of an entry of the log. Raise it with every change that an older program would read wrongly."""
RANKING_FORMAT = "3"
"""Format of what is derived from the log, which a rebuild brings up to date."""
MOST_OF_VISITORS, MOST_OF_FINDERS = 20_000, 30_000
"""Results with others' pictures that a contest keeps; a flood of new sessions would fill the store with them."""
_MOMENT_BITS = 33
_CHANNEL = "board:changes"
_REBUILDING_S = 600
"""A rebuild that died lets another one begin after this time."""
_REPLAYED_AT_ONCE = 500
_FROZEN_KEPT_S = 8 * 24 * 3600
"""A ranking that stands still, for a day at most, is kept for so long."""
_MADE_AGAIN_S = 24 * 3600
_NOT_DERIVED = ("log", "repeats", "revision", "rebuilding")
_CONTEST_WIDE = ("format", "seen", "names", "called", "epoch", "targets")
_PER_TARGET = ("rank", "best", "drawn", "finders", "shared", "finds", "find")


class LeaderboardStore:
    """The result log and rankings of all contests.

    Raises:
        Unavailable: Redis does not answer, or holds what another version of this program stored.
    """

    def __init__(self, client: aioredis.Redis) -> None:
        self._redis = client
        self._record = self._load("record.lua")
        self._standings = self._load("standings.lua")
        self._standing = self._load("standing.lua")
        self._readable: set[str] = set()
        self._frozen: set[str] = set()

    async def append(self, contest: str, entries: Sequence[LogEntry]) -> int:
        """Appends results to the log and ranks them, each in one step; returns how many were new. Safe to repeat."""
        await self._check_format(_Keys(contest))
        return await self._record_all(_Keys(contest), entries, append=True)

    async def top(
        self, contest: str, target: str, limit: int, staff: Iterable[str], frozen_ms: int | None = None
    ) -> TopRows:
        """Returns the `limit` best finds, without nicknames of `staff`, and without what came from `frozen_ms` on."""
        keys = await self._keys(contest, target, frozen_ms)
        answer = await self._standings(keys, limit=limit, staff=_nickname_keys(staff))
        revision, participants, worse, *rows = answer
        return TopRows(revision, participants, tuple(map(_row, rows)), _row_or_none(worse))

    async def own(
        self, contest: str, target: str, participant_id: str, staff: Iterable[str], frozen_ms: int | None = None
    ) -> OwnRows | None:
        """Returns how one participant stands; None before the first score, STAFF for who is not ranked."""
        keys = await self._keys(contest, target, frozen_ms)
        answer = await self._standing(keys, participant_id=participant_id, staff=_nickname_keys(staff))
        if not answer:
            return None
        if answer[0] == b"staff":
            return STAFF
        _, best, finder, find = answer
        return OwnRows(
            best=_place(best), finder=Finder(*(each.decode() for each in finder)) if finder else None, find=_place(find)
        )

    async def changes(self) -> AsyncIterator[str | None]:
        """Yields the name of each contest that got results; None when some may have been missed."""
        async for message in subscription(self._redis, _CHANNEL):
            yield None if message is None else message.decode()

    async def log(self, contest: str, after: str, count: int) -> tuple[str, list[LogEntry]]:
        """Returns up to `count` results that follow the entry `after` ('' for the beginning), and the last one's id.

        At the end of the log the list is empty and the id is `after`.
        """
        with translate_errors():
            found = await self._redis.xrange(_Keys(contest)("log"), f"({after}" if after else "-", count=count)
        read = cast(list[tuple[bytes, dict[bytes, bytes]]], found)
        if any(fields.get(b"format") != LOG_FORMAT.encode() for _, fields in read):
            raise _other_version(
                f"the results of contest {contest}",
                f'go on with that version, or delete the keys "board:{{{contest}}}:*" and begin anew',
            )
        entries = [LogEntry.parse(results_pb2.DeliveredResult.FromString(fields[b"delivery"])) for _, fields in read]
        return read[-1][0].decode() if read else after, entries

    async def begin_rebuild(self, contest: str) -> bool:
        """Clears the place where a rebuild ranks; False while another rebuild is at it."""
        with translate_errors():
            if not await self._redis.set(_Keys(contest)("rebuilding"), "1", nx=True, ex=_REBUILDING_S):
                return False
            await self._clear_rebuilt(contest)
        return True

    async def replay(self, contest: str, entries: Sequence[LogEntry]) -> None:
        """Ranks results of the log beside the ranking in force."""
        await self._record_all(_Keys(contest, "rebuilt:"), entries, append=False)

    async def commit_rebuild(self, contest: str, last: str) -> bool:
        """Puts the rebuilt ranking in force; False, and nothing is changed, when the log goes on after `last`."""
        present, rebuilt = _Keys(contest), _Keys(contest, "rebuilt:")
        with translate_errors():
            targets = await self._targets(present) | await self._targets(rebuilt)
            pairs = list(zip(rebuilt.derived(targets), present.derived(targets), strict=True))
            # Nobody but this rebuild writes them.
            made = {new for new, _ in pairs if await self._redis.exists(new)}
            async with self._redis.pipeline() as transaction:
                await transaction.watch(present("log"))
                newest: Any = await transaction.xrevrange(present("log"), count=1)
                if (newest[0][0].decode() if newest else "") != last:
                    return False
                transaction.multi()  # type: ignore[no-untyped-call]
                for new, old in pairs:
                    if new in made:
                        transaction.rename(new, old)
                    else:
                        transaction.delete(old)
                transaction.incr(present("revision"))
                transaction.publish(_CHANNEL, contest)
                try:
                    await transaction.execute()
                except WatchError:
                    return False
        return True

    async def end_rebuild(self, contest: str) -> None:
        """Clears up, whatever became of the rebuild."""
        with translate_errors():
            await self._clear_rebuilt(contest)
            await self._redis.delete(_Keys(contest)("rebuilding"))

    async def forget(self, contest: str) -> int:
        """Deletes the results of a contest and all that is derived from them; returns how many entries there were."""
        keys = _Keys(contest)
        with translate_errors():
            kept = [keys("revision"), f"board:{{{contest}}}:contest"]
            deleted = await delete_all(self._redis, keys(""), keep=kept, marker=keys("log"))
            if deleted:
                self._frozen.clear()
                await self._redis.incr(keys("revision"))
                await self._redis.publish(_CHANNEL, contest)
        return deleted

    async def _keys(self, contest: str, target: str, frozen_ms: int | None) -> "_Keys":
        """Returns where the ranking lies that is to be read; makes the one that stands still, once.

        It follows from the log alone: a replica that was started again, or makes it at the same moment, shows the same.
        Replaying is safe to repeat.
        """
        keys = _Keys(contest, target=target)
        await self._check_format(keys)
        if frozen_ms is None:
            return keys
        keys = replace(keys, place=f"frozen:{RANKING_FORMAT}:{frozen_ms}:")
        if keys("made") in self._frozen:
            return keys
        with translate_errors():
            made = await self._redis.exists(keys("made"))
        if not made:
            last, entries = await self.log(contest, "", _REPLAYED_AT_ONCE)
            while entries:
                in_time = [entry for entry in entries if entry.delivered_ms < frozen_ms]
                if in_time:
                    await self._record_all(keys, in_time, append=False)
                last, entries = await self.log(contest, last, _REPLAYED_AT_ONCE)
            with translate_errors():
                for key in keys.derived(await self._targets(keys)):
                    await self._redis.expire(key, _FROZEN_KEPT_S)
                await self._redis.set(keys("made"), "1", ex=_FROZEN_KEPT_S - _MADE_AGAIN_S)
        self._frozen.add(keys("made"))
        return keys

    async def _check_format(self, keys: "_Keys") -> None:
        """Refuses a ranking that another version stored; one that was found readable is not looked at again."""
        if keys.contest in self._readable:
            return
        with translate_errors():
            # In this order: the first result of a contest writes both in one step, perhaps just now.
            if not await self._redis.exists(keys("seen")):
                return
            found = await self._redis.get(keys("format"))
        if found != RANKING_FORMAT.encode():
            raise _other_version(
                f"the ranking of contest {keys.contest}",
                f"derive it again from the log: python -m cygnet.leaderboard.rebuild {keys.contest}",
            )
        self._readable.add(keys.contest)

    async def _clear_rebuilt(self, contest: str) -> None:
        rebuilt = _Keys(contest, "rebuilt:")
        await self._redis.delete(*rebuilt.derived(await self._targets(rebuilt)))

    async def _targets(self, keys: "_Keys") -> set[str]:
        return {target.decode() for target in cast(set[bytes], await self._redis.smembers(keys("targets")))}

    async def _record_all(self, keys: "_Keys", entries: Sequence[LogEntry], *, append: bool) -> int:
        calls: list[tuple[Callable[[str], str], dict[str, Argument]]] = [
            (
                replace(keys, target=entry.delivery.target),
                {
                    "append": int(append),
                    # Once for all of them; a call that breaks off before its end is sent again by its caller.
                    "announce": int(append and entry is entries[-1]),
                    "channel": _CHANNEL,
                    "contest": keys.contest,
                    "log_format": LOG_FORMAT,
                    "ranking_format": RANKING_FORMAT,
                    "lead_ms": EPOCH_LEAD_MS,
                    "delivery_id": entry.delivery.delivery_id,
                    "participant_id": entry.delivery.participant_id,
                    "nickname": entry.delivery.nickname,
                    "nickname_key": nickname_key(entry.delivery.nickname),
                    "target": entry.delivery.target,
                    "pixels": picture_key(entry.result),
                    "steps": steps(entry.result.score),
                    "delivered_ms": entry.delivered_ms,
                    "delivery": _stored(entry),
                    "most_of_visitors": MOST_OF_VISITORS,
                    "most_of_finders": MOST_OF_FINDERS,
                },
            )
            for entry in entries
        ]
        return sum(await self._record.many(calls))

    def _load(self, filename: str) -> Script:
        return load(self._redis, "cygnet.leaderboard", filename, prelude="prelude.lua")


@dataclass(frozen=True)
class _Keys:
    """From the name of a contest's key to the key; `place` is where a rebuild works, '' what is in force."""

    contest: str
    place: str = ""
    target: str = ""

    def __call__(self, name: str) -> str:
        place = "" if name in _NOT_DERIVED else self.place
        of_target = f":{self.target}" if name in _PER_TARGET else ""
        return f"board:{{{self.contest}}}:{place}{name}{of_target}"

    def derived(self, targets: set[str]) -> list[str]:
        per_target = [replace(self, target=target)(name) for target in sorted(targets) for name in _PER_TARGET]
        return [*map(self, _CONTEST_WIDE), *per_target]


def _nickname_keys(nicknames: Iterable[str]) -> str:
    return " ".join(map(nickname_key, nicknames))


def _stored(entry: LogEntry) -> bytes:
    """Returns a delivery without what explains its score: dedup has that, and no ranking shows it."""
    result, delivery = type(entry.result)(), type(entry.delivery)()
    result.CopyFrom(entry.result)
    result.ClearField("heat")
    result.ClearField("negative_heat")
    delivery.CopyFrom(entry.delivery)
    delivery.result = result.SerializeToString()
    return delivery.SerializeToString()


def _row(raw: Sequence[Any]) -> Row:
    packed, delivery, nickname, found_after = raw
    best = LogEntry.parse(results_pb2.DeliveredResult.FromString(delivery))
    return Row(best, nickname.decode(), int(packed) >> _MOMENT_BITS, found_after)


def _row_or_none(raw: Sequence[Any]) -> Row | None:
    return _row(raw) if raw else None


def _place(raw: Sequence[Any]) -> Place | None:
    if not raw:
        return None
    before, row, above, below = raw
    return Place(before, _row(row), _row_or_none(above), _row_or_none(below))


def _other_version(stored: str, remedy: str) -> Unavailable:
    # Not a Conflict: once the remedy was applied, the same call works.
    return Unavailable(f"another version of Cygnet stored {stored}; {remedy}", reason="OTHER_VERSION")
