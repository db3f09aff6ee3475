"""What is done for targets before players draw: their seeds are settled, and new ones get a quick look.

The look says whether a picture that draws nothing scores like a drawing, before somebody tries it. It costs some ten
embeddings a target, once for each scorer, beside what is drawn for players. Measuring against drawings is the doctor's.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

from cygnet.inference.attacks import look
from cygnet.inference.scoring import NotScorable
from cygnet.inference.triton import DrawingFailed, ServedModels, TritonClient, TritonUnavailable
from cygnet.internal.v1 import document_pb2
from cygnet.platform.errors import DomainError, NotFound
from cygnet.platform.images import UnfitPicture
from cygnet.platform.pictures import PictureStore
from cygnet.worker.job_queue import JobQueue
from cygnet.worker.readiness import Readiness

log = logging.getLogger(__name__)

PAUSE_S = 5.0
"""Pause before it is asked again whether there are new ones."""


async def prepare_targets(readiness: Readiness, steps: Sequence[Callable[[ServedModels], Awaitable[bool]]]) -> None:
    """Takes each step again and again, for ever; a step returns whether there was something to do."""
    while True:
        served = await readiness.wait()
        for step in steps:
            try:
                while await step(served):
                    pass
            except (DomainError, TritonUnavailable) as error:
                log.info("the preparation of targets waits", extra={"error": str(error)})
        await asyncio.sleep(PAUSE_S)


class TargetExaminer:
    """Looks at targets that somebody wants to know about."""

    def __init__(self, jobs: JobQueue, triton: TritonClient, pictures: PictureStore) -> None:
        self._jobs = jobs
        self._triton = triton
        self._pictures = pictures

    async def examine_next(self, served: ServedModels) -> bool:
        """Looks at one target and says what was found; returns False where there is none.

        Raises:
            DomainError: dedup or the picture store does not answer.
            TritonUnavailable: another time will do.
        """
        target = await self._jobs.next_target(served)
        picture_sha256 = target.picture_sha256
        if not picture_sha256:
            return False
        report = document_pb2.TargetReport(picture_sha256=picture_sha256, scorer_digest=served.scorer.digest)
        try:
            for tried in await look(self._triton.embed, await self._pictures.get(picture_sha256)):
                if tried.succeeded:
                    report.likenesses.add(what=tried.what, score=tried.score)
        except (NotFound, UnfitPicture, DrawingFailed, NotScorable) as error:
            report.problem = str(error)[:500]
        await self._jobs.put_target_report(served, target.contest, report)
        log.info(
            "a target was looked at",
            extra={"picture": picture_sha256[:12], "likenesses": len(report.likenesses), "problem": report.problem},
        )
        return True
