"""A player's phone without the page: the public API over gRPC, through Envoy."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import grpc

from cygnet.platform.errors import DomainError, Refused
from cygnet.platform.grpc.status import from_rpc_error
from cygnet.replay.proof import JOIN, SUBMIT, proof_for
from cygnet.v1 import (
    contest_pb2,
    contest_pb2_grpc,
    leaderboard_pb2,
    leaderboard_pb2_grpc,
    submission_pb2,
    submission_pb2_grpc,
)

from ..waiting import eventually

if TYPE_CHECKING:
    from cygnet.v1.contest_pb2_grpc import ContestServiceAsyncStub
    from cygnet.v1.leaderboard_pb2_grpc import LeaderboardServiceAsyncStub
    from cygnet.v1.submission_pb2_grpc import SubmissionServiceAsyncStub

CALL_S = 15.0
"""How long an answer may take on a loaded machine."""
DRAWING_S = 120.0
"""How long a drawing may take, its wait included."""
DONE = submission_pb2.SUBMISSION_STATE_DONE
FAILED = submission_pb2.SUBMISSION_STATE_FAILED
DRAWING = submission_pb2.SUBMISSION_STATE_DRAWING


@asynccontextmanager
async def connection(address: str) -> AsyncIterator[grpc.aio.Channel]:
    """A TCP connection of its own, as every phone has."""
    options = [("grpc.use_local_subchannel_pool", 1), ("grpc.max_reconnect_backoff_ms", 500)]
    async with grpc.aio.insecure_channel(address, options=options) as channel:
        yield channel


@dataclass
class Player:
    """Somebody who has joined."""

    channel: grpc.aio.Channel
    contest: str
    participant_id: str
    nickname: str
    token: str

    @classmethod
    async def join(cls, channel: grpc.aio.Channel, nickname: str, contest: str = "") -> "Player":
        """Joins the only contest there is, unless another is named. Raises DomainError."""
        stub: SubmissionServiceAsyncStub = submission_pb2_grpc.SubmissionServiceStub(channel)
        request = submission_pb2.JoinRequest(contest=contest, nickname=nickname, device=uuid.uuid4().hex)
        while True:
            try:
                answer = await stub.Join(request, timeout=CALL_S, wait_for_ready=True)
                break
            except grpc.aio.AioRpcError as failed:
                error = from_rpc_error(failed)
                if error.reason != "PROOF_NEEDED":
                    raise error from failed
                request.proof = await proof_for(stub, JOIN, contest=contest, device=request.device)
        return cls(channel, contest, answer.participant_id, answer.nickname, answer.session_token)

    async def submit(
        self, prompt: str, target: str = "duck", request_id: str | None = None, *, pays: bool = True
    ) -> submission_pb2.Submission:
        """Submits a prompt; solves what it is asked to, as the page does, where it `pays`. Raises DomainError."""
        request = submission_pb2.SubmitRequest(
            contest=self.contest, target=target, prompt=prompt, request_id=request_id or uuid.uuid4().hex
        )
        while True:
            try:
                return (await self._submissions.Submit(request, metadata=self._metadata, timeout=CALL_S)).submission
            except grpc.aio.AioRpcError as failed:
                error = from_rpc_error(failed)
                if error.reason != "PROOF_NEEDED" or not pays:
                    raise error from failed
            try:
                request.proof = await proof_for(self._submissions, SUBMIT, self._metadata, contest=self.contest)
            except grpc.aio.AioRpcError as failed:
                raise from_rpc_error(failed) from failed

    async def submit_patiently(self, prompt: str, target: str = "duck") -> submission_pb2.Submission:
        """Submits a prompt, and waits as long as refusals say."""
        request_id = uuid.uuid4().hex
        async with asyncio.timeout(DRAWING_S):
            while True:
                try:
                    return await self.submit(prompt, target, request_id)
                except Refused as refused:
                    await asyncio.sleep(refused.retry_after_s + 0.05)

    async def states(self, submission: submission_pb2.Submission) -> AsyncIterator[submission_pb2.Submission]:
        """Yields the states of a submission until it is done or failed, across broken streams."""
        seen = 0
        async with asyncio.timeout(DRAWING_S):
            while True:
                try:
                    async for answer in self.watch(submission.submission_id, seen):
                        if answer.WhichOneof("event") != "submission":
                            continue
                        seen = answer.submission.revision
                        yield answer.submission
                        if answer.submission.state in (DONE, FAILED):
                            return
                except grpc.aio.AioRpcError as error:
                    if error.code() is not grpc.StatusCode.UNAVAILABLE:
                        raise from_rpc_error(error) from error
                await asyncio.sleep(0.2)

    async def result(self, submission: submission_pb2.Submission) -> submission_pb2.Submission:
        """Returns the submission when it is done. Fails the test when it failed."""
        last = submission
        if last.state != DONE:
            async for state in self.states(submission):
                last = state
        assert last.state == DONE, last
        return last

    def watch(
        self, submission_id: str, after_revision: int = 0
    ) -> "grpc.aio.UnaryStreamCall[submission_pb2.WatchSubmissionRequest, submission_pb2.WatchSubmissionResponse]":
        """Opens a stream of one submission's states."""
        request = submission_pb2.WatchSubmissionRequest(
            contest=self.contest, submission_id=submission_id, after_revision=after_revision
        )
        return self._submissions.WatchSubmission(request, metadata=self._metadata)

    async def list(self) -> "list[submission_pb2.Submission]":
        """Returns the own submissions, newest first."""
        request = submission_pb2.ListSubmissionsRequest(contest=self.contest, limit=100)
        answer = await self._submissions.ListSubmissions(request, metadata=self._metadata, timeout=CALL_S)
        return list(answer.submissions)

    async def standing(self, target: str = "duck") -> leaderboard_pb2.Standing | None:
        """Returns the own standing, None before the first score."""
        contest = self.contest or (await contest_of(self.channel)).name
        request = leaderboard_pb2.GetStandingRequest(contest=contest, target=target, participant_id=self.participant_id)
        stub: LeaderboardServiceAsyncStub = leaderboard_pb2_grpc.LeaderboardServiceStub(self.channel)
        try:
            return (await stub.GetStanding(request, timeout=CALL_S)).standing
        except grpc.aio.AioRpcError as error:
            if error.code() is grpc.StatusCode.NOT_FOUND:
                return None
            raise

    async def standing_of(self, result: submission_pb2.Submission) -> leaderboard_pb2.Standing:
        """Returns the own standing once this result is in it: results travel to the leaderboard by an outbox."""

        async def counted() -> leaderboard_pb2.Standing | None:
            standing = await self.standing(result.target)
            return standing if standing is not None and standing.score >= result.result.score - 1e-9 else None

        return await eventually(counted, 30, "the result in the player's standing")

    @property
    def _submissions(self) -> "SubmissionServiceAsyncStub":
        return submission_pb2_grpc.SubmissionServiceStub(self.channel)

    @property
    def _metadata(self) -> tuple[tuple[str, str], ...]:
        return (("authorization", f"Bearer {self.token}"),)


async def contest_of(channel: grpc.aio.Channel) -> contest_pb2.Contest:
    """Returns the only contest there is."""
    stub: ContestServiceAsyncStub = contest_pb2_grpc.ContestServiceStub(channel)
    answer = await stub.GetContest(contest_pb2.GetContestRequest(), timeout=CALL_S, wait_for_ready=True)
    return answer.contest


__all__ = ["DomainError", "Player", "connection", "contest_of"]
