"""What players may know of the seeds of their contest: what the organiser is bound to, and what was revealed."""

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

from cygnet.contest.phase import phase_at
from cygnet.contest.store import ContestStore
from cygnet.internal.v1 import admin_pb2, admin_pb2_grpc, dedup_pb2, document_pb2
from cygnet.platform.errors import Conflict, Unavailable
from cygnet.platform.grpc.interceptors import AioContext
from cygnet.v1 import contest_pb2

if TYPE_CHECKING:
    from cygnet.internal.v1.dedup_pb2_grpc import DedupServiceAsyncStub

log = logging.getLogger(__name__)

_FRESH_MS = 5_000
"""For how long an answer of dedup is used again: everybody who opens the page asks."""


class Seeds:
    """Asks dedup, and remembers what it said for a moment."""

    def __init__(self, dedup: "DedupServiceAsyncStub", clock: Callable[[], int]) -> None:
        """`clock` returns ms since the epoch."""
        self._dedup = dedup
        self._clock = clock
        self._known: dict[str, tuple[int, dedup_pb2.GetSeedsResponse]] = {}

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
