"""What can go wrong, in the words of the domain.

The domain raises these and knows nothing of gRPC; `status.py` turns them into google.rpc.Status on the way
out and back into the same types on the way in. Messages say what to do.
"""

from dataclasses import dataclass
from typing import ClassVar


class DomainError(Exception):
    """Base of all errors that a caller may see.

    `reason` is for programs (UPPER_SNAKE_CASE, part of the contract), `message` for people.
    """

    default_reason: ClassVar[str] = "UNKNOWN"

    def __init__(self, message: str, *, reason: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.reason = reason or self.default_reason


@dataclass(frozen=True)
class FieldViolation:
    """One field of a request and what is wrong with it."""

    field: str
    description: str


class InvalidRequest(DomainError):
    """A field that came from outside is out of its bounds."""

    default_reason = "INVALID_REQUEST"

    def __init__(self, *violations: FieldViolation, reason: str | None = None) -> None:
        super().__init__("; ".join(f"{v.field}: {v.description}" for v in violations), reason=reason)
        self.violations = violations


class NotFound(DomainError):
    """The thing named does not exist."""

    default_reason = "NOT_FOUND"


class NotSignedIn(DomainError):
    """No session token, or one that does not hold."""

    default_reason = "NOT_SIGNED_IN"


class NotAllowed(DomainError):
    """The caller may not do this."""

    default_reason = "NOT_ALLOWED"


class Conflict(DomainError):
    """The state does not allow it, and repeating the call will not help."""

    default_reason = "CONFLICT"


class LeaseLost(DomainError):
    """Another worker has the job now, or it ended: stop working on it."""

    default_reason = "LEASE_LOST"


class Unavailable(DomainError):
    """Something that is needed does not answer; trying again after `retry_after_s` may help."""

    default_reason = "UNAVAILABLE"

    def __init__(self, message: str, *, reason: str | None = None, retry_after_s: float = 1.0) -> None:
        super().__init__(message, reason=reason)
        self.retry_after_s = retry_after_s


class Refused(DomainError):
    """Not now. `retry_after_s` says in how many seconds it is worth trying again."""

    default_reason = "REFUSED"

    def __init__(self, message: str, *, reason: str, retry_after_s: float) -> None:
        super().__init__(message, reason=reason)
        self.retry_after_s = retry_after_s
