"""The tokenizer: CLIP's byte-level pair encoding, with merges learned from the project's own captions.

All 256 bytes are in the vocabulary, so unknown words, in any script, become bytes rather than errors.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from tokenizers.pre_tokenizers import ByteLevel
from tokenizers.trainers import BpeTrainer

from .captions import random_caption
from .grammar import WORLDS, random_scene
from .networks import CLIPTokenizer, Tokenizer
from .presets import Preset

START, END = "<|startoftext|>", "<|endoftext|>"


def kept_tokenizer(preset: Preset, folder: Path) -> Tokenizer:
    """The tokenizer at `folder`, learned once: what was trained with one numbering of tokens cannot use another."""
    if not folder.exists():
        new_tokenizer(preset).save_pretrained(folder)
    return CLIPTokenizer.from_pretrained(folder, model_max_length=preset.tokens)


def new_tokenizer(preset: Preset) -> Tokenizer:
    """Learns merges from captions; the same preset gives the same tokenizer."""
    rng = np.random.default_rng(preset.seed)

    def captions() -> Iterator[str]:
        for _ in range(8000):
            yield random_caption(random_scene(rng, WORLDS["whole"]), rng)

    # The end must not be token 2, which transformers takes for a mistake in old CLIP files.
    learner = CLIPTokenizer(vocab={START: 0, END: 1}).backend_tokenizer
    learner.train_from_iterator(
        captions(),
        BpeTrainer(
            vocab_size=preset.vocabulary,
            special_tokens=[START, END],
            initial_alphabet=ByteLevel.alphabet(),
            end_of_word_suffix="</w>",
            show_progress=False,
        ),
    )
    vocabulary = _in_order(learner.get_vocab())
    # A byte may also end a word: CLIP's own vocabulary has each byte twice.
    for byte in sorted(ByteLevel.alphabet()):
        vocabulary.setdefault(f"{byte}</w>", len(vocabulary))
    return CLIPTokenizer(vocab=vocabulary, merges=_merges(learner.to_str()), model_max_length=preset.tokens)


def _in_order(vocabulary: dict[str, int]) -> dict[str, int]:
    """The same tokens, with the ids of single bytes that end a word in the tokens' order.

    The trainer assigns these in the order of a hash table, so otherwise they would differ from process to process.
    """
    ends = sorted(word for word in vocabulary if word.endswith("</w>") and len(word) == len("x</w>"))
    numbers = sorted(vocabulary[word] for word in ends)
    return {**vocabulary, **dict(zip(ends, numbers, strict=True))}


def _merges(serialised: str) -> list[tuple[str, str]]:
    return [(left, right) for left, right in json.loads(serialised)["model"]["merges"]]
