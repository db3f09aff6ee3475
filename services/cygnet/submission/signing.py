"""What this service signs: tokens that say something nobody else can have said, by keys that can be changed meanwhile.

Each purpose has keys of its own, derived from the installation's: a token made for one is none for another.
"""

import hashlib
import hmac
from collections.abc import Mapping
from typing import Any

import jwt

_ALGORITHM = "HS256"


def derived(keys: Mapping[str, bytes], purpose: str) -> dict[str, bytes]:
    """Returns the keys for another purpose: HMAC-SHA-256 as a key derivation function (NIST SP 800-108)."""
    return {kid: hmac.digest(key, f"cygnet {purpose}".encode(), hashlib.sha256) for kid, key in keys.items()}


class Signer:
    """Signs claims as a JSON web token, and reads them."""

    def __init__(self, keys: Mapping[str, bytes]) -> None:
        self._keys = keys
        self._signing_kid = next(iter(keys))

    def sign(self, claims: dict[str, Any]) -> str:
        """Returns the token; `claims` has at least "sub" and "exp"."""
        kid = self._signing_kid
        return jwt.encode(claims, self._keys[kid], algorithm=_ALGORITHM, headers={"kid": kid})

    def read(self, token: str) -> dict[str, Any]:
        """Returns the claims of a token; whether it is over, the caller has to see.

        Raises:
            jwt.InvalidTokenError: none of the keys signed it.
        """
        key = self._keys.get(jwt.get_unverified_header(token).get("kid", ""))
        if key is None:
            raise jwt.InvalidTokenError("signed with a key that is not ours, or not any more")
        claims: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=[_ALGORITHM],
            # The injected clock decides.
            options={"require": ["exp", "sub"], "verify_exp": False},
        )
        return claims
