"""What players may write: nicknames, prompts and request ids. All of it is hostile until it went through here."""

import re
import unicodedata

from cygnet.platform.errors import FieldViolation, InvalidRequest
from cygnet.platform.text import control_characters, one_line, without_invisible

MAX_NICKNAME_CHARS = 24
MAX_RAW_NICKNAME_CHARS = 200
_REQUEST_ID = re.compile(r"[A-Za-z0-9-]{16,64}")
_MAX_MARKS = 2
"""Combining marks that stay on one letter; more of them climb over the neighbouring rows."""


def clean_nickname(raw: str) -> str:
    """Returns the nickname as it will be shown. Raises InvalidRequest when nothing visible, or too much, is left."""
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
    """Raises InvalidRequest naming each field that is out of its bounds."""
    violations = []
    if len(prompt) > max_prompt_chars:
        violations.append(FieldViolation("prompt", f"at most {max_prompt_chars} characters, not {len(prompt)}"))
    elif control_characters(prompt):
        violations.append(FieldViolation("prompt", "no line breaks or control characters"))
    elif not one_line(without_invisible(prompt)):
        violations.append(FieldViolation("prompt", "write what to draw"))
    if not _REQUEST_ID.fullmatch(request_id):
        violations.append(FieldViolation("request_id", "16 to 64 characters of A-Z, a-z, 0-9 and -"))
    if violations:
        raise InvalidRequest(*violations)


def _few_marks(text: str) -> str:
    kept: list[str] = []
    marks = 0
    for char in text:
        marks = marks + 1 if unicodedata.category(char) == "Mn" else 0
        if marks <= _MAX_MARKS:
            kept.append(char)
    return "".join(kept)
