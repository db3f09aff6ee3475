"""What makes two submissions the same drawing, and what follows from the contest's secret.

All drawings for a target have one seed, whatever the prompt: words alone decide, and another spelling is no lottery
ticket. It depends on the secret, so that nobody can try words at home.

So does a drawing's fingerprint, which is part of Redis keys, and in logs the name of a job: whoever reads those could
otherwise try likely prompts until one fits. Once the secret is revealed, a prompt is a new drawing, as its seed is new.
"""

import base64
import functools
import hashlib
import hmac
import json

from cygnet.dedup.values import Served
from cygnet.internal.v1 import dedup_pb2, document_pb2

LOTS = 2**20
"""Places that an opening takes, of the 2^30 of a contest: so many that two people rarely share one."""


def fingerprint(
    secret: bytes, request: dedup_pb2.AdmitRequest, model: document_pb2.Model, canonical_prompt: str
) -> str:
    """Returns the 64 hex digits of an HMAC over contest, target, model and canonical prompt; over the participant where
    each draws for themselves."""
    alone = request.policy.dedup_scope == document_pb2.DEDUP_SCOPE_PARTICIPANT
    return _hmac(
        secret,
        "fingerprint",
        request.contest,
        request.target.name,
        request.target.picture_sha256,
        model.generator_source,
        model.steps,
        model.size,
        model.scorer_source,
        canonical_prompt,
        request.participant_id if alone else "",
    ).hex()


def seed(secret: bytes, target_picture_sha256: str, counter: int = 0) -> int:
    """Returns 63 bits of HMAC-SHA256: what fits a signed 64-bit integer and is never negative."""
    return _keyed(secret, "seed", target_picture_sha256, counter)


def thousandth(secret: bytes, fingerprint: str) -> int:
    """Returns 0 to 999: where a drawing stands while a changed model takes over, which nobody can guess."""
    return _keyed(secret, "share", fingerprint) % 1_000


def lot(secret: bytes, request: dedup_pb2.AdmitRequest) -> int:
    """Returns a participant's place among those who come when a window has just opened: one, however much they send."""
    return _keyed(secret, "lot", request.opened_at.ToMilliseconds(), request.participant_id) % LOTS


def lane(models: Served) -> str:
    """Returns 16 hex digits: the lane in which jobs wait for these models."""
    return _lane(models.generator_source, models.scorer_source)


def submission_id(request: dedup_pb2.AdmitRequest) -> str:
    """Returns 26 characters of [a-z2-7]: the same for every retry of a request, so that a retry finds its own."""
    digest = _digest(request.contest, request.participant_id, request.request_id)
    # 130 bits are enough, and the encoder is plain Python: only the bytes that 26 characters hold, up to a full group.
    return base64.b32encode(digest[:20]).decode().lower()[:26]


@functools.lru_cache(maxsize=64)
def _lane(generator_source: str, scorer_source: str) -> str:
    return _digest(generator_source, scorer_source).hex()[:16]


def _keyed(secret: bytes, *parts: str | int) -> int:
    return int.from_bytes(_hmac(secret, *parts)[:8], "big") >> 1


def _hmac(secret: bytes, *parts: str | int) -> bytes:
    return hmac.digest(secret, _digest(*parts), "sha256")


def _digest(*parts: str | int) -> bytes:
    # JSON keeps the parts apart whatever they hold.
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False, separators=(",", ":")).encode()).digest()
