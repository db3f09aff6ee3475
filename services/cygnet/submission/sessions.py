"""Session tokens: who is calling, without asking anybody.

A signed token is the identity, not the nickname, so a reload never says "name already taken". It holds for one
contest. Keys have ids, so that they can be changed while people play.
"""

import base64
import functools
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import jwt

from cygnet.platform.errors import NotSignedIn
from cygnet.submission.signing import Signer

LIFETIME_S = 14 * 24 * 3600
"""How long a token holds: longer than any event."""
TOKENS_KEPT = 16_384
"""Verified tokens of which the claims are kept: more players than a hall holds, some MB."""


@dataclass(frozen=True)
class Session:
    """Who calls."""

    contest: str
    participant_id: str
    nickname: str
    present: bool = False
    """Was in the hall: exchanged the code of a paired screen, or was let in by the organisers."""
    exempt: bool = False
    """Let in by the organisers: no proof of work is asked of who could not scan a screen either."""


def new_participant_id() -> str:
    """Returns 26 characters that nobody can guess or meet by chance (130 bits)."""
    return base64.b32encode(secrets.token_bytes(17)).decode().lower()[:26]


class SessionKeys:
    """Signs and verifies tokens."""

    def __init__(self, keys: Mapping[str, bytes], clock: Callable[[], int]) -> None:
        """`keys` by their ids, the first one signs; `clock` gives milliseconds since the epoch."""
        self._signer = Signer(keys)
        self._clock = clock
        # What a signature says never changes, and checking it is a fifth of this service's part of a Submit.
        self._claims = functools.lru_cache(maxsize=TOKENS_KEPT)(self._signer.read)

    def issue(self, session: Session) -> str:
        """Returns a token for `session`."""
        claims = {
            "con": session.contest,
            "sub": session.participant_id,
            "nick": session.nickname,
            "exp": self._clock() // 1000 + LIFETIME_S,
        }
        claims |= {name: True for name in ("present", "exempt") if getattr(session, name)}
        return self._signer.sign(claims)

    def verify(self, token: str, contest: str) -> Session:
        """Returns the session of a token.

        Raises:
            NotSignedIn: it is not ours, not current, or of another contest.
        """
        try:
            claims = self._claims(token)
        except jwt.InvalidTokenError:
            raise NotSignedIn("the session does not hold any more; join again", reason="SESSION_INVALID") from None
        if claims["exp"] * 1000 < self._clock():
            raise NotSignedIn("the session is over; join again", reason="SESSION_EXPIRED")
        if claims.get("con") != contest:
            raise NotSignedIn("the session is of another contest; join this one", reason="SESSION_OF_ANOTHER_CONTEST")
        said = {name: claims.get(name) is True for name in ("present", "exempt")}
        return Session(contest, claims["sub"], claims.get("nick", ""), **said)
