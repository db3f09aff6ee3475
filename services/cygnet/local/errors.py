"""What a command says when it cannot do its work: words that say what to do about it."""

from cygnet.platform.errors import DomainError, InvalidRequest, NotFound


class UserError(Exception):
    """What the person who ran the command can mend; the text is one line that says how."""


def message_of(error: UserError | DomainError) -> str:
    """Returns the words: one line, or one more for each wrong field where there are several."""
    if isinstance(error, InvalidRequest):
        fields = [f"{violation.field}: {violation.description}" for violation in error.violations]
        return fields[0] if len(fields) == 1 else "\n  ".join([f"{len(fields)} fields are wrong:", *fields])
    if isinstance(error, DomainError) and not isinstance(error, NotFound):
        return f"{error.message} ({error.reason})"
    return str(error)
