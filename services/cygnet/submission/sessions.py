"""Session tokens: who is calling, without asking anybody.

A signed token is the identity, not the nickname, so a reload never says "name already taken". It holds for one
contest. Keys have ids, so that they can be changed while people play.
"""

import base64
import functools
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jwt

from cygnet.platform.errors import NotSignedIn

LIFETIME_S = 14 * 24 * 3600
"""How long a token holds: longer than any event."""
TOKENS_KEPT = 16_384
"""Verified tokens of which the claims are kept: more players than a hall holds, some MB."""
_ALGORITHM = "HS256"


@dataclass(frozen=True)
class Session:
    """Who calls."""

    contest: str
    participant_id: str
    nickname: str


def new_participant_id() -> str:
    """Returns 26 characters that nobody can guess or meet by chance (130 bits)."""
    return base64.b32encode(secrets.token_bytes(17)).decode().lower()[:26]


class SessionKeys:
    """Signs and verifies tokens."""

    def __init__(self, keys: str, clock: Callable[[], int]) -> None:
        """`keys` is "kid:secret[,kid:secret]", see SubmissionSettings; `clock` gives milliseconds since the epoch."""
        pairs = [pair.partition(":") for pair in keys.split(",") if pair]
        self._secrets = {kid: secret for kid, _, secret in pairs}
        if not pairs or not all(re.fullmatch(r"[\w-]{1,32}", k) and len(s) >= 32 for k, s in self._secrets.items()):
            raise ValueError('session keys are "kid:secret[,kid:secret]", each secret of 32 characters or more')
        self._signing_kid = pairs[0][0]
        self._clock = clock
        # What a signature says never changes, and checking it is a fifth of this service's part of a Submit.
        self._claims = functools.lru_cache(maxsize=TOKENS_KEPT)(self._decode)

    def issue(self, session: Session) -> str:
        """Returns a token for `session`."""
        claims = {
            "con": session.contest,
            "sub": session.participant_id,
            "nick": session.nickname,
            "exp": self._clock() // 1000 + LIFETIME_S,
        }
        return jwt.encode(
            claims, self._secrets[self._signing_kid], algorithm=_ALGORITHM, headers={"kid": self._signing_kid}
        )

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
        return Session(contest, claims["sub"], claims.get("nick", ""))

    def _decode(self, token: str) -> dict[str, Any]:
        secret = self._secrets.get(jwt.get_unverified_header(token).get("kid", ""))
        if secret is None:
            raise jwt.InvalidTokenError("signed with a key that is not ours, or not any more")
        claims: dict[str, Any] = jwt.decode(
            token,
            secret,
            algorithms=[_ALGORITHM],
            # The injected clock decides, in `verify`.
            options={"require": ["exp", "sub"], "verify_exp": False},
        )
        return claims
