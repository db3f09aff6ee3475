"""Drawing and scoring one job: the right models, the right target, the published scale, or an open failure."""

import asyncio
from collections import OrderedDict

import numpy as np
from numpy.typing import NDArray

from cygnet.inference.occlusion import heat_map
from cygnet.inference.scoring import Calibration, NotScorable, cosine, part_score, score
from cygnet.inference.triton import (
    Drawing,
    DrawingFailed,
    ScorerInfo,
    ServedModels,
    TritonClient,
    TritonUnavailable,
    require_models,
)
from cygnet.internal.v1 import dedup_pb2
from cygnet.platform.errors import NotFound
from cygnet.platform.images import UnfitPicture, pixels_sha256
from cygnet.platform.pictures import PictureStore
from cygnet.v1 import submission_pb2
from cygnet.worker.job_queue import JobQueue
from cygnet.worker.seeds import SeedChooser

_TARGETS_KEPT = 64
"""Embeddings of targets that are kept: eight targets in each of eight contests."""


class CannotDraw(Exception):
    """This job fails, openly: drawing it again would not help."""


class ScoredGenerator:
    """Draws and scores jobs with one Triton."""

    def __init__(self, triton: TritonClient, pictures: PictureStore, jobs: JobQueue) -> None:
        """`pictures` has those of the targets; `jobs` knows which seeds are settled."""
        self._triton = triton
        self._jobs = jobs
        self._seeds = SeedChooser(jobs.settle_seed, self._score)
        self._pictures = pictures
        self._targets: OrderedDict[tuple[str, str], NDArray[np.float32]] = OrderedDict()
        self._embedding = asyncio.Lock()

    async def draw(self, job: dedup_pb2.Job) -> tuple[bytes, submission_pb2.Result]:
        """Returns the PNG and its result, where `picture_sha256` and `completed_at` are for whoever stores the PNG.

        Cancelling it does not reach Triton.

        Raises:
            CannotDraw: the job fails for good.
            TritonUnavailable: another time, or another worker, will do.
            Unavailable: the picture store did not answer.
        """
        try:
            seed = await self._seeds.seed_of(job)
            drawing, target = await self._draw(job, job.canonical_prompt, seed)
            return drawing.picture, _result(job, drawing, target, drawing.scorer.usable_calibration())
        except (DrawingFailed, NotScorable) as error:
            raise CannotDraw(str(error)) from error
        except UnfitPicture as error:
            raise CannotDraw(f"the generator's picture {error}") from error

    async def settle_next(self, served: ServedModels) -> bool:
        """Settles the seed of one target before anybody draws; returns False where there is none to settle.

        Raises:
            DomainError: dedup or the picture store does not answer.
            TritonUnavailable: another time will do.
        """
        job = await self._jobs.next_seed(served)
        if job is None:
            return False
        try:
            await self._seeds.seed_of(job)
        except (CannotDraw, DrawingFailed, NotScorable) as error:
            # Players' jobs of this target fail with the same words.
            raise TritonUnavailable(f"target {job.target.name} of {job.contest}: {error}") from error
        return True

    async def _draw(self, job: dedup_pb2.Job, prompt: str, seed: int) -> tuple[Drawing, NDArray[np.float32]]:
        """Returns what was drawn, and the embedding of the job's target."""
        drawing = await self._triton.draw_and_score(prompt, seed, job.model.steps, job.model.size)
        # Jobs are claimed for what the last probe found; Triton may have been started anew with another model.
        require_models(drawing, job.model.generator_source, job.model.scorer_source)
        return drawing, await self._target(job.target.picture_sha256, drawing.scorer)

    async def _score(self, job: dedup_pb2.Job, prompt: str, seed: int) -> float:
        drawing, target = await self._draw(job, prompt, seed)
        calibration = drawing.scorer.usable_calibration()
        return score(cosine(drawing.embedding, target, calibration.mean), calibration.points_for(target))

    async def _target(self, picture_sha256: str, scorer: ScorerInfo) -> NDArray[np.float32]:
        key = (picture_sha256, scorer.digest)
        # One at a time: a target that several jobs need at once is embedded once.
        async with self._embedding:
            known = self._targets.get(key)
            if known is not None:
                self._targets.move_to_end(key)
                return known
            try:
                picture = await self._pictures.get(picture_sha256)
            except NotFound as error:
                raise CannotDraw(f"the target's picture is not stored: {error.message}") from error
            embedded = await self._triton.embed(picture)
            if embedded.scorer.digest != scorer.digest:
                raise TritonUnavailable("the scorer changed while this picture was drawn")
            self._targets[key] = embedded.vector
            if len(self._targets) > _TARGETS_KEPT:
                self._targets.popitem(last=False)
            return embedded.vector


def _result(
    job: dedup_pb2.Job, drawing: Drawing, target: NDArray[np.float32], calibration: Calibration
) -> submission_pb2.Result:
    similarity = cosine(drawing.embedding, target, calibration.mean)
    helps, hurts = heat_map(drawing.embedding, drawing.regions, target, calibration.mean)
    return submission_pb2.Result(
        pixels_sha256=pixels_sha256(drawing.picture),
        score=score(similarity, calibration.points_for(target)),
        cosine=similarity,
        # None leaves the field unset.
        what_score=part_score(drawing.embedding, target, calibration.mean, calibration.what),
        look_score=part_score(drawing.embedding, target, calibration.mean, calibration.look),
        heat=helps,
        negative_heat=hurts,
        fitted_chars=drawing.fitted if drawing.fitted < len(job.canonical_prompt) else None,
        generator_digest=drawing.generator.digest,
        scorer_digest=drawing.scorer.digest,
        calibration_id=calibration.id,
    )
