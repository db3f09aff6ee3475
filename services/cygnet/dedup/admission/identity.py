"""What makes two submissions the same drawing, and what follows from a prompt alone.

A seed depends on the contest's secret and the canonical prompt: repeating a prompt is no lottery, and nobody can try
seeds at home.
"""

import base64
import hashlib
import hmac
import json

from cygnet.dedup.values import Scope, Served, Wish


def fingerprint(wish: Wish, canonical_prompt: str) -> str:
    """Returns 64 hex digits over contest, target, model and canonical prompt; over the participant where each
    draws for themselves."""
    participant = wish.participant_id if wish.policy.scope is Scope.PARTICIPANT else ""
    target, model = wish.target, wish.model
    return _digest(
        wish.contest,
        target.name,
        target.picture_sha256,
        model.generator_source,
        model.steps,
        model.size,
        model.scorer_source,
        canonical_prompt,
        participant,
    ).hex()


def seed(secret: bytes, canonical_prompt: str) -> int:
    """Returns 63 bits of HMAC-SHA256: what fits a signed 64-bit integer and is never negative."""
    mac = hmac.digest(secret, canonical_prompt.encode(), "sha256")
    return int.from_bytes(mac[:8], "big") >> 1


def lane(served: Served) -> str:
    """Returns 16 hex digits: the lane in which jobs wait for these models."""
    return _digest(served.generator_source, served.scorer_source).hex()[:16]


def submission_id(contest: str, participant_id: str, request_id: str) -> str:
    """Returns 26 characters of [a-z2-7]: the same for every retry of a request, so that a retry finds its own."""
    return base64.b32encode(_digest(contest, participant_id, request_id)).decode().lower()[:26]


def _digest(*parts: str | int) -> bytes:
    # JSON keeps the parts apart whatever they hold.
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False, separators=(",", ":")).encode()).digest()
