"""The contest documents that a service has: in Redis for its replicas and restarts, in memory for its calls.

Every service that needs documents keeps its own copy under its own prefix, and goes on with the last good one
when nobody publishes. A document is stored as its message, after the format and a space.
"""

import logging
from collections.abc import Callable

import redis.asyncio as aioredis

from cygnet.contest.document import check_document, numbered
from cygnet.internal.v1 import document_pb2
from cygnet.platform import scripts
from cygnet.platform.errors import Conflict, NotFound, Unavailable
from cygnet.platform.redis import as_bytes, subscription, translate_errors

log = logging.getLogger(__name__)

FORMAT = b"1"
"""Of what is stored; another one is refused: nobody reads two."""


class ContestStore:
    """All contests of one service. `load` first, and let `follow` run for as long as the service does."""

    def __init__(
        self,
        redis: aioredis.Redis,
        prefix: str,
        in_force: Callable[[document_pb2.ContestDocument], None] = lambda document: None,
    ) -> None:
        """`prefix`: of the service's Redis keys ("sub", "board"); `in_force` is called with every document."""
        self._redis = redis
        self._prefix = prefix
        self._channel = f"{prefix}:contest-changes"
        self._compare_and_set = scripts.load(redis, "cygnet.contest", "compare_and_set.lua")
        self._in_force = in_force
        self._documents: dict[str, document_pb2.ContestDocument] = {}
        self._unreadable: set[str] = set()

    async def load(self) -> None:
        """Reads all documents from Redis."""
        for name in await self._redis.smembers(self._key("names", "")):
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
        """Returns the document in force; an empty name means the only contest there is.

        Raises:
            NotFound: there is none of that name, or several and none was named.
            Unavailable: another version of Cygnet stored it.
        """
        if not name:
            if len(self._documents) == 1:
                return next(iter(self._documents.values()))
            if self._documents:
                raise NotFound("there are several contests: name one", reason="CONTEST_NOT_NAMED")
            raise NotFound("there is no contest yet", reason="CONTEST_NOT_FOUND")
        document = self._documents.get(name)
        if document is None and name in self._unreadable:
            raise self._other_version(name)
        if document is None:
            raise NotFound(f"there is no contest called {name[:63]!r}", reason="CONTEST_NOT_FOUND")
        return document

    async def apply(self, wanted: document_pb2.ContestDocument, *, dry_run: bool) -> tuple[int, bool]:
        """Puts a document in force; returns its generation and whether anything changed.

        Generation 0 asks for the next one.

        Raises:
            InvalidRequest: the document says what it may not.
            Conflict: a newer generation is in force, or another document of the same generation.
            Unavailable: Redis is away, or another version of Cygnet stored what is in force.
        """
        check_document(wanted)
        name = wanted.contest.name
        while True:
            with translate_errors():
                stored = await self._redis.get(self._key("document", name))
            present = self._parsed(name, stored) if stored else document_pb2.ContestDocument()
            document = _next(present, wanted)
            generation = document.contest.generation
            if stored is not None and document == present:
                return generation, False
            if dry_run:
                return generation, True
            if await self._compare_and_set(
                lambda key: self._key(key, name),
                expected=as_bytes(stored or b""),
                wanted=FORMAT + b" " + document.SerializeToString(deterministic=True),
                contest=name,
                channel=self._channel,
            ):
                self._put_in_force(document)
                log.info("contest applied", extra={"contest": name, "generation": generation})
                return generation, True

    async def _read(self, name: str) -> None:
        stored = await self._redis.get(self._key("document", name))
        if stored is None:
            return
        try:
            self._put_in_force(self._parsed(name, stored))
        except Unavailable as error:
            # The last good one stays in force; without any, callers get the error.
            log.error(error.message, extra={"contest": name})
            self._unreadable.add(name)

    def _put_in_force(self, document: document_pb2.ContestDocument) -> None:
        self._documents[document.contest.name] = document
        self._unreadable.discard(document.contest.name)
        self._in_force(document)

    def _key(self, key: str, name: str) -> str:
        return f"{self._prefix}:contests" if key == "names" else f"{self._prefix}:{{{name}}}:contest"

    def _parsed(self, name: str, stored: bytes | str) -> document_pb2.ContestDocument:
        version, _, message = as_bytes(stored).partition(b" ")
        if version != FORMAT:
            raise self._other_version(name)
        return document_pb2.ContestDocument.FromString(message)

    def _other_version(self, name: str) -> Unavailable:
        return Unavailable(
            f"another version of Cygnet stored contest {name}; go on with that version, or delete the key "
            f"{self._key('document', name)} and apply the contest again",
            reason="OTHER_VERSION",
        )


def _next(present: document_pb2.ContestDocument, wanted: document_pb2.ContestDocument) -> document_pb2.ContestDocument:
    """Returns what would be in force after `wanted` is applied over `present` (generation 0: none yet)."""
    now, requested = present.contest.generation, wanted.contest.generation
    unchanged = numbered(wanted, now) == present
    if requested == 0:
        return present if unchanged else numbered(wanted, now + 1)
    if requested < now or (requested == now and not unchanged):
        raise Conflict(
            f"generation {now} of contest {wanted.contest.name} is in force; {requested} is too old",
            reason="NEWER_GENERATION_IN_FORCE",
        )
    return numbered(wanted, requested)
