"""What a trace is played against: a Cygnet through its public door, or any server of OpenAI's images endpoint."""

import asyncio
import json
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import grpc

from cygnet.platform.errors import DomainError, Refused
from cygnet.platform.grpc.status import from_rpc_error
from cygnet.replay.proof import JOIN, SUBMIT, proof_for
from cygnet.v1 import submission_pb2, submission_pb2_grpc

if TYPE_CHECKING:
    from cygnet.v1.submission_pb2_grpc import SubmissionServiceAsyncStub

CALL_S = 20.0
DRAWING_S = 300.0
_ENDED = (submission_pb2.SUBMISSION_STATE_DONE, submission_pb2.SUBMISSION_STATE_FAILED)


@dataclass(frozen=True)
class Answer:
    """How a request ended, seconds after the click."""

    outcome: str
    """"drawn", "known" (answered at once with a picture that was there), "refused", "failed" or "unreachable"."""
    seconds: float
    reason: str = ""


class Server(Protocol):
    """Answers requests of a trace's participants."""

    async def ask(self, participant: int, prompt: str) -> Answer: ...

    async def close(self) -> None: ...


@dataclass
class Cygnet:
    """Every participant has a connection, as every phone has, and joins with the first request."""

    address: str
    contest: str
    target: str
    _phones: dict[int, asyncio.Task[tuple[grpc.aio.Channel, str]]] = field(default_factory=dict)
    _open: AsyncExitStack = field(default_factory=AsyncExitStack)

    async def ask(self, participant: int, prompt: str) -> Answer:
        clicked = time.monotonic()

        def answer(outcome: str, reason: str = "") -> Answer:
            return Answer(outcome, time.monotonic() - clicked, reason)

        try:
            async with asyncio.timeout(DRAWING_S):
                return await self._draw(participant, prompt, answer)
        except TimeoutError:
            return answer("failed", "TOO_LATE")
        except grpc.aio.AioRpcError as error:
            translated = from_rpc_error(error)
            if isinstance(translated, Refused):
                return answer("refused", translated.reason)
            if isinstance(translated, DomainError) and error.code() is not grpc.StatusCode.UNAVAILABLE:
                return answer("failed", translated.reason or error.code().name)
            return answer("unreachable", error.code().name)

    async def _draw(self, participant: int, prompt: str, answer: Callable[..., Answer]) -> Answer:
        if participant not in self._phones:
            self._phones[participant] = asyncio.create_task(self._join(participant))
        joining = self._phones[participant]
        try:
            channel, token = await asyncio.shield(joining)
        except grpc.aio.AioRpcError:
            # Whoever could not join tries again with the next request.
            if self._phones.get(participant) is joining:
                del self._phones[participant]
            raise
        stub: SubmissionServiceAsyncStub = submission_pb2_grpc.SubmissionServiceStub(channel)
        metadata = (("authorization", f"Bearer {token}"),)
        request = submission_pb2.SubmitRequest(
            contest=self.contest, target=self.target, prompt=prompt, request_id=uuid.uuid4().hex
        )
        submission = await self._submitted(stub, request, metadata)
        if submission.state in _ENDED:
            return answer("known" if submission.HasField("result") else "failed", submission.failure.reason)
        watched = submission_pb2.WatchSubmissionRequest(
            contest=self.contest, submission_id=submission.submission_id, after_revision=submission.revision
        )
        while submission.state not in _ENDED:
            async for event in stub.WatchSubmission(watched, metadata=metadata):
                if event.WhichOneof("event") == "submission":
                    submission = event.submission
                    watched.after_revision = submission.revision
                    if submission.state in _ENDED:
                        break
        if submission.state == submission_pb2.SUBMISSION_STATE_DONE:
            return answer("drawn")
        return answer("failed", submission.failure.reason)

    async def _join(self, participant: int) -> tuple[grpc.aio.Channel, str]:
        options = [("grpc.use_local_subchannel_pool", 1)]
        channel = await self._open.enter_async_context(grpc.aio.insecure_channel(self.address, options=options))
        stub: SubmissionServiceAsyncStub = submission_pb2_grpc.SubmissionServiceStub(channel)
        request = submission_pb2.JoinRequest(
            contest=self.contest, nickname=f"Replay {participant}", device=uuid.uuid4().hex
        )
        while True:
            try:
                return channel, (await stub.Join(request, timeout=CALL_S, wait_for_ready=True)).session_token
            except grpc.aio.AioRpcError as error:
                if from_rpc_error(error).reason != "PROOF_NEEDED":
                    raise
                request.proof = await proof_for(stub, JOIN, contest=self.contest, device=request.device)

    async def _submitted(
        self,
        stub: "SubmissionServiceAsyncStub",
        request: submission_pb2.SubmitRequest,
        metadata: tuple[tuple[str, str], ...],
    ) -> submission_pb2.Submission:
        while True:
            try:
                return (await stub.Submit(request, metadata=metadata, timeout=CALL_S)).submission
            except grpc.aio.AioRpcError as error:
                if from_rpc_error(error).reason != "PROOF_NEEDED":
                    raise
                request.proof = await proof_for(stub, SUBMIT, metadata, contest=self.contest)

    async def close(self) -> None:
        """Hangs up."""
        for joining in self._phones.values():
            joining.cancel()
        await self._open.aclose()


@dataclass
class OpenAiImages:
    """`POST {url}/v1/images/generations`, a request a picture: what most image servers offer."""

    url: str
    model: str

    async def ask(self, participant: int, prompt: str) -> Answer:
        return await asyncio.to_thread(self._ask, prompt)

    def _ask(self, prompt: str) -> Answer:
        clicked = time.monotonic()
        body = json.dumps({"model": self.model, "prompt": prompt, "n": 1, "response_format": "b64_json"}).encode()
        request = urllib.request.Request(  # noqa: S310 - the scheme was checked where the address came in
            f"{self.url.rstrip('/')}/v1/images/generations", body, {"content-type": "application/json"}
        )
        outcome, reason = "drawn", ""
        try:
            with urllib.request.urlopen(request, timeout=DRAWING_S) as response:  # noqa: S310
                response.read()
        except urllib.error.HTTPError as error:
            outcome, reason = "refused" if error.code in (429, 503) else "failed", f"HTTP_{error.code}"
        except OSError as error:
            outcome, reason = "unreachable", type(error).__name__
        return Answer(outcome, time.monotonic() - clicked, reason)

    async def close(self) -> None:
        """There is nothing to hang up."""
