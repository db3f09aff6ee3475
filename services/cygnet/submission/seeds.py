"""What players may know of the seeds of their contest: what the organiser is bound to, and what was revealed."""

import asyncio
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

from cygnet.contest.phase import phase_at
from cygnet.contest.store import ContestStore
from cygnet.internal.v1 import admin_pb2, admin_pb2_grpc, dedup_pb2, document_pb2
from cygnet.platform.errors import Conflict, DomainError, Unavailable
from cygnet.platform.grpc.interceptors import AioContext
from cygnet.submission.vocabularies import Vocabularies
from cygnet.v1 import contest_pb2

if TYPE_CHECKING:
    from cygnet.internal.v1.dedup_pb2_grpc import DedupServiceAsyncStub

log = logging.getLogger(__name__)

PAUSE_S = 5.0
"""Pause before seeds that are missing are asked for again."""
_FRESH_MS = 5_000
"""For how long an answer of dedup is used again: everybody who opens the page asks."""


class Seeds:
    """Asks dedup, and remembers what it said for a moment."""

    def __init__(
        self,
        contests: ContestStore,
        dedup: "DedupServiceAsyncStub",
        vocabularies: Vocabularies,
        clock: Callable[[], int],
    ) -> None:
        """`clock` returns ms since the epoch."""
        self._contests = contests
        self._dedup = dedup
        self._vocabularies = vocabularies
        self._clock = clock
        self._known: dict[str, tuple[int, dedup_pb2.GetSeedsResponse]] = {}

    async def follow(self) -> None:
        """Has seeds settled while contests warm up, for ever, so that no player waits for it."""
        while True:
            try:
                await self.request_missing()
            except DomainError as error:
                log.warning("seeds could not be asked for, trying again", extra={"error": error.message})
            await asyncio.sleep(PAUSE_S)

    async def request_missing(self) -> None:
        """Asks for seeds of targets whose descriptions the contest's model reads and that have none.

        Raises:
            Unavailable: dedup does not answer.
        """
        for name in self._contests.names:
            document = self._contests.get(name)
            settled = (await self._of(name)).counters
            jobs = [
                dedup_pb2.Job(
                    contest=name,
                    target=target,
                    model=document.model,
                    ladder=self._vocabularies.ladder(document, target.name),
                )
                for target in document.contest.targets
                if target.picture_sha256 not in settled
            ]
            if readable := [job for job in jobs if job.ladder]:
                await self._dedup.RequestSeeds(dedup_pb2.RequestSeedsRequest(jobs=readable))

    async def show(self, contest: contest_pb2.Contest, view: contest_pb2.GetContestResponse) -> None:
        """Writes into the view what players may know; nothing while dedup does not answer."""
        try:
            seeds = await self._of(contest.name)
        except Unavailable as error:
            log.warning("a contest is shown without its seeds", extra={"error": error.message})
            return
        view.seed_commitment, view.revealed_secret = seeds.commitment, seeds.revealed_secret
        view.seed_counters.update(_by_name(contest, seeds))

    async def reveal(self, document: document_pb2.ContestDocument) -> admin_pb2.RevealSeedsResponse:
        """Publishes a contest's secret."""
        name = document.contest.name
        await self._dedup.RevealSecret(dedup_pb2.RevealSecretRequest(contest=name))
        self._known.pop(name, None)
        seeds = await self._of(name)
        return admin_pb2.RevealSeedsResponse(
            secret=seeds.revealed_secret, commitment=seeds.commitment, counters=_by_name(document.contest, seeds)
        )

    async def _of(self, contest: str) -> dedup_pb2.GetSeedsResponse:
        now, known = self._clock(), self._known.get(contest)
        if known is None or not 0 <= now - known[0] < _FRESH_MS:
            known = self._known[contest] = (
                now,
                await self._dedup.GetSeeds(dedup_pb2.GetSeedsRequest(contest=contest)),
            )
        return known[1]


class SeedAdminServicer(admin_pb2_grpc.SeedAdminServiceServicer):
    """Lets organisers give a contest's secret away, after its end."""

    def __init__(self, contests: ContestStore, seeds: Seeds, clock: Callable[[], int]) -> None:
        """`clock` returns ms since the epoch."""
        self._contests = contests
        self._seeds = seeds
        self._clock = clock

    async def RevealSeeds(
        self, request: admin_pb2.RevealSeedsRequest, context: AioContext
    ) -> admin_pb2.RevealSeedsResponse:
        document = self._contests.get(request.contest)
        now = phase_at(document.contest, self._clock())
        ended = now.phase == contest_pb2.CONTEST_PHASE_FINISHED
        if not ended and (document.contest.windows or not document.contest.paused):
            raise Conflict(
                "the contest has not ended, and with the secret anybody could try prompts at home: reveal it after the"
                " last window; a contest without windows is paused first (spec.paused)",
                reason="NOT_ENDED",
            )
        return await self._seeds.reveal(document)


def _by_name(contest: contest_pb2.Contest, seeds: dedup_pb2.GetSeedsResponse) -> dict[str, int]:
    counters = seeds.counters
    return {
        target.name: counters[target.picture_sha256] for target in contest.targets if target.picture_sha256 in counters
    }
