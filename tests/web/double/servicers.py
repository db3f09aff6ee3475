"""The double's public API: what the page calls, over the made-up game."""

import asyncio
import time
import uuid
from collections.abc import AsyncIterator

from cygnet.contest import phase
from cygnet.platform.errors import Conflict, FieldViolation, InvalidRequest, NotFound, NotSignedIn, Refused
from cygnet.platform.grpc.interceptors import AioContext
from cygnet.submission.proof.challenges import Challenges
from cygnet.submission.validation import check_submission, clean_nickname
from cygnet.v1 import (
    contest_pb2,
    contest_pb2_grpc,
    leaderboard_pb2,
    leaderboard_pb2_grpc,
    submission_pb2,
    submission_pb2_grpc,
)

from .game import Game, Script, Submission, canonical, now

CHALLENGES = Challenges({"k1": b"the double's key"}, lambda: time.time_ns() // 1_000_000)


class Contests(contest_pb2_grpc.ContestServiceServicer):
    """GetContest."""

    def __init__(self, game: Game) -> None:
        self._game = game

    async def GetContest(
        self, request: contest_pb2.GetContestRequest, context: AioContext
    ) -> contest_pb2.GetContestResponse:
        view = phase.player_view(self._game.contest(), now().ToMilliseconds())
        view.codes_shown = self._game.codes_shown
        view.examples.add(prompt={"en": "a red boat at sea", "ko": "바다 위의 빨간 배"})
        view.examples.add(prompt={"en": "a cat in a meadow", "ko": "풀밭의 고양이"})
        return view


class Submissions(submission_pb2_grpc.SubmissionServiceServicer):
    """Join, Submit, ReadPrompt, WatchSubmission, ListSubmissions."""

    def __init__(self, game: Game) -> None:
        self._game = game

    async def GetChallenge(
        self, request: submission_pb2.GetChallengeRequest, context: AioContext
    ) -> submission_pb2.GetChallengeResponse:
        subject = request.device or self._game.participant(context)
        challenge = CHALLENGES.issue("pond", str(request.action), subject, self._game.proof_level)
        widget = submission_pb2.CaptchaWidget(
            provider=self._game.widget, site_key="the-doubles", action=str(request.action), subject=subject
        )
        return submission_pb2.GetChallengeResponse(challenge=challenge, widget=widget if self._game.widget else None)

    def _paid(
        self,
        action: submission_pb2.ChallengeAction,
        subject: str,
        shown: submission_pb2.JoinRequest | submission_pb2.SubmitRequest,
    ) -> None:
        level = self._game.proof_level
        if shown.captcha_token:
            self._game.tokens.append(shown.captcha_token)
        if shown.captcha_token == f"fake.{action}.{subject}":
            return
        if level and CHALLENGES.solved(shown.proof, "pond", str(action), subject, level) is None:
            raise Refused("the server's own words", reason="PROOF_NEEDED", retry_after_s=0)

    async def Join(self, request: submission_pb2.JoinRequest, context: AioContext) -> submission_pb2.JoinResponse:
        nickname = clean_nickname(request.nickname)
        self._paid(submission_pb2.CHALLENGE_ACTION_JOIN, request.device, request)
        try:
            participant = self._game.participant(context)
        except NotSignedIn:
            participant = uuid.uuid4().hex[:26]
        waits = self._game.next_draw_in_ms if request.ticket else 0
        if request.ticket and request.ticket != f"ticket of {request.device}":
            raise Conflict("the server's own words", reason="TICKET_OLD")
        if self._game.presence == contest_pb2.PRESENCE_MODE_REQUIRE and waits:
            raise Refused("the server's own words", reason="PRESENCE_WAITING", retry_after_s=waits / 1000)
        self._game.players[participant] = (participant, nickname)
        return submission_pb2.JoinResponse(
            participant_id=participant,
            nickname=nickname,
            session_token=participant,
            present=bool(request.ticket) and not waits,
            next_draw_in_ms=waits,
        )

    async def Submit(self, request: submission_pb2.SubmitRequest, context: AioContext) -> submission_pb2.SubmitResponse:
        game = self._game
        game.submit_calls += 1
        participant = game.participant(context)
        self._paid(submission_pb2.CHALLENGE_ACTION_SUBMIT, participant, request)
        if request.request_id in game.by_request:
            return submission_pb2.SubmitResponse(submission=game.submissions[game.by_request[request.request_id]][1])
        check_submission(request.prompt, request.request_id, game.max_prompt_chars)
        reading = game.read(request.prompt)
        if reading is not None and not reading.caption:
            raise InvalidRequest(FieldViolation("prompt", "the server's own words"), reason="NOTHING_READ")
        script = Script.parse(request.prompt)
        if script.refusal == "INVALID":
            raise InvalidRequest(FieldViolation("prompt", "write what to draw"))
        if script.refusal is not None:
            message = "the server's own words"
            raise Refused(message, reason=script.refusal, retry_after_s=script.retry_s)
        if game.full_for > 0:
            game.full_for -= 1
            raise Refused("the server's own words", reason="QUEUE_FULL", retry_after_s=game.full_s)
        same = next(
            (
                known
                for _, known in game.submissions.values()
                if canonical(known.prompt) == canonical(request.prompt) and known.target == request.target
            ),
            None,
        )
        submission = Submission(
            submission_id=uuid.uuid4().hex[:26],
            revision=1,
            target=request.target,
            prompt=request.prompt,
            state=submission_pb2.SUBMISSION_STATE_QUEUED,
            outcome=submission_pb2.ADMISSION_OUTCOME_ACCEPTED,
            created_at=now(),
            reading=reading,
        )
        if same is not None and same.HasField("result"):
            submission.outcome = submission_pb2.ADMISSION_OUTCOME_REPEATED
            game.finish(participant, submission)
        else:
            if same is not None:
                submission.outcome = submission_pb2.ADMISSION_OUTCOME_COALESCED
            submission.queue.measuring = True
            submission.queue.position = script.queue
            task = asyncio.create_task(game.play(participant, submission))
            game.tasks.add(task)
        game.submissions[submission.submission_id] = (participant, submission)
        game.by_request[request.request_id] = submission.submission_id
        game.notify()
        return submission_pb2.SubmitResponse(submission=submission)

    async def ReadPrompt(
        self, request: submission_pb2.ReadPromptRequest, context: AioContext
    ) -> submission_pb2.ReadPromptResponse:
        self._game.participant(context)
        self._game.read_calls += 1
        return submission_pb2.ReadPromptResponse(reading=self._game.read(request.prompt))

    async def WatchSubmission(
        self, request: submission_pb2.WatchSubmissionRequest, context: AioContext
    ) -> AsyncIterator[submission_pb2.WatchSubmissionResponse]:
        participant = self._game.participant(context)
        owner, submission = self._game.submissions.get(request.submission_id, ("", Submission()))
        if owner != participant:
            raise NotFound("you have no such submission")
        sent = request.after_revision
        while True:
            changed = self._game.changed
            if submission.revision > sent:
                sent = submission.revision
                yield submission_pb2.WatchSubmissionResponse(submission=submission)
            if submission.HasField("result") or submission.HasField("failure"):
                return
            await changed.wait()

    async def ListSubmissions(
        self, request: submission_pb2.ListSubmissionsRequest, context: AioContext
    ) -> submission_pb2.ListSubmissionsResponse:
        participant = self._game.participant(context)
        mine = [s for owner, s in self._game.submissions.values() if owner == participant]
        return submission_pb2.ListSubmissionsResponse(submissions=reversed(mine[-(request.limit or 20) :]))


class Leaderboards(leaderboard_pb2_grpc.LeaderboardServiceServicer):
    """GetLeaderboard, GetStanding, WatchLeaderboard."""

    def __init__(self, game: Game) -> None:
        self._game = game

    async def GetLeaderboard(
        self, request: leaderboard_pb2.GetLeaderboardRequest, context: AioContext
    ) -> leaderboard_pb2.GetLeaderboardResponse:
        return leaderboard_pb2.GetLeaderboardResponse(leaderboard=self._game.leaderboard(request.target, request.limit))

    async def GetStanding(
        self, request: leaderboard_pb2.GetStandingRequest, context: AioContext
    ) -> leaderboard_pb2.GetStandingResponse:
        self._game.leaderboard(request.target, 0)
        key = (request.target, request.participant_id)
        find, shared = self._game.best.get(key), self._game.shared.get(key)
        if find is None and shared is None:
            raise NotFound("no score yet")
        if shared is None or (find is not None and find.score >= shared.score):
            return leaderboard_pb2.GetStandingResponse(standing=find)
        return leaderboard_pb2.GetStandingResponse(standing=shared, find=find)

    async def WatchLeaderboard(
        self, request: leaderboard_pb2.WatchLeaderboardRequest, context: AioContext
    ) -> AsyncIterator[leaderboard_pb2.WatchLeaderboardResponse]:
        sent = 0
        while True:
            changed = self._game.changed
            if self._game.revision > sent:
                sent = self._game.revision
                yield leaderboard_pb2.WatchLeaderboardResponse(
                    leaderboard=self._game.leaderboard(request.target, request.limit)
                )
            change_ms = self._game.state().next_change_ms
            try:
                async with asyncio.timeout(change_ms and max(0, change_ms / 1000 - time.time())):
                    await changed.wait()
            except TimeoutError:
                self._game.on_change()
