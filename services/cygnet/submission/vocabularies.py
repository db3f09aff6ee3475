"""What the contests' models read of a prompt: the words that they know, fetched from dedup and kept at hand.

Workers put the words of their models there. A prompt is read with those of the model that is in use, also while a
changed model takes over: everybody plays with the same words, and prompts with one caption stay one drawing. Until a
worker has served the model, and for a model without words, prompts are taken as they are; the model itself reads them
then. From the moment on when a worker is ready all replicas know the words: one that does not asks at the next prompt.
"""

import asyncio
import functools
import hashlib
import json
import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

from cygnet.contest.store import ContestStore
from cygnet.inference.reading import Vocabulary
from cygnet.internal.v1 import dedup_pb2, document_pb2
from cygnet.platform.errors import DomainError
from cygnet.v1 import submission_pb2

if TYPE_CHECKING:
    from cygnet.internal.v1.dedup_pb2_grpc import DedupServiceAsyncStub

log = logging.getLogger(__name__)

REFRESH_S = 5.0
"""Pause between two looks for new words."""
READINGS_KEPT = 4_096
"""A flood of one prompt, and a prompt that is read while it is typed and again when it is sent, are read once."""

_Model = tuple[str, str]
"""A contest's name and its generator: what another contest's workers say of the same generator counts for theirs."""


class Vocabularies:
    """Let `follow` run for as long as the service does."""

    def __init__(self, contests: ContestStore, dedup: "DedupServiceAsyncStub") -> None:
        self._contests = contests
        self._dedup = dedup
        self._known: dict[_Model, tuple[str, Vocabulary | None]] = {}
        self._fetching: dict[_Model, asyncio.Task[None]] = {}

    async def follow(self) -> None:
        """Keeps what is known current, for ever."""
        while True:
            try:
                await self.refresh()
            except DomainError as error:
                log.warning("the models' words could not be fetched, trying again", extra={"error": error.message})
            await asyncio.sleep(REFRESH_S)

    async def refresh(self) -> None:
        """Fetches what is new.

        Raises:
            Unavailable: dedup does not answer.
        """
        models = {_model(self._contests.get(name)) for name in self._contests.names}
        self._known = {model: known for model, known in self._known.items() if model in models}
        for model in models:
            await self._fetch(model)

    async def ensure(self, document: document_pb2.ContestDocument) -> None:
        """Fetches the words of a contest's model if they are not known; prompts beside each other ask once.

        Raises:
            Unavailable: dedup does not answer.
        """
        model = _model(document)
        if model in self._known:
            return
        if model not in self._fetching:
            self._fetching[model] = asyncio.create_task(self._fetch(model))
            self._fetching[model].add_done_callback(lambda _: self._fetching.pop(model))
        await asyncio.shield(self._fetching[model])

    async def _fetch(self, model: _Model) -> None:
        digest, _ = self._known.get(model, ("", None))
        contest, source = model
        request = dedup_pb2.GetVocabularyRequest(contest=contest, generator_source=source, known_sha256=digest)
        answer = await self._dedup.GetVocabulary(request)
        if not (answer.unchanged or answer.unknown):
            self._known[model] = _parsed(answer.vocabulary)
            log.info("a model's words are known", extra={"generator": source, "bytes": len(answer.vocabulary)})

    def of(self, document: document_pb2.ContestDocument) -> Vocabulary | None:
        """Returns the words of a contest's model; None where it has none, or none are known yet."""
        _, vocabulary = self._known.get(_model(document), ("", None))
        return vocabulary

    def read(self, document: document_pb2.ContestDocument, prompt: str) -> submission_pb2.Reading | None:
        """Returns what a contest's model reads of a prompt; None where it has no vocabulary. Not to be written to."""
        vocabulary = self.of(document)
        return None if vocabulary is None else _read(vocabulary, prompt)

    def ladder(self, document: document_pb2.ContestDocument, target: str) -> Sequence[str]:
        """Returns captions that say more and more of what a target shows; none where that cannot be said."""
        vocabulary, description = self.of(document), document.descriptions.get(target, "")
        return _ladder(vocabulary, description) if vocabulary is not None and description else ()


def _model(document: document_pb2.ContestDocument) -> _Model:
    return document.contest.name, document.model.generator_source


def _parsed(raw: bytes) -> tuple[str, Vocabulary | None]:
    # It was checked when it was put.
    return hashlib.sha256(raw).hexdigest(), Vocabulary.of(json.loads(raw)) if raw else None


@functools.lru_cache(maxsize=64)
def _ladder(vocabulary: Vocabulary, description: str) -> Sequence[str]:
    return vocabulary.ladder(description)


@functools.lru_cache(maxsize=READINGS_KEPT)
def _read(vocabulary: Vocabulary, prompt: str) -> submission_pb2.Reading:
    reading = vocabulary.read(prompt)
    return submission_pb2.Reading(
        caption=reading.caption,
        spans=[submission_pb2.Span(start=span.start, end=span.end, read=span.read) for span in reading.spans],
    )
