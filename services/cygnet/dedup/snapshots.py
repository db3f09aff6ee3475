"""How submissions stand, with the waits that follow from their places."""

from collections.abc import Callable, Sequence
from typing import Protocol

from cygnet.dedup.queue import eta
from cygnet.dedup.values import Lengths, Pace, Record, Snapshot, State
from cygnet.internal.v1 import dedup_pb2
from cygnet.platform.errors import NotFound


class RecordStore(Protocol):
    """What reading needs of the store."""

    async def records(self, contest: str, submission_ids: Sequence[str]) -> tuple[list[Record], Pace]: ...
    async def history(self, contest: str, participant_id: str, limit: int) -> list[str]: ...
    async def lengths(self, contest: str) -> Lengths: ...


class Snapshots:
    """Reads submissions. All of one call are of the same moment."""

    def __init__(self, store: RecordStore, *, clock: Callable[[], int], away_ms: int) -> None:
        """`clock` returns ms since the epoch; a contest whose work nobody asked for `away_ms` has no worker."""
        self._store = store
        self._clock = clock
        self._away_ms = away_ms

    async def some(self, contest: str, submission_ids: Sequence[str]) -> list[Snapshot]:
        """Returns submissions in the order asked, unknown ones left out."""
        found, pace = await self._store.records(contest, submission_ids)
        return [self.of(record, pace) for record in found]

    def of(self, record: Record, pace: Pace) -> Snapshot:
        """Returns what follows from a record and the pace of its moment."""
        waits = record.state is State.QUEUED
        return Snapshot(
            record=record,
            wait=eta.wait(record.position, pace) if waits else None,
            typical_ms=eta.typical_ms(pace) if record.state is State.DRAWING else 0,
            no_worker=waits and pace.asked_ms + self._away_ms <= self._clock(),
        )

    async def one(self, contest: str, submission_id: str) -> Snapshot:
        """Returns one submission; `NotFound` when it is unknown."""
        for snapshot in await self.some(contest, [submission_id]):
            return snapshot
        raise NotFound("there is no such submission", reason="SUBMISSION_NOT_FOUND")

    async def of_participant(self, contest: str, participant_id: str, limit: int) -> list[Snapshot]:
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
