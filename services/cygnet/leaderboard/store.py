"""What this service keeps in Redis: the only file that knows the keys.

Every key of a contest carries its `{contest}` tag, so a script's keys are in one slot of a cluster.

  log            stream: every result that was ever delivered; nothing is ever changed in it
  revision       string: how often something was recorded

and what is derived from the log, in its order (`rebuild.py` derives it again; what the log had until some moment lies
under `frozen:<ms>:`, for a ranking that stands still):

  seen           set: the delivery ids in the log
  epoch          string: ms since 1970, EPOCH_LEAD_MS before the first result in the log
  targets        set: the targets that have results
  names          hash: participant -> when their newest nickname was heard, its key, and the nickname
  called         sorted set, all scores 0: "<nickname key>:<participant>", to find who goes by a nickname
  rank:<target>  sorted set: participant -> packed best result (prelude.lua)
  best:<target>  hash: participant -> their best result as JSON
"""

import json
from collections.abc import AsyncIterator, Sequence
from importlib import resources
from typing import Any, cast

import redis.asyncio as aioredis
from redis.commands.core import AsyncScript

from cygnet.leaderboard.ranking import nickname_key, steps
from cygnet.leaderboard.values import OwnRow, Result, Row, TopRows
from cygnet.platform.redis import subscription, translate_errors

EPOCH_LEAD_MS = 7 * 24 * 3_600_000
"""How far the epoch lies before the first result: a late delivery may be older than the first one by this much."""
_MOMENT_BITS = 33
_CHANNEL = "board:changes"
_REBUILDING_S = 600
"""A rebuild that died lets another one begin after this time."""
_REPLAYED_AT_ONCE = 500
_FROZEN_KEPT_S = 8 * 24 * 3600
"""A ranking that stands still, for a day at most, is kept for so long."""
_MADE_AGAIN_S = 24 * 3600
_CONTEST_WIDE = ("seen", "names", "called", "epoch", "targets")


class LeaderboardStore:
    """The result log and rankings of all contests. Raises `Unavailable` while Redis does not answer."""

    def __init__(self, client: aioredis.Redis) -> None:
        self._redis = client
        self._record = _script(client, "record.lua")
        self._standings = _script(client, "standings.lua")
        self._standing = _script(client, "standing.lua")
        self._commit = _script(client, "commit.lua")
        self._frozen: set[str] = set()

    async def append(self, contest: str, results: Sequence[Result]) -> int:
        """Appends results to the log and ranks them, in one step; returns how many were new."""
        return await self._recorded("append", contest, results, _Keys(contest))

    async def top(
        self, contest: str, target: str, limit: int, staff: Sequence[str], frozen_ms: int | None = None
    ) -> TopRows:
        """Returns the `limit` best rows, without nicknames of `staff`, and without what came from `frozen_ms` on."""
        keys = await self._keys(contest, frozen_ms)
        names = [keys.rank(target), keys.best(target), keys("names"), keys("called"), _Keys(contest)("revision")]
        arguments: list[str | int] = [limit, *map(nickname_key, staff)]
        revision, participants, worse, *rows = await _run(self._standings, names, arguments)
        return TopRows(revision, participants, tuple(map(_row, rows)), _row(worse) if worse else None)

    async def own(
        self, contest: str, target: str, participant_id: str, staff: Sequence[str], frozen_ms: int | None = None
    ) -> OwnRow | None:
        """Returns one participant's place; None before the first score."""
        keys = await self._keys(contest, frozen_ms)
        names = [keys.rank(target), keys.best(target), keys("names"), keys("called")]
        answer = await _run(self._standing, names, [participant_id, *map(nickname_key, staff)])
        if not answer:
            return None
        is_staff, better, row, above, below = answer
        return OwnRow(better, _row(row), _row(above) if above else None, _row(below) if below else None, bool(is_staff))

    async def changes(self) -> AsyncIterator[str | None]:
        """Yields the name of each contest that got results; None when some may have been missed."""
        async for message in subscription(self._redis, _CHANNEL):
            yield None if message is None else message.decode()

    async def log(self, contest: str, after: str, count: int) -> tuple[str, list[Result]]:
        """Returns up to `count` results that follow the entry `after` ('' for the beginning), and the last one's id.

        At the end of the log the list is empty and the id is `after`.
        """
        with translate_errors():
            found = await self._redis.xrange(_Keys(contest)("log"), f"({after}" if after else "-", count=count)
        entries = cast(list[tuple[bytes, dict[bytes, bytes]]], found)
        last = entries[-1][0].decode() if entries else after
        return last, [_result({k.decode(): v.decode() for k, v in fields.items()}) for _, fields in entries]

    async def begin_rebuild(self, contest: str) -> bool:
        """Clears the place where a rebuild ranks; False while another rebuild is at it."""
        keys = _Keys(contest)
        with translate_errors():
            if not await self._redis.set(keys("rebuilding"), "1", nx=True, ex=_REBUILDING_S):
                return False
            await self._clear_rebuilt(contest)
        return True

    async def replay(self, contest: str, results: Sequence[Result]) -> None:
        """Ranks results of the log beside the ranking in force."""
        await self._recorded("replay", contest, results, _Keys(contest, "rebuilt:"))

    async def commit_rebuild(self, contest: str, last: str) -> bool:
        """Puts the rebuilt ranking in force; False, and nothing is changed, when the log goes on after `last`."""
        present, rebuilt = _Keys(contest), _Keys(contest, "rebuilt:")
        names = [present("log"), present("revision")]
        with translate_errors():
            targets = await self._targets(present) | await self._targets(rebuilt)
        for old, new in zip(rebuilt.derived(targets), present.derived(targets), strict=True):
            names += [old, new]
        return bool(await _run(self._commit, names, [last, _CHANNEL, contest]))

    async def end_rebuild(self, contest: str) -> None:
        """Clears up, whatever became of the rebuild."""
        with translate_errors():
            await self._clear_rebuilt(contest)
            await self._redis.delete(_Keys(contest)("rebuilding"))

    async def _keys(self, contest: str, frozen_ms: int | None) -> "_Keys":
        """Returns where the ranking lies that is to be read; makes the one that stands still, once.

        It follows from the log alone: a replica that was started again, or makes it at the same moment, shows the same.
        Replaying is safe to repeat.
        """
        if frozen_ms is None:
            return _Keys(contest)
        keys = _Keys(contest, f"frozen:{frozen_ms}:")
        if keys("made") in self._frozen:
            return keys
        with translate_errors():
            made = await self._redis.exists(keys("made"))
        if not made:
            last, results = await self.log(contest, "", _REPLAYED_AT_ONCE)
            while results:
                in_time = [result for result in results if result.delivered_ms < frozen_ms]
                if in_time:
                    await self._recorded("replay", contest, in_time, keys)
                last, results = await self.log(contest, last, _REPLAYED_AT_ONCE)
            with translate_errors():
                for key in keys.derived(await self._targets(keys)):
                    await self._redis.expire(key, _FROZEN_KEPT_S)
                await self._redis.set(keys("made"), "1", ex=_FROZEN_KEPT_S - _MADE_AGAIN_S)
        self._frozen.add(keys("made"))
        return keys

    async def _clear_rebuilt(self, contest: str) -> None:
        rebuilt = _Keys(contest, "rebuilt:")
        await self._redis.delete(*rebuilt.derived(await self._targets(rebuilt)))

    async def _targets(self, keys: "_Keys") -> set[str]:
        return {target.decode() for target in cast(set[bytes], await self._redis.smembers(keys("targets")))}

    async def _recorded(self, mode: str, contest: str, results: Sequence[Result], keys: "_Keys") -> int:
        targets = list(dict.fromkeys(result.target for result in results))
        numbers = {target: number for number, target in enumerate(targets, 1)}
        names = [
            keys("log"), keys("seen"), keys("names"), keys("called"), keys("epoch"), keys("revision"), keys("targets"),
        ]  # fmt: skip
        for target in targets:
            names += [keys.rank(target), keys.best(target)]
        arguments: list[str | int] = [mode, _CHANNEL, contest, EPOCH_LEAD_MS]
        for result in results:
            arguments += _arguments(result, numbers[result.target])
        return cast(int, await _run(self._record, names, arguments))


class _Keys:
    """The names of a contest's keys; `place` is where a rebuild works, '' what is in force."""

    def __init__(self, contest: str, place: str = "") -> None:
        self._prefix = f"board:{{{contest}}}:{place}"

    def __call__(self, name: str) -> str:
        return self._prefix + name

    def rank(self, target: str) -> str:
        return self(f"rank:{target}")

    def best(self, target: str) -> str:
        return self(f"best:{target}")

    def derived(self, targets: set[str]) -> list[str]:
        per_target = [key for target in sorted(targets) for key in (self.rank(target), self.best(target))]
        return [*map(self, _CONTEST_WIDE), *per_target]


def _arguments(result: Result, number: int) -> list[str | int]:
    best = {
        # As a string: repr keeps every bit, and no JSON library in between changes it.
        "score": repr(result.score),
        "picture_sha256": result.picture_sha256,
        "achieved_ms": result.delivered_ms,
    }
    return [
        result.delivery_id,
        result.participant_id,
        result.nickname,
        nickname_key(result.nickname),
        result.target,
        number,
        result.picture_sha256,
        repr(result.score),
        repr(result.cosine),
        result.delivered_ms,
        result.policy_generation,
        steps(result.score),
        json.dumps(best),
    ]


def _result(fields: dict[str, str]) -> Result:
    return Result(
        delivery_id=fields["delivery_id"],
        participant_id=fields["participant_id"],
        nickname=fields["nickname"],
        target=fields["target"],
        picture_sha256=fields["picture_sha256"],
        score=float(fields["score"]),
        cosine=float(fields["cosine"]),
        delivered_ms=int(fields["delivered_ms"]),
        policy_generation=int(fields["policy_generation"]),
    )


def _row(raw: Sequence[bytes]) -> Row:
    participant, packed, best, nickname = raw
    document = json.loads(best)
    return Row(
        participant_id=participant.decode(),
        nickname=nickname.decode(),
        steps=int(packed) >> _MOMENT_BITS,
        score=float(document["score"]),
        picture_sha256=document["picture_sha256"],
        achieved_ms=document["achieved_ms"],
    )


def _script(client: aioredis.Redis, filename: str) -> AsyncScript:
    files = resources.files("cygnet.leaderboard")
    return client.register_script(files.joinpath("prelude.lua").read_text() + files.joinpath(filename).read_text())


async def _run(script: AsyncScript, keys: Sequence[str], arguments: Sequence[str | int]) -> Any:
    with translate_errors():
        return await script(keys=keys, args=arguments)
