"""Checks of what comes from outside: the patterns of names and ids, and all that is wrong with a request at once."""

import math
import re
from typing import Self

from cygnet.platform.errors import FieldViolation, InvalidRequest
from cygnet.platform.text import control_characters

NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
"""Of a contest or a target: a DNS label."""
ID = re.compile(r"[a-z2-7]{26}")
"""Of a participant or a submission: 130 bits in base32."""
REQUEST_ID = re.compile(r"[A-Za-z0-9-]{16,64}")
"""Made by clients, for instance a UUID."""
CLIENT = re.compile(r"[a-z2-7]{10}")
"""Of a client (submission/clients): 50 bits in base32."""
PRESENCE_CODE = re.compile(r"[a-z2-7]{12}")
"""Shown by paired screens: 60 bits in base32."""
SHA256 = re.compile(r"[0-9a-f]{64}")
REASON = re.compile(r"[A-Z][A-Z0-9_]{0,62}")
"""Of an error: UPPER_SNAKE_CASE, as google.rpc.ErrorInfo has it."""

_WORDS = {
    NAME: "must be a name of 1 to 63 characters of a-z, 0-9 and -",
    ID: "must be 26 characters of a-z and 2-7",
    REQUEST_ID: "must be 16 to 64 characters of A-Z, a-z, 0-9 and -",
    CLIENT: "must be 10 characters of a-z and 2-7, as `cygnet clients` lists them",
    PRESENCE_CODE: "must be 12 characters of a-z and 2-7",
    SHA256: "must be 64 hex digits",
    REASON: "must be UPPER_SNAKE_CASE",
}


class Violations:
    """Collects what is wrong with one request, so that its sender is told everything at once. Checks can be chained."""

    def __init__(self) -> None:
        self._violations: list[FieldViolation] = []

    def require(self, field: str, holds: object, words: str) -> Self:
        """Notes that `field` must be as `words` say, unless it `holds`."""
        if not holds:
            self._violations.append(FieldViolation(field, words))
        return self

    def matches(self, field: str, value: str, pattern: re.Pattern[str]) -> Self:
        """Requires one of this module's patterns."""
        return self.require(field, pattern.fullmatch(value), _WORDS[pattern])

    def within(self, field: str, value: float, least: float, most: float) -> Self:
        """Requires a number in its bounds, both included; NaN is in none."""
        return self.require(field, least <= value <= most, f"must be {least:,} to {most:,}")

    def length(self, field: str, value: str | bytes, least: int, most: int) -> Self:
        """Requires a text of `least` to `most` characters, or bytes."""
        unit = "characters" if isinstance(value, str) else "bytes"
        return self.require(field, least <= len(value) <= most, f"must have {least:,} to {most:,} {unit}")

    def line(self, field: str, value: str, least: int, most: int) -> Self:
        """Requires a text of one line, without control characters."""
        self.length(field, value, least, most)
        return self.require(field, not control_characters(value), "must not hold control characters")

    def cosine(self, field: str, value: float) -> Self:
        """Requires a cosine; it may leave [-1, 1] by what float64 rounds."""
        return self.require(field, math.fabs(value) <= 1 + 1e-9, "must be -1 to 1")

    def extend(self, error: InvalidRequest, prefix: str) -> Self:
        """Takes over what another check found, of fields that lie under `prefix`."""
        self._violations += [FieldViolation(f"{prefix}.{v.field}", v.description) for v in error.violations]
        return self

    def done(self) -> None:
        """Ends the check.

        Raises:
            InvalidRequest: with every violation that was noted.
        """
        if self._violations:
            raise InvalidRequest(*self._violations)
