"""How submissions stand, with the waits that follow from their places."""

from collections.abc import Callable, Sequence

from cygnet.dedup.queue import eta
from cygnet.dedup.store import Store
from cygnet.dedup.values import Pace, Place
from cygnet.internal.v1 import dedup_pb2
from cygnet.platform.errors import NotFound
from cygnet.v1 import submission_pb2


class Snapshots:
    """Reads submissions. All of one call are of the same moment."""

    def __init__(self, store: Store, *, clock: Callable[[], int], away_ms: int) -> None:
        """`clock` returns ms since the epoch; a contest whose work nobody asked for `away_ms` has no worker."""
        self._store = store
        self._clock = clock
        self._away_ms = away_ms

    async def some(self, contest: str, submission_ids: Sequence[str]) -> list[dedup_pb2.OwnedSubmission]:
        """Returns submissions in the order asked, unknown ones left out."""
        found, pace, places = await self._store.submissions(contest, submission_ids)
        for owned, place in zip(found, places, strict=True):
            self.add_waits(owned.submission, pace, place)
        return found

    def add_waits(self, submission: submission_pb2.Submission, pace: Pace, place: Place | None) -> None:
        """Adds what follows from a submission's place and the pace of its moment."""
        if submission.state == submission_pb2.SUBMISSION_STATE_QUEUED:
            queue = submission.queue
            queue.no_worker = pace.last_poll_ms + self._away_ms <= self._clock()
            # While nobody draws nobody knows when it goes on.
            wait = None if place is None or queue.no_worker else eta.wait(eta.likely_before(place, pace), pace)
            queue.measuring = wait is None
            if wait is not None:
                queue.p50_ms, queue.p90_ms = wait.p50_ms, wait.p90_ms
        elif submission.state == submission_pb2.SUBMISSION_STATE_DRAWING:
            submission.drawing.typical_ms = eta.typical_ms(pace)

    async def one(self, contest: str, submission_id: str) -> submission_pb2.Submission:
        """Returns one submission.

        Raises:
            NotFound: it is unknown.
        """
        for owned in await self.some(contest, [submission_id]):
            return owned.submission
        raise NotFound("there is no such submission", reason="SUBMISSION_NOT_FOUND")

    async def of_participant(self, contest: str, participant_id: str, limit: int) -> list[dedup_pb2.OwnedSubmission]:
        """Returns a participant's submissions, newest first."""
        return await self.some(contest, await self._store.history(contest, participant_id, limit))

    async def statistics(self, contest: str) -> dedup_pb2.GetStatisticsResponse:
        """Returns how much there is of everything."""
        lengths = await self._store.lengths(contest)
        waited_ms = 0 if lengths.oldest_ms is None else max(0, self._clock() - lengths.oldest_ms)
        return dedup_pb2.GetStatisticsResponse(
            submissions=lengths.submissions,
            participants=lengths.participants,
            queue_length=lengths.waiting,
            oldest_wait_ms=waited_ms,
        )
