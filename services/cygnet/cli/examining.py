"""What `cygnet doctor` examines with: the contest's document, its stored targets, and the game's own Triton."""

import sys
from collections.abc import Mapping, Sequence

import click

from cygnet.contest.client import AdminApis
from cygnet.doctor.examination import Examination, Terms, examine, in_words, steps_of
from cygnet.inference.triton import TritonClient
from cygnet.internal.v1 import document_pb2
from cygnet.local.problem import Problem
from cygnet.platform.pictures import PictureStore


async def examine_contest(
    apis: AdminApis, name: str, triton: str, pictures_url: str, prompts: Sequence[str], seeds: int
) -> list[Examination]:
    """Examines every target of a contest, one after the other, telling the standard error how far it is.

    Raises DomainError, Problem, and what `examine` raises.
    """
    document = await apis.get(name)
    contest, model = document.contest, document.model
    store = PictureStore(pictures_url)
    pictures = {target.name: await store.get(target.picture_sha256) for target in contest.targets}
    terms = Terms(model.steps, model.size, contest.max_prompt_chars, seeds)
    artist = TritonClient(triton)
    try:
        await _check_models(artist, model, triton)
        return [await _examine_one(artist, target, pictures, prompts, terms) for target in pictures]
    finally:
        await artist.close()


async def _check_models(artist: TritonClient, wanted: document_pb2.Model, triton: str) -> None:
    ready = await artist.probe(patience_s=60)
    for source, served in (
        (wanted.generator_source, ready.generator.source),
        (wanted.scorer_source, ready.scorer.source),
    ):
        if source != served:
            raise Problem(f"the contest wants {source}, Triton at {triton} serves {served}")


async def _examine_one(
    artist: TritonClient, target: str, pictures: Mapping[str, bytes], prompts: Sequence[str], terms: Terms
) -> Examination:
    honest = prompts or (f"a {in_words(target)}",)
    with click.progressbar(length=steps_of(len(honest), terms), label=f"examining {target}", file=sys.stderr) as bar:
        return await examine(artist, target, pictures, honest, terms, lambda: bar.update(1))
