"""The examination of a running contest: its document, its stored targets, and the Triton that draws for it."""

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager

from cygnet.contest.client import AdminApis
from cygnet.doctor.examination import Examination, Terms, examine, in_words, steps_of
from cygnet.inference.reading import Vocabulary
from cygnet.inference.triton import TritonClient, require_models
from cygnet.platform.pictures import PictureStore

Progress = Callable[[str, int], AbstractContextManager[Callable[[], None]]]
"""Called with a target's name and how many steps its examination has; yields what is called after each step."""


async def examine_contest(
    apis: AdminApis,
    name: str,
    triton_address: str,
    pictures_url: str,
    prompts: Sequence[str],
    seeds: int,
    progress: Progress,
) -> list[Examination]:
    """Examines every target of a contest, one after the other.

    Raises:
        DomainError: there is no such contest, or a service or the picture store does not answer.
        TritonUnavailable, DrawingFailed, NotScorable: as `examine` does, and where Triton serves other models.
    """
    document = await apis.get(name)
    contest, model = document.contest, document.model
    store = PictureStore(pictures_url)
    pictures = {target.name: await store.get(target.picture_sha256) for target in contest.targets}
    terms = Terms(model.steps, model.size, contest.max_prompt_chars, seeds)
    triton = TritonClient(triton_address)
    try:
        served = await triton.probe(patience_s=60)
        require_models(served, model.generator_source, model.scorer_source)
        vocabulary = Vocabulary.of(json.loads(served.vocabulary)) if served.vocabulary else None
        return [
            await _examine_one(
                triton, target, pictures, prompts, terms, progress, document.descriptions.get(target, ""), vocabulary
            )
            for target in pictures
        ]
    finally:
        await triton.close()


async def _examine_one(
    triton: TritonClient,
    target: str,
    pictures: Mapping[str, bytes],
    prompts: Sequence[str],
    terms: Terms,
    progress: Progress,
    description: str,
    vocabulary: Vocabulary | None,
) -> Examination:
    honest = prompts or (description or f"a {in_words(target)}",)
    ladder = vocabulary.ladder(description) if vocabulary is not None else []
    with progress(target, steps_of(len(honest) + len(ladder), terms)) as stepped:
        return await examine(triton, target, pictures, honest, terms, stepped, ladder)
