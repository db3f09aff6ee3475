"""The latest state of every submission that somebody watches, for all watchers of this process.

One stream from dedup says what changed; what is watched is then read again in batches, at most every
REFRESH_S, however many people watch.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable
from typing import TYPE_CHECKING

from cygnet.internal.v1 import dedup_pb2
from cygnet.platform.errors import DomainError
from cygnet.platform.latest import StreamEvent, Watch, Watches, shows_the_same
from cygnet.v1 import submission_pb2

if TYPE_CHECKING:
    from cygnet.internal.v1.dedup_pb2_grpc import DedupServiceAsyncStub

log = logging.getLogger(__name__)

REFRESH_S = 0.25
"""The least time between two reads of the same submission."""
RETRY_S = 0.5
"""Pause before a failed read or a broken stream is tried again."""
BATCH = 500
"""Submissions read in one call."""

Key = tuple[str, str]
"""(contest, submission id)"""


class SubmissionFeed:
    """Let `follow` and `refresh` run for as long as the service does."""

    def __init__(self, dedup: "DedupServiceAsyncStub", stopping: asyncio.Event) -> None:
        self._dedup = dedup
        self._watches: Watches[Key, submission_pb2.Submission] = Watches(stopping)
        self._latest: dict[Key, submission_pb2.Submission] = {}
        self._stale: set[Key] = set()
        self._wake = asyncio.Event()

    async def watch(
        self, contest: str, first: submission_pb2.Submission, after_revision: int
    ) -> AsyncIterator[submission_pb2.Submission | StreamEvent]:
        """Yields `first` if it is newer than `after_revision`, then each newer state, until done or failed."""
        if is_final(first):
            if first.revision > after_revision:
                yield first
            return
        key = (contest, first.submission_id)
        with self._watches.watching(key) as watch:
            # `first` may be news for others who watch the same, and older than what they have seen.
            self._publish(contest, first)
            newest = self._latest[key]
            if newest.revision > after_revision:
                watch.offer(newest)
            # What changed between that read and now has been missed.
            self._mark([key])
            async for event in self._until_final(watch):
                yield event

    async def _until_final(
        self, watch: Watch[submission_pb2.Submission]
    ) -> AsyncIterator[submission_pb2.Submission | StreamEvent]:
        async for event in self._watches.events(watch):
            yield event
            if event is StreamEvent.STOPPING or (isinstance(event, submission_pb2.Submission) and is_final(event)):
                return

    async def follow(self) -> None:
        """Notes what changed, for ever."""
        while True:
            try:
                async for change in self._dedup.WatchChanges(dedup_pb2.WatchChangesRequest()):
                    self._note(change)
                log.info("dedup ended the stream of changes, opening another")
            except DomainError as error:
                log.warning("the stream of changes broke, opening another", extra={"error": str(error)})
            await asyncio.sleep(RETRY_S)

    async def refresh(self) -> None:
        """Reads again what changed and is watched, for ever."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            stale, self._stale = self._stale, set()
            try:
                await self._read(stale)
                await asyncio.sleep(REFRESH_S)
            except DomainError as error:
                log.warning("watched submissions could not be read, trying again", extra={"error": str(error)})
                self._mark(stale)
                await asyncio.sleep(RETRY_S)

    def _note(self, change: dedup_pb2.WatchChangesResponse) -> None:
        watched = self._watches.keys
        if change.missed:
            self._mark(watched)
        elif change.queue_moved:
            self._mark(key for key in watched if key[0] == change.contest)
        else:
            changed = {(change.contest, submission_id) for submission_id in change.submission_ids}
            self._mark(key for key in watched if key in changed)

    def _mark(self, keys: Iterable[Key]) -> None:
        self._stale.update(keys)
        if self._stale:
            self._wake.set()

    async def _read(self, stale: set[Key]) -> None:
        by_contest: dict[str, list[str]] = defaultdict(list)
        watched = set(self._watches.keys)
        self._latest = {key: latest for key, latest in self._latest.items() if key in watched}
        for contest, submission_id in stale & watched:
            by_contest[contest].append(submission_id)
        for contest, ids in by_contest.items():
            for start in range(0, len(ids), BATCH):
                request = dedup_pb2.GetSubmissionsRequest(contest=contest, submission_ids=ids[start : start + BATCH])
                for owned in (await self._dedup.GetSubmissions(request)).submissions:
                    self._publish(contest, owned.submission)

    def _publish(self, contest: str, now: submission_pb2.Submission) -> None:
        key = (contest, now.submission_id)
        latest = self._latest.get(key)
        if latest is not None and now.revision < latest.revision:
            return
        self._latest[key] = now
        # The revision counts changes of the whole contest: alone it is no news for this watcher.
        if latest is None or not shows_the_same(latest, now):
            self._watches.publish(key, now)


def is_final(submission: submission_pb2.Submission) -> bool:
    """Tells whether nothing will change any more."""
    return submission.state in (submission_pb2.SUBMISSION_STATE_DONE, submission_pb2.SUBMISSION_STATE_FAILED)
