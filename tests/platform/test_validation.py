"""What comes from outside is checked by one set of patterns, and everything wrong with it is said at once."""

import re

import pytest

from cygnet.platform.errors import FieldViolation, InvalidRequest
from cygnet.platform.validation import ID, NAME, REASON, REQUEST_ID, SHA256, Violations


def found(violations: Violations) -> list[str]:
    with pytest.raises(InvalidRequest) as raised:
        violations.done()
    return [violation.field for violation in raised.value.violations]


@pytest.mark.parametrize(
    ("pattern", "good", "bad"),
    [
        (NAME, ["a", "9", "a-b", "a" * 63], ["", "-a", "a-", "A", "a_b", "a" * 64, "a\n"]),
        (ID, ["a" * 26, "2" * 26], ["", "a" * 25, "a" * 27, "A" * 26, "1" * 26, "a" * 26 + "\n"]),
        (REQUEST_ID, ["a" * 16, "A-9" * 21], ["", "a" * 15, "a" * 65, "a" * 15 + "_"]),
        (SHA256, ["0" * 64], ["", "0" * 63, "F" * 64, "g" * 64, "0" * 64 + "\n"]),
        (REASON, ["A", "WORKER_LOST"], ["", "_A", "Worker", "A" * 64]),
    ],
)
def test_patterns(pattern: re.Pattern[str], good: list[str], bad: list[str]) -> None:
    for value in good:
        violations = Violations()
        violations.matches("field", value, pattern)
        violations.done()
    for value in bad:
        violations = Violations()
        violations.matches("field", value, pattern)
        assert found(violations) == ["field"]


def test_all_that_is_wrong_is_said_in_order() -> None:
    violations = Violations()
    violations.within("low", 0, 1, 2)
    violations.within("good", 2, 1, 2)
    violations.within("nan", float("nan"), 0, 100)
    violations.length("short", "", 1, 2)
    violations.length("long", b"abc", 0, 2)
    violations.line("lines", "a\nb", 1, 10)
    violations.cosine("cosine", -1.1)
    violations.cosine("rounded", 1.0000000000000002)
    violations.extend(InvalidRequest(FieldViolation("inner", "must be")), "outer")
    assert found(violations) == ["low", "nan", "short", "long", "lines", "cosine", "outer.inner"]
