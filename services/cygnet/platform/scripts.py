"""Lua scripts whose keys and arguments are declared once, in the script itself.

The first lines of a script say what it is given:

    -- KEYS  queue leases job
    -- ARGV  now:number contest:string result:bytes

From them the loader makes the script's locals (`local QUEUE, LEASES, JOB = KEYS[1], …` and
`local now, contest, result = tonumber(ARGV[1]), ARGV[2], …`), and holds every call against them. A declaration goes on
in the next lines where they are indented further. A wrong call is a TypeError before anything is sent.

Kinds: `number` is a Python int and a Lua number (a double, exact up to 2^53), `string` a str, `bytes` the bytes as they
are.
"""

import re
from collections.abc import Callable, Sequence
from importlib import resources
from typing import Any

import redis.asyncio as aioredis
from redis.exceptions import NoScriptError

from cygnet.platform.redis import translate_errors

Argument = int | str | bytes
_DECLARATION = re.compile(r"^-- (KEYS|ARGV) +(\S.*(?:\n-- {2,}\S.*)*)$", re.MULTILINE)
_KINDS: dict[str, type] = {"number": int, "string": str, "bytes": bytes}
_MOST_EXACT = 2**53


class Script:
    """One script, loaded. Redis keeps it by its hash; it is sent again where Redis has forgotten it."""

    def __init__(self, client: aioredis.Redis, name: str, source: str, prelude: str = "") -> None:
        """`prelude` goes before the source: what several scripts of a service share.

        Raises:
            ValueError: the source does not declare what it is given, or a declaration cannot be read.
        """
        self.name = name
        self.keys, self.arguments = _declared(name, source)
        self._client = client
        self._script = client.register_script(prelude + _locals(self.keys, self.arguments) + source)

    async def __call__(self, key: Callable[[str], str], /, **arguments: Argument) -> Any:
        """Runs the script; returns what it returns.

        Args:
            key: from a declared key's name to the full Redis key.
            arguments: one for each declared argument.

        Raises:
            TypeError: the arguments are not those that are declared.
            Unavailable: Redis is away or refuses to work.
        """
        given = self._checked(arguments)
        with translate_errors():
            return await self._script(keys=[key(name) for name in self.keys], args=given)

    async def many(self, calls: Sequence[tuple[Callable[[str], str], dict[str, Argument]]]) -> list[Any]:
        """Runs the script once for each of `calls` (key, arguments), in one round trip; returns what each returns.

        Each run is atomic, all together are not: others may run between them.

        Raises:
            TypeError: the arguments of a call are not those that are declared; nothing was sent.
            Unavailable: Redis is away or refuses to work; some calls may have run.
        """
        if len(calls) == 1:
            key, arguments = calls[0]
            return [await self(key, **arguments)]
        with translate_errors():
            async with self._client.pipeline(transaction=False) as pipe:
                for key, arguments in calls:
                    given = self._checked(arguments)
                    # Not the script's own way into a pipeline: that asks Redis first whether it knows the script.
                    pipe.evalsha(self._script.sha, len(self.keys), *map(key, self.keys), *given)
                answers = await pipe.execute(raise_on_error=False)
            for i, answer in enumerate(answers):
                if isinstance(answer, NoScriptError):
                    key, arguments = calls[i]
                    answers[i] = await self(key, **arguments)
                elif isinstance(answer, Exception):
                    raise answer
        return answers

    def _checked(self, arguments: dict[str, Argument]) -> list[Argument]:
        if arguments.keys() != self.arguments.keys():
            wrong = sorted(arguments.keys() ^ self.arguments.keys())
            raise TypeError(f"{self.name} takes {', '.join(self.arguments)}; missing or too many: {', '.join(wrong)}")
        given = []
        for name, kind in self.arguments.items():
            value = arguments[name]
            if type(value) is not kind or (kind is int and not -_MOST_EXACT <= value <= _MOST_EXACT):  # type: ignore[operator]
                raise TypeError(f"{self.name}: {name} must be {kind.__name__}, and a number exact in Lua")
            given.append(value)
        return given


def load(client: aioredis.Redis, package: str, path: str, *, prelude: str | None = None) -> Script:
    """Returns the script that lies at `path` beside the code of `package`, with `prelude` (another path) before it."""
    files = resources.files(package)
    before = files.joinpath(prelude).read_text() if prelude is not None else ""
    return Script(client, path, files.joinpath(path).read_text(), before)


def _declared(name: str, source: str) -> tuple[tuple[str, ...], dict[str, type]]:
    found = {what: words.replace("\n--", " ").split() for what, words in _DECLARATION.findall(source)}
    if found.keys() != {"KEYS", "ARGV"}:
        raise ValueError(f"{name} does not declare its KEYS and its ARGV")
    arguments: dict[str, type] = {}
    for word in found["ARGV"]:
        argument, _, kind = word.partition(":")
        if kind not in _KINDS:
            raise ValueError(f"{name}: {word} is no argument; write name:number, name:string or name:bytes")
        arguments[argument] = _KINDS[kind]
    if len(arguments) != len(found["ARGV"]) or len(set(found["KEYS"])) != len(found["KEYS"]):
        raise ValueError(f"{name} declares something twice")
    return tuple(found["KEYS"]), arguments


def _locals(keys: tuple[str, ...], arguments: dict[str, type]) -> str:
    of_keys = ", ".join(f"KEYS[{i}]" for i in range(1, len(keys) + 1))
    of_arguments = ", ".join(
        f"tonumber(ARGV[{i}])" if kind is int else f"ARGV[{i}]" for i, kind in enumerate(arguments.values(), 1)
    )
    return f"local {', '.join(keys).upper()} = {of_keys}\nlocal {', '.join(arguments)} = {of_arguments}\n"
