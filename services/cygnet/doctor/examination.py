"""Trying all attacks on one target and saying what they prove. Knows neither gRPC nor the console."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cygnet.doctor.attacks import PROMPTS
from cygnet.inference.attacks import PICTURES, Subject, Tried, encoded
from cygnet.inference.scoring import cosine, score
from cygnet.inference.triton import Drawing, DrawingFailed, Embedding, ScorerInfo
from cygnet.platform.images import open_picture

POOR = 30.0
"""An honest score below this says that the generator does not draw this target at all. Attacks are measured against so
many points then: a share of next to nothing would be reached by anything."""
STEP = 8.0
"""Points that each part of a description must add; a missing one costs as much."""
EASY = 25.0
"""From so many points on, the noun alone is half of the game."""


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
class Rung:
    """A caption that says one thing more than the one before, and the median score of its drawings."""

    caption: str
    score: float
    gain: float
    """Over the caption before; of the first one, its score."""
    pays: bool


@dataclass(frozen=True)
class Examination:
    """What became of one target."""

    target: str
    honest_prompts: tuple[str, ...]
    honest: float
    """The median score of honest drawings, 0 to 100."""
    tried: tuple[Tried, ...]
    ladder: tuple[Rung, ...]
    """The target's description, part by part; empty where nobody described it, or the generator reads no words."""

    @property
    def effort_pays(self) -> bool:
        """Whether each part of the description is worth saying; nothing is known against it without a description."""
        return all(rung.pays for rung in self.ladder)

    @property
    def gameable(self) -> bool:
        """Whether an attack succeeded."""
        return any(tried.succeeded for tried in self.tried)

    @property
    def poor(self) -> bool:
        """Whether honest drawings score so little that fairness is not the first trouble."""
        return self.honest < POOR


def steps_of(prompts: int, terms: Terms) -> int:
    """Returns how often an examination with this number of honest `prompts` and captions calls `stepped`."""
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
    ladder: Sequence[str] = (),
) -> Examination:
    """Tries every attack on `target`, one of `pictures` by name (PNG bytes), and draws the captions of its `ladder`.

    `stepped` is called after each picture.

    Raises:
        TritonUnavailable, DrawingFailed: the generator cannot draw now, or cannot draw this.
        NotScorable: the scorer has no scale.
    """
    opened = {name: open_picture(content) for name, content in pictures.items()}
    subject = Subject(in_words(target), opened[target], list(opened.values()))
    judge = _Judge(generator, (await generator.embed(pictures[target])).vector, terms, stepped)
    honest = median([score for prompt in honest_prompts for score in await judge.drawn(prompt)])
    worth = max(honest, POOR)
    tried = [
        Tried(attack.name, attack.what, await judge.shown(attack.make(subject)), attack.share * worth)
        for attack in PICTURES
    ]
    for attack in PROMPTS:
        scores = await judge.drawn(attack.make(subject)[: terms.longest_prompt])
        tried.append(Tried(attack.name, attack.what, median(scores), attack.share * worth))
    climbed = [(caption, median(await judge.drawn(caption))) for caption in ladder]
    return Examination(target, tuple(honest_prompts), honest, tuple(tried), _rungs(climbed))


def _rungs(climbed: Sequence[tuple[str, float]]) -> tuple[Rung, ...]:
    rungs, before = [], 0.0
    for number, (caption, points) in enumerate(climbed):
        pays = points - before >= STEP if number else points < EASY or len(climbed) == 1
        rungs.append(Rung(caption, points, points - before, pays))
        before = points
    return tuple(rungs)


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
            try:
                drawing = await self._generator.draw_and_score(prompt, seed, self._terms.steps, self._terms.size)
            except DrawingFailed as error:
                if not error.refused:
                    raise
                # A prompt of which the generator reads nothing: a player has no score for it.
                scores.append(0.0)
                self._stepped()
            else:
                scores.append(self._score(drawing.embedding, drawing.scorer))
        return scores

    async def shown(self, picture: Image.Image) -> float:
        """Returns the score of a picture that nobody drew."""
        embedding = await self._generator.embed(encoded(picture))
        return self._score(embedding.vector, embedding.scorer)

    def _score(self, embedding: NDArray[np.float32], scorer: ScorerInfo) -> float:
        calibration = scorer.usable_calibration()
        self._stepped()
        return score(cosine(embedding, self._target, calibration.mean), calibration.points_for(self._target))
