"""Prompts that are no honest words for a target, and how much of a score they may have.

They go through the generator, as players' do; pictures that draw nothing are `cygnet.inference.attacks`.
"""

from cygnet.inference.attacks import Attack

NO_GAIN = 1.2
"""The same for words that do ask for the target, many times or as writing: where they draw it, they may score like it,
and must not gain by it. Honest drawings of one prompt differ by 15 % around their median from seed to seed, so medians
of a few by less than this."""

_CROWD = (
    "duck duckling swan goose hen penguin flamingo fish cat dog boat tree house sun red orange yellow green blue pink "
    "purple white black pond sea sky meadow night snow city hat scarf glasses crown two three flat crayon watercolour"
)


PROMPTS = (
    Attack("repetition", "the target's name 20 times", lambda it: " ".join([it.name] * 20), NO_GAIN),
    Attack("stuffing", "all animals, colours and places at once", lambda it: f"{it.name} {_CROWD}"),
    Attack("written", "the target's name asked for as writing", lambda it: f'the word "{it.name.upper()}"', NO_GAIN),
)
