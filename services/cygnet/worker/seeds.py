"""Choosing a target's seed, once: the first with which each part of a description is worth something.

With one seed for all drawings of a target, luck is the same for everybody; but with some seeds a part of the
description is there whether it is said or not. So whoever draws first draws the description part by part, with one seed
after another, until every part pays.
"""

import asyncio
import logging
from collections import OrderedDict, defaultdict
from collections.abc import Awaitable, Callable
from itertools import pairwise

from cygnet.internal.v1 import dedup_pb2

log = logging.getLogger(__name__)

STEP = 8.0
"""How many points each part must be worth."""
_SETTLED_KEPT = 64


class SeedChooser:
    """Answers which seed a job is drawn with."""

    def __init__(
        self,
        settle: Callable[[dedup_pb2.Job, int | None], Awaitable[int | None]],
        score: Callable[[dedup_pb2.Job, str, int], Awaitable[float]],
    ) -> None:
        """`settle` tells dedup a counter, or asks for it (None), and returns what holds; `score` draws a caption."""
        self._settle = settle
        self._score = score
        self._choosing: defaultdict[int, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._settled: OrderedDict[int, int] = OrderedDict()

    async def seed_of(self, job: dedup_pb2.Job) -> int:
        """Returns the job's seed, choosing it first where that has not been done. Raises what drawing raises."""
        if not job.candidate_seeds:
            return job.seed
        # The first seed names the contest's secret and the target.
        first = job.candidate_seeds[0]
        # One at a time: jobs beside each other choose the same.
        async with self._choosing[first]:
            counter = self._settled.get(first)
            if counter is None:
                counter = await self._settle(job, None)
            if counter is None:
                counter = await self._settle(job, await self._choose(job))
            self._settled[first] = counter or 0
            if len(self._settled) > _SETTLED_KEPT:
                forgotten, _ = self._settled.popitem(last=False)
                self._choosing.pop(forgotten, None)
        return job.candidate_seeds[self._settled.get(first, counter or 0)]

    async def _choose(self, job: dedup_pb2.Job) -> int:
        """Returns the first counter with which every step pays, or else the one whose smallest step is largest."""
        best, widest = 0, float("-inf")
        for counter, seed in enumerate(job.candidate_seeds):
            scores = [await self._score(job, caption, seed) for caption in job.ladder]
            step = min((after - before for before, after in pairwise(scores)), default=STEP)
            log.info(
                "a target's seed was tried",
                extra={
                    "contest": job.contest,
                    "target": job.target.name,
                    "counter": counter,
                    "smallest_step": round(step, 1),
                },
            )
            if step > widest:
                best, widest = counter, step
            if step >= STEP:
                break
        return best
