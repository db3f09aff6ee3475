"""The kinds of values in the contest resource that have rules of their own: titles, sources of models, resources."""

import re
from typing import Annotated

from pydantic import Field

from cygnet.contest.rules import Rule

_LANGUAGE = re.compile("[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_QUANTITY = re.compile(r"([+]?([0-9]+[.]?[0-9]*|[.][0-9]+)|-0+)([KMGTPE]i|[numkMGTPE]|[eE][+-]?[0-9]+)?")
_PATH = "[A-Za-z0-9_./@:+-]{1,500}"


def _source_of(scheme: str, rest: str, words: str) -> Rule:
    whole = re.compile(f"{scheme}{rest}")
    return Rule(
        words,
        f"!self.startsWith('{scheme}') || self.matches('^{scheme}{rest}$')",
        lambda source: not source.startswith(scheme) or whole.fullmatch(source) is not None,
    )


ModelSource = Annotated[
    str,
    Field(min_length=1, max_length=512),
    Rule(
        "use builtin://name, hf://org/name, s3://bucket/path, pvc://claim/path or an absolute path, without ..",
        "self.matches('^((builtin|hf|s3|pvc)://|/)') && !self.contains('..')",
        lambda source: re.match("(builtin|hf|s3|pvc)://|/", source) is not None and ".." not in source,
    ),
    _source_of(
        "builtin://",
        "[A-Za-z0-9][A-Za-z0-9_.-]{0,99}",
        "after builtin:// goes the name of one model that comes with Cygnet, as builtin://cygnet-tiny, and no path",
    ),
    _source_of(
        "hf://",
        "([A-Za-z0-9][A-Za-z0-9_.-]{0,95}/)?[A-Za-z0-9][A-Za-z0-9_.-]{0,95}(@[A-Za-z0-9_./-]{1,200})?",
        "after hf:// goes a repository of the Hugging Face hub, as hf://org/name or hf://org/name@revision",
    ),
    _source_of(
        "s3://",
        f"[a-z0-9][a-z0-9.-]{{0,62}}(/{_PATH})?",
        "after s3:// go a bucket (a-z, 0-9, . and -) and a path, as s3://bucket/path",
    ),
    _source_of(
        "pvc://",
        f"[a-z0-9]([a-z0-9.-]{{0,251}}[a-z0-9])?(/{_PATH})?",
        "after pvc:// go the name of a PersistentVolumeClaim (a-z, 0-9, . and -) and a path, as pvc://claim/path",
    ),
    _source_of("/", "[A-Za-z0-9_./@+-]{1,500}", "a path consists of letters, digits, underscores and . / @ + -"),
]
"""builtin://NAME, hf://ORG/NAME[@REVISION], s3://BUCKET/PATH, pvc://CLAIM/PATH or a path inside the image."""

_Title = Annotated[
    str,
    Field(min_length=1, max_length=100),
    Rule(
        "a title is one line, without control characters",
        r"!self.matches('[\\x00-\\x1f\\x7f-\\x9f]')",
        lambda title: re.search("[\x00-\x1f\x7f-\x9f]", title) is None,
    ),
]

Titles = Annotated[
    dict[str, _Title],
    Field(min_length=1, max_length=16),
    Rule(
        'give at least an English title, "en"; players whose language is missing see it',
        "'en' in self",
        lambda title: "en" in title,
    ),
    Rule(
        'name each language by its tag, as "en", "ko" or "pt-BR"; YAML takes no, yes, on and off for truth values: '
        'quote them, as "no"',
        f"self.all(language, language.matches('^{_LANGUAGE.pattern}$'))",
        lambda title: all(map(_LANGUAGE.fullmatch, title)),
    ),
]
"""By language tag, at least English."""


def _is_quantity(value: int | str) -> bool:
    return value >= 0 if isinstance(value, int) else _QUANTITY.fullmatch(value) is not None


Resources = Annotated[
    dict[str, int | Annotated[str, Field(max_length=32)]],
    Field(max_length=16),
    Rule(
        'each value is a quantity that is not negative, as 1, "500m" or "8Gi"',
        "self.all(name, type(self[name]) == int ? self[name] >= 0 : "
        "isQuantity(self[name]) && !quantity(self[name]).isLessThan(quantity('0')))",
        lambda resources: all(map(_is_quantity, resources.values())),
    ),
]
"""Names and quantities, as in a pod's resources."""
