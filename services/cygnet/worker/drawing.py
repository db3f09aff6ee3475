"""Drawing and scoring one job: the right models, the right target, the published scale, or an open failure."""

import asyncio
from collections import OrderedDict
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from cygnet.inference.occlusion import heat_map
from cygnet.inference.scoring import NotScorable, check_calibration, cosine, part_score, score
from cygnet.inference.triton import Calibration, Drawing, DrawingFailed, Embedding, ScorerInfo, TritonUnavailable
from cygnet.platform.errors import NotFound
from cygnet.worker.values import CannotDraw, Explanation, Job, Scored

DRAWING_FAILED = "DRAWING_FAILED"
_TARGETS_KEPT = 64
"""Embeddings of targets that are kept: eight targets in each of eight contests."""


def usable_calibration(scorer: ScorerInfo) -> Calibration:
    """Returns the scorer's calibration. Raises NotScorable for one that has none, or none that can be used."""
    if scorer.calibration is None:
        raise NotScorable(f"scorer {scorer.source} has no calibration: it can embed, but not score")
    check_calibration(scorer.calibration)
    return scorer.calibration


class Artist(Protocol):
    """What draws. Raises TritonUnavailable when it cannot now, DrawingFailed when it cannot at all."""

    async def draw_and_score(self, prompt: str, seed: int, steps: int, size: int) -> Drawing: ...
    async def embed(self, picture: bytes) -> Embedding: ...


class TargetPictures(Protocol):
    """Where the targets' pictures are."""

    async def get(self, digest: str) -> bytes:
        """Returns the bytes of a picture. Raises NotFound and Unavailable."""


class Drawer:
    """Draws and scores jobs with one artist."""

    def __init__(self, artist: Artist, pictures: TargetPictures) -> None:
        self._artist = artist
        self._pictures = pictures
        self._targets: OrderedDict[tuple[str, str], NDArray[np.float32]] = OrderedDict()
        self._embedding = asyncio.Lock()

    async def draw(self, job: Job) -> Scored:
        """Returns the picture and its score.

        Raises CannotDraw when the job fails for good, TritonUnavailable and Unavailable when somebody else, or another
        time, will do.
        """
        try:
            drawing = await self._artist.draw_and_score(job.prompt, job.seed, job.model.steps, job.model.size)
            _check_models(job, drawing)
            calibration = usable_calibration(drawing.scorer)
            target = await self._target(job.target.picture_sha256, drawing.scorer)
            similarity = cosine(drawing.embedding, target, calibration.mean)
            explanation = _explain(drawing, target, calibration)
        except (DrawingFailed, NotScorable) as error:
            raise CannotDraw(DRAWING_FAILED, str(error)[:1000]) from error
        return Scored(
            picture=drawing.picture,
            score=score(similarity, calibration.points),
            cosine=similarity,
            explanation=explanation,
            generator_digest=drawing.generator.digest,
            scorer_digest=drawing.scorer.digest,
            calibration_id=calibration.id,
        )

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
                raise CannotDraw(DRAWING_FAILED, f"the target's picture is not stored: {error.message}") from error
            embedded = await self._artist.embed(picture)
            if embedded.scorer.digest != scorer.digest:
                raise TritonUnavailable("the scorer changed while this picture was drawn")
            self._targets[key] = embedded.vector
            if len(self._targets) > _TARGETS_KEPT:
                self._targets.popitem(last=False)
            return embedded.vector


def _explain(drawing: Drawing, target: NDArray[np.float32], calibration: Calibration) -> Explanation:
    return Explanation(
        what_score=part_score(drawing.embedding, target, calibration, calibration.what),
        look_score=part_score(drawing.embedding, target, calibration, calibration.look),
        heat=heat_map(drawing.embedding, drawing.regions, target, calibration.mean),
    )


def _check_models(job: Job, drawing: Drawing) -> None:
    for wanted, served in (
        (job.model.generator_source, drawing.generator.source),
        (job.model.scorer_source, drawing.scorer.source),
    ):
        if wanted != served:
            # Jobs are claimed for what the last probe found: Triton was started anew with another model since.
            raise TritonUnavailable(f"the job wants {wanted}, Triton serves {served} now")
