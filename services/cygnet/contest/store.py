"""The contest documents that a service has: in Redis for its replicas and restarts, in memory for its calls.

Every service that needs documents keeps its own copy under its own prefix, and goes on with the last good one
when nobody publishes.
"""

import logging
from collections.abc import Callable

import redis.asyncio as aioredis

from cygnet.contest.document import check_document
from cygnet.internal.v1 import document_pb2
from cygnet.platform.errors import Conflict, NotFound
from cygnet.platform.redis import as_bytes, script, subscription, translate_errors

log = logging.getLogger(__name__)


class ContestHolder:
    """All contests of one service. `load` first, and let `follow` run for as long as the service does."""

    def __init__(
        self,
        redis: aioredis.Redis,
        prefix: str,
        in_force: Callable[[document_pb2.ContestDocument], None] = lambda document: None,
    ) -> None:
        """`prefix` is the service's own prefix of Redis keys ("sub", "board"); `in_force` is told of every document."""
        self._redis = redis
        self._prefix = prefix
        self._channel = f"{prefix}:contest-changes"
        self._keep = script(redis, "cygnet.contest", "compare_and_set.lua")
        self._in_force = in_force
        self._documents: dict[str, document_pb2.ContestDocument] = {}

    async def load(self) -> None:
        """Reads all documents from Redis."""
        for name in await self._redis.smembers(self._names_key()):
            await self._read(as_bytes(name).decode())

    async def follow(self) -> None:
        """Keeps what is in memory current, for ever."""
        async for changed in subscription(self._redis, self._channel):
            if changed is None:
                await self.load()
            else:
                await self._read(changed.decode())

    @property
    def names(self) -> list[str]:
        """The contests there are."""
        return sorted(self._documents)

    def get(self, name: str) -> document_pb2.ContestDocument:
        """Returns the document in force; an empty name means the only contest there is. Raises NotFound."""
        if not name:
            if len(self._documents) == 1:
                return next(iter(self._documents.values()))
            if self._documents:
                raise NotFound("there are several contests: name one", reason="CONTEST_NOT_NAMED")
            raise NotFound("there is no contest yet", reason="CONTEST_NOT_FOUND")
        document = self._documents.get(name)
        if document is None:
            raise NotFound(f"there is no contest called {name[:63]!r}", reason="CONTEST_NOT_FOUND")
        return document

    async def apply(self, wanted: document_pb2.ContestDocument, *, dry_run: bool) -> tuple[int, bool]:
        """Puts a document in force; returns its generation and whether anything changed.

        Generation 0 asks for the next one. Raises InvalidRequest for what the document may not say, Conflict when a
        newer generation, or another document of the same generation, is in force, Unavailable while Redis is away.
        """
        check_document(wanted)
        name = wanted.contest.name
        while True:
            with translate_errors():
                raw = await self._redis.get(self._key(name))
            present = _parsed(raw) if raw else document_pb2.ContestDocument()
            document = _next(present, wanted)
            generation = document.contest.generation
            if raw is not None and document == present:
                return generation, False
            if dry_run:
                return generation, True
            with translate_errors():
                kept = await self._keep(
                    keys=[self._key(name), self._names_key()],
                    args=[raw or b"", document.SerializeToString(deterministic=True), name, self._channel],
                )
            if kept:
                self._put_in_force(document)
                log.info("contest applied", extra={"contest": name, "generation": generation})
                return generation, True

    async def _read(self, name: str) -> None:
        raw = await self._redis.get(self._key(name))
        if raw is not None:
            self._put_in_force(_parsed(raw))

    def _put_in_force(self, document: document_pb2.ContestDocument) -> None:
        self._documents[document.contest.name] = document
        self._in_force(document)

    def _key(self, name: str) -> str:
        return f"{self._prefix}:{{{name}}}:contest"

    def _names_key(self) -> str:
        return f"{self._prefix}:contests"


def _parsed(raw: bytes | str) -> document_pb2.ContestDocument:
    return document_pb2.ContestDocument.FromString(as_bytes(raw))


def _next(present: document_pb2.ContestDocument, wanted: document_pb2.ContestDocument) -> document_pb2.ContestDocument:
    """Returns what would be in force after `wanted` is applied over `present` (generation 0: none yet)."""
    now, asked = present.contest.generation, wanted.contest.generation
    unchanged = _numbered(wanted, now) == present
    if asked == 0:
        return present if unchanged else _numbered(wanted, now + 1)
    if asked < now or (asked == now and not unchanged):
        raise Conflict(
            f"generation {now} of contest {wanted.contest.name} is in force; {asked} is too old",
            reason="NEWER_GENERATION_IN_FORCE",
        )
    return _numbered(wanted, asked)


def _numbered(document: document_pb2.ContestDocument, generation: int) -> document_pb2.ContestDocument:
    numbered = document_pb2.ContestDocument()
    numbered.CopyFrom(document)
    numbered.contest.generation = generation
    numbered.admission.generation = generation
    return numbered
