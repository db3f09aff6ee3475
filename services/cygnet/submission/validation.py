"""What players may write: nicknames, prompts and request ids. All of it is hostile until it went through here."""

import unicodedata

from cygnet.platform.errors import FieldViolation, InvalidRequest
from cygnet.platform.text import control_characters, one_line, without_invisible
from cygnet.platform.validation import REQUEST_ID, Violations

MAX_NICKNAME_CHARS = 24
MAX_RAW_NICKNAME_CHARS = 200
_MAX_MARKS = 2
"""Combining marks that stay on one letter; more of them climb over the neighbouring rows."""


def clean_nickname(raw: str) -> str:
    """Returns the nickname as it will be shown.

    Raises:
        InvalidRequest: nothing visible, or too much, is left of it.
    """
    if len(raw) > MAX_RAW_NICKNAME_CHARS:
        raise InvalidRequest(FieldViolation("nickname", f"at most {MAX_NICKNAME_CHARS} characters"))
    spaced = "".join(" " if char.isspace() else char for char in raw)
    visible = "".join(char for char in spaced if unicodedata.category(char) not in {"Cc", "Cs", "Co", "Cn"})
    nickname = _few_marks(one_line(without_invisible(unicodedata.normalize("NFC", visible))))
    if not nickname or all(unicodedata.category(char).startswith("M") for char in nickname):
        raise InvalidRequest(FieldViolation("nickname", "write a name that can be seen"))
    if len(nickname) > MAX_NICKNAME_CHARS:
        raise InvalidRequest(FieldViolation("nickname", f"at most {MAX_NICKNAME_CHARS} characters"))
    return nickname


def check_submission(prompt: str, request_id: str, max_prompt_chars: int) -> None:
    """Checks what a player submits.

    Raises:
        InvalidRequest: with each field that is out of its bounds.
    """
    check_prompt(prompt, max_prompt_chars).matches("request_id", request_id, REQUEST_ID).done()


def check_prompt(prompt: str, max_prompt_chars: int) -> Violations:
    """Returns what is wrong with a prompt; more may be added."""
    violations = Violations()
    # One complaint about the prompt is enough.
    if len(prompt) > max_prompt_chars:
        violations.require("prompt", False, f"at most {max_prompt_chars} characters, not {len(prompt)}")
    elif control_characters(prompt):
        violations.require("prompt", False, "no line breaks or control characters")
    else:
        violations.require("prompt", one_line(without_invisible(prompt)), "write what to draw")
    return violations


def _few_marks(text: str) -> str:
    kept: list[str] = []
    marks = 0
    for char in text:
        marks = marks + 1 if unicodedata.category(char) == "Mn" else 0
        if marks <= _MAX_MARKS:
            kept.append(char)
    return "".join(kept)
