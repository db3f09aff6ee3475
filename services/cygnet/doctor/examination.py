"""Trying all attacks on one target and saying what they prove. Knows neither gRPC nor the console."""

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cygnet.doctor.attacks import PICTURES, PROMPTS, Subject
from cygnet.inference.scoring import cosine, score
from cygnet.inference.triton import Drawing, Embedding, ScorerInfo
from cygnet.platform.images import open_picture

POOR = 30.0
"""An honest score below this says that the generator does not draw this target at all."""


class Generator(Protocol):
    """What draws and embeds.

    Each call raises:
        TritonUnavailable: it cannot now.
        DrawingFailed: it cannot do this.
    """

    async def draw_and_score(self, prompt: str, seed: int, steps: int, size: int) -> Drawing: ...
    async def embed(self, picture: bytes) -> Embedding: ...


@dataclass(frozen=True)
class Terms:
    """How the contest draws."""

    steps: int
    size: int
    """Pixels, width and height."""
    longest_prompt: int
    """Characters; attacks are cut there, as a player would have to."""
    seeds: int
    """Drawings a prompt; their median counts."""


@dataclass(frozen=True)
class Tried:
    """One attack and what it scored; `limit` is what it had to stay below."""

    attack: str
    what: str
    score: float
    limit: float

    @property
    def succeeded(self) -> bool:
        """Whether it is worth somebody's while."""
        return self.score >= self.limit


@dataclass(frozen=True)
class Examination:
    """What became of one target."""

    target: str
    honest_prompts: tuple[str, ...]
    honest: float
    """The median score of honest drawings, 0 to 100."""
    tried: tuple[Tried, ...]

    @property
    def gameable(self) -> bool:
        """Whether an attack succeeded."""
        return any(tried.succeeded for tried in self.tried)

    @property
    def poor(self) -> bool:
        """Whether honest drawings score so little that fairness is not the first trouble."""
        return self.honest < POOR


def steps_of(prompts: int, terms: Terms) -> int:
    """Returns how often an examination with this number of honest `prompts` calls `stepped`."""
    return (prompts + len(PROMPTS)) * terms.seeds + len(PICTURES)


def in_words(target: str) -> str:
    """Returns a target's name as a player would write it."""
    return target.replace("-", " ")


async def examine(
    generator: Generator,
    target: str,
    pictures: Mapping[str, bytes],
    honest_prompts: Sequence[str],
    terms: Terms,
    stepped: Callable[[], None],
) -> Examination:
    """Tries every attack on `target`, one of `pictures` by name (PNG bytes); `stepped` is called after each picture.

    Raises:
        TritonUnavailable, DrawingFailed: the generator cannot draw now, or cannot draw this.
        NotScorable: the scorer has no scale.
    """
    opened = {name: open_picture(content) for name, content in pictures.items()}
    subject = Subject(in_words(target), opened[target], list(opened.values()))
    judge = _Judge(generator, (await generator.embed(pictures[target])).vector, terms, stepped)
    honest = median([score for prompt in honest_prompts for score in await judge.drawn(prompt)])
    tried = [
        Tried(attack.name, attack.what, await judge.shown(attack.make(subject)), attack.share * honest)
        for attack in PICTURES
    ]
    for attack in PROMPTS:
        scores = await judge.drawn(attack.make(subject)[: terms.longest_prompt])
        tried.append(Tried(attack.name, attack.what, median(scores), attack.share * honest))
    return Examination(target, tuple(honest_prompts), honest, tuple(tried))


class _Judge:
    """Scores pictures and prompts against one target, as the worker does."""

    def __init__(
        self, generator: Generator, target: NDArray[np.float32], terms: Terms, stepped: Callable[[], None]
    ) -> None:
        self._generator = generator
        self._target = target
        self._terms = terms
        self._stepped = stepped

    async def drawn(self, prompt: str) -> list[float]:
        """Returns the scores of a prompt's drawings, one a seed."""
        scores = []
        for seed in range(self._terms.seeds):
            drawing = await self._generator.draw_and_score(prompt, seed, self._terms.steps, self._terms.size)
            scores.append(self._score(drawing.embedding, drawing.scorer))
        return scores

    async def shown(self, picture: Image.Image) -> float:
        """Returns the score of a picture that nobody drew."""
        file = io.BytesIO()
        picture.save(file, "PNG")
        embedding = await self._generator.embed(file.getvalue())
        return self._score(embedding.vector, embedding.scorer)

    def _score(self, embedding: NDArray[np.float32], scorer: ScorerInfo) -> float:
        calibration = scorer.usable_calibration()
        self._stepped()
        return score(cosine(embedding, self._target, calibration.mean), calibration.points_for(self._target))
