"""The tokenizer is learned by every stage of training, so it must be the same every time."""

from cygnet_training.presets import PRESETS
from cygnet_training.tokenizer import new_tokenizer


def test_every_process_numbers_the_words_alike() -> None:
    """The trainer's hash tables differ from one instance to the next, so two in one process are test enough."""
    first, second = (new_tokenizer(PRESETS["smoke"]) for _ in range(2))
    assert first.get_vocab() == second.get_vocab()
    assert first("a duck 오리 3")["input_ids"] == second("a duck 오리 3")["input_ids"]
