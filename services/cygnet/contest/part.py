"""What every part of the contest file has in common: strict, frozen, camelCase, durations with a unit."""

import re
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict
from pydantic.alias_generators import to_camel

_UNITS_MS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000}


def duration_ms(text: object) -> int:
    """Returns the milliseconds in "500ms", "10s", "5m" or "1h". Raises ValueError for anything else."""
    match = re.fullmatch(r"(\d{1,9})(ms|s|m|h)", text) if isinstance(text, str) else None
    if match is None:
        raise ValueError('write a whole number and a unit, as in "500ms", "10s", "5m" or "1h"')
    return int(match[1]) * _UNITS_MS[match[2]]


Milliseconds = Annotated[int, BeforeValidator(duration_ms)]


class Part(BaseModel):
    """A part of the contest file: a field that it does not know is a mistake, not a wish."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, alias_generator=to_camel, populate_by_name=True, use_attribute_docstrings=True
    )
