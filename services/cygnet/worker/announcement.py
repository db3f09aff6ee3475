"""Saying which words the generator knows, before anything is drawn with it: prompts are read with them."""

import asyncio
import logging

from cygnet.inference.triton import ServedModels
from cygnet.platform.errors import DomainError, InvalidRequest
from cygnet.platform.tasks import Backoff
from cygnet.worker.handling import LONGEST_PAUSE_S, PAUSE_S
from cygnet.worker.job_queue import JobQueue
from cygnet.worker.readiness import Readiness

log = logging.getLogger(__name__)

AGAIN_S = 15.0
"""Pause before the words are put again: a store may lose its keys."""


class Announcement:
    """Tells dedup."""

    def __init__(self, jobs: JobQueue) -> None:
        self._jobs = jobs

    async def until_taken(self, served: ServedModels) -> None:
        """Says it until dedup took it, or refused a vocabulary that is none."""
        backoff = Backoff(PAUSE_S, LONGEST_PAUSE_S)
        while True:
            try:
                return await self._jobs.put_vocabulary(served)
            except InvalidRequest as error:
                return log.error("the model's vocabulary cannot be used", extra={"error": error.message})
            except DomainError as error:
                log.warning("the model's vocabulary was not taken", extra={"error": error.message})
            await asyncio.sleep(backoff.next_s())

    async def repeat(self, readiness: Readiness) -> None:
        """Says it again and again, for ever."""
        while True:
            await asyncio.sleep(AGAIN_S)
            await self.until_taken(await readiness.wait())
