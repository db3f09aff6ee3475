"""Which workload calls: tokens that services sign and verify without asking anybody.

Whoever answers internal calls holds the installation's keys. A workload's own key follows from one of them and the
workload's name, so it needs no list, and gives nothing away but that one workload: a worker holds the key of its
contest's workers and no other (docs/decisions/0022).
"""

import functools
import hashlib
import hmac
import time
from collections.abc import Callable
from dataclasses import dataclass

import jwt

from cygnet.platform.errors import NotSignedIn
from cygnet.platform.signing_keys import parse_keys

ORGANISER, OPERATOR, SUBMISSION, DEDUP, WORKER = "organiser", "operator", "submission", "dedup", "worker"
LIFETIME_S = 2 * 3600
"""How long a token holds. Longer than two machines' clocks may differ, or a jump of one would stop the event."""
RENEW_S = 1800
"""A token is used for so long; then its holder signs another."""
_TOKENS_KEPT = 1024
"""Verified tokens that are remembered: each replica and worker has one at a time."""
_ALGORITHM = "HS256"
Clock = Callable[[], float]
"""Seconds since the epoch."""


@dataclass(frozen=True)
class Workload:
    """Who calls."""

    name: str
    contest: str = ""
    """The one that it may touch; empty: all."""

    @property
    def subject(self) -> str:
        """How tokens name it."""
        return f"{self.name}/{self.contest}" if self.contest else self.name


class WorkloadTokens:
    """Signs one workload's tokens with its own key. Called for each call."""

    def __init__(self, key: Callable[[], str], clock: Clock = time.time) -> None:
        """`key` returns what `InstallationKeys.key_of` did; it is read for every new token, as it may be changed."""
        self._key = key
        self._clock = clock
        self._token, self._signed_at = "", float("-inf")

    def __call__(self) -> str:
        now = self._clock()
        # A clock that was put back would keep an old one for ever.
        if not 0 <= now - self._signed_at < RENEW_S:
            kid, _, secret = self._key().strip().partition(":")
            self._token = jwt.encode({"exp": int(now) + LIFETIME_S}, secret, algorithm=_ALGORITHM, headers={"kid": kid})
            self._signed_at = now
        return self._token


class InstallationKeys:
    """Verifies every workload's tokens, and derives their keys."""

    def __init__(self, keys: str, clock: Clock = time.time) -> None:
        """`keys` is "kid:secret[,kid:secret]"; the first signs, all verify.

        Raises:
            ValueError: they are something else.
        """
        self._secrets = parse_keys(keys)
        self._clock = clock
        self._verified = functools.lru_cache(maxsize=_TOKENS_KEPT)(self._decode)

    def key_of(self, workload: Workload) -> str:
        """Returns the key that `workload` signs with, as "kid/subject:secret". It may sit beside that workload."""
        kid = next(iter(self._secrets))
        return f"{kid}/{workload.subject}:{self._derived(kid, workload.subject)}"

    def tokens_of(self, workload: Workload) -> WorkloadTokens:
        """Returns what signs the tokens of `workload`."""
        key = self.key_of(workload)
        return WorkloadTokens(lambda: key, self._clock)

    def verify(self, token: str) -> Workload:
        """Returns who signed a token.

        Raises:
            NotSignedIn: nobody of this installation did, or long ago.
        """
        try:
            workload, expires_s = self._verified(token)
        except jwt.InvalidTokenError:
            expires_s = 0
        if expires_s < self._clock():
            raise NotSignedIn("this call needs a workload token of this installation", reason="WORKLOAD_TOKEN_NEEDED")
        return workload

    def _decode(self, token: str) -> tuple[Workload, int]:
        kid, _, subject = str(jwt.get_unverified_header(token).get("kid", "")).partition("/")
        if kid not in self._secrets:
            raise jwt.InvalidTokenError("signed with a key that is not ours, or not any more")
        claims = jwt.decode(
            token,
            self._derived(kid, subject),
            algorithms=[_ALGORITHM],
            # The clock that was given decides, in `verify`.
            options={"require": ["exp"], "verify_exp": False},
        )
        name, _, contest = subject.partition("/")
        return Workload(name, contest), int(claims["exp"])

    def _derived(self, kid: str, subject: str) -> str:
        """One step of a key derivation (RFC 5869, HKDF-Expand): what is derived gives nothing away of the secret."""
        return hmac.new(self._secrets[kid], f"cygnet workload {subject}".encode(), hashlib.sha256).hexdigest()
