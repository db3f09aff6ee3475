"""Prompts that players are shown as examples: the model can draw them, and none gives a target's answer away."""

import functools

from cygnet.inference.reading import Vocabulary
from cygnet.v1 import contest_pb2

MOST = 3
_PROMPTS = (
    {"en": "a red boat at sea", "ko": "바다 위의 빨간 배"},
    {"en": "a penguin with a hat in the snow", "ko": "눈밭에서 모자를 쓴 펭귄"},
    {"en": "an orange cat in a meadow", "ko": "풀밭의 주황색 고양이"},
    {"en": "a white rabbit at night", "ko": "밤하늘 아래 하얀 토끼"},
    {"en": "two yellow ducks on a pond", "ko": "연못 위의 노란 오리 두 마리"},
)


@functools.lru_cache(maxsize=64)
def examples(vocabulary: Vocabulary | None, descriptions: tuple[str, ...]) -> tuple[contest_pb2.Example, ...]:
    """Returns a few prompts of which the model understands every word, and of which no step leads to a target.

    `descriptions` are those of the targets, as far as they have one. A model without a vocabulary draws anything.
    """
    if vocabulary is None:
        fit = [prompt for prompt in _PROMPTS if prompt["en"] not in descriptions]
    else:
        fit = [prompt for prompt in _PROMPTS if _is_fit(vocabulary, prompt, descriptions)]
    return tuple(contest_pb2.Example(prompt=prompt) for prompt in fit[:MOST])


def _is_fit(vocabulary: Vocabulary, prompt: dict[str, str], descriptions: tuple[str, ...]) -> bool:
    readings = [vocabulary.read(text) for text in prompt.values()]
    understood = len({reading.caption for reading in readings} - {""}) == 1 and all(
        span.read for reading in readings for span in reading.spans
    )
    steps = {caption for description in descriptions for caption in vocabulary.ladder(description)}
    return understood and steps.isdisjoint(vocabulary.ladder(prompt["en"]))
