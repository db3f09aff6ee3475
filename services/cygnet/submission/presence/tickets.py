"""Tickets: who exchanged a code has ten minutes to join, so that a slow phone on the hall's Wi-Fi keeps its place."""

import hashlib
from collections.abc import Callable, Mapping

import jwt

from cygnet.platform.errors import Conflict
from cygnet.submission.signing import Signer

LIFETIME_MS = 600_000


def ticket_id(contest: str, device: str) -> str:
    """Returns the name of a device's ticket. A device has one a contest, however often it scans."""
    return hashlib.sha256(f"{contest} {device}".encode()).hexdigest()[:32]


class Tickets:
    """Signs and verifies them."""

    def __init__(self, keys: Mapping[str, bytes], clock: Callable[[], int]) -> None:
        """`keys` are for this purpose alone; `clock` gives milliseconds since the epoch."""
        self._signer = Signer(keys)
        self._clock = clock

    def issue(self, contest: str, device: str, expires_ms: int, *, by_pass: bool) -> str:
        """Returns the ticket of a device; `by_pass`: the organisers let it in."""
        claims = {"con": contest, "sub": ticket_id(contest, device), "exp": expires_ms // 1000, "pass": by_pass}
        return self._signer.sign(claims)

    def verify(self, ticket: str, contest: str, device: str) -> tuple[str, bool]:
        """Returns the ticket's id, and whether the organisers let its holder in.

        Raises:
            Conflict: it is not ours, over, of another contest or of another device; scanning again helps.
        """
        try:
            claims = self._signer.read(ticket)
        except jwt.InvalidTokenError:
            claims = {}
        mine = claims.get("con") == contest and claims["sub"] == ticket_id(contest, device)
        if not mine or claims["exp"] * 1000 < self._clock():
            raise Conflict("this ticket does not hold any more; scan the code on the screen again", reason="TICKET_OLD")
        return str(claims["sub"]), claims.get("pass") is True
