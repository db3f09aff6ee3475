"""Pays what Join and Submit cost, as the page does: asks for a challenge, solves it, and returns the proof."""

import asyncio
import hashlib
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

import altcha

from cygnet.v1 import submission_pb2

if TYPE_CHECKING:
    from cygnet.v1.submission_pb2_grpc import SubmissionServiceAsyncStub

JOIN, SUBMIT = submission_pb2.CHALLENGE_ACTION_JOIN, submission_pb2.CHALLENGE_ACTION_SUBMIT


async def proof_for(
    stub: "SubmissionServiceAsyncStub",
    action: submission_pb2.ChallengeAction,
    metadata: Sequence[tuple[str, str]] = (),
    *,
    contest: str,
    device: str = "",
) -> str:
    """Returns a proof for the next Submit of a session, or for the Join of a device."""
    request = submission_pb2.GetChallengeRequest(contest=contest, action=action, device=device)
    answer = await stub.GetChallenge(request, metadata=metadata, timeout=20.0)
    return await asyncio.to_thread(_solved, answer.challenge)


def _solved(text: str) -> str:
    challenge = altcha.Challenge.from_dict(json.loads(text))
    parameters = challenge.parameters
    if (parameters.algorithm, parameters.cost) != ("SHA-256", 1):
        raise ValueError(f"an unknown kind of challenge: {parameters.algorithm}")
    # Five times as fast as the package's own solver, which derives keys of any kind.
    message, prefix = bytes.fromhex(parameters.salt + parameters.nonce), bytes.fromhex(parameters.key_prefix)
    counter = 0
    while not (key := hashlib.sha256(message + counter.to_bytes(4, "big")).digest()).startswith(prefix):
        counter += 1
    return altcha.Payload(challenge, altcha.Solution(counter, key.hex())).to_base64()
