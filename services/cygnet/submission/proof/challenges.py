"""ALTCHA's challenges: made and checked without a store, bound to contest, action and who asked."""

import json
import secrets
from collections.abc import Callable, Mapping

import altcha

from cygnet.submission.proof.levels import WORK

LIFETIME_MS = 120_000
MAX_PROOF_CHARS = 2_048
# One SHA-256 a try, and no WebCrypto: a worker without it is as quick, and a page on plain http has none.
_ALGORITHM, _COST = "SHA-256", 1


class Challenges:
    """Makes and checks them."""

    def __init__(self, keys: Mapping[str, bytes], clock: Callable[[], int]) -> None:
        """`keys` are for this purpose alone, the first one signs; `clock` gives milliseconds since the epoch."""
        self._keys = list(keys.values())
        self._clock = clock

    def issue(self, contest: str, action: str, subject: str, level: int) -> str:
        """Returns a challenge, as JSON; `subject` is who may solve it, `level` at least 1."""
        about = {
            "id": secrets.token_hex(16),
            "contest": contest,
            "action": action,
            "subject": subject,
            "level": level,
            "until": self._clock() + LIFETIME_MS,
        }
        challenge = altcha.create_challenge(
            _ALGORITHM,
            _COST,
            # The solver finds this very number: no challenge takes longer than its level says.
            counter=secrets.randbelow(WORK[level]),
            data=about,
            hmac_secret=self._keys[0],
        )
        return json.dumps(challenge.to_dict())

    def solved(self, proof: str, contest: str, action: str, subject: str, level: int) -> str | None:
        """Returns the id of the challenge that a proof solves; None when it is not what was asked for.

        One level less will do: it may have risen while the challenge was being solved.
        """
        if len(proof) > MAX_PROOF_CHARS or not any(altcha.verify_solution(proof, key).verified for key in self._keys):
            return None
        # It is ours: the signature covers it.
        about = altcha.Payload.from_base64(proof).challenge.parameters.data or {}
        fits = (about["contest"], about["action"], about["subject"]) == (contest, action, subject)
        if not fits or about["until"] < self._clock() or about["level"] < level - 1:
            return None
        return str(about["id"])
