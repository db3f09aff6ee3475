"""A double of the game for the page's rare states: it draws nothing and scores by a hash.

Real are the contract's messages and the way errors travel; everything else is made up. What a prompt says decides
what happens to it (see `Script`), so that a test can ask for a refusal, a failure or a long queue by name.
"""

import asyncio
import hashlib
import io
import re
import time
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from google.protobuf.timestamp_pb2 import Timestamp
from PIL import Image, ImageDraw

from cygnet.contest import phase
from cygnet.platform.errors import Conflict, FieldViolation, InvalidRequest, NotFound, NotSignedIn, Refused
from cygnet.platform.grpc.interceptors import AioContext
from cygnet.platform.text import without_invisible
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

Submission = submission_pb2.Submission
CHALLENGES = Challenges({"k1": b"the double's key"}, lambda: time.time_ns() // 1_000_000)
HEAT = bytes((0, 0, 20, 30, 0, 0, 30, 190, 160, 0, 0, 120, 255, 200, 10, 0, 90, 210, 120, 0, 0, 0, 10, 0, 0))
"""About where the double paints its bird."""
NEGATIVE_HEAT = bytes((230, 40)) + bytes(23)
"""Something in the top left corner spoils it."""


def canonical(prompt: str) -> str:
    """Returns what makes two prompts the same, roughly as the game sees it."""
    return " ".join(without_invisible(prompt).casefold().split())


def score(prompt: str) -> float:
    """Returns the made-up score of a prompt, 0 to 100."""
    return int(hashlib.sha256(canonical(prompt).encode()).hexdigest()[:6], 16) / 0xFFFFFF * 100


@dataclass(frozen=True)
class Script:
    """What becomes of a prompt, read from it: "refuse:REASON:7s", "fail", "queue:4", "unexplained"."""

    refusal: str | None
    retry_s: float
    fails: bool
    queue: int
    unexplained: bool

    @classmethod
    def parse(cls, prompt: str) -> "Script":
        words = prompt.split()
        refusal = next((word.split(":") for word in words if word.startswith("refuse:")), None)
        queue = next((int(word.split(":")[1]) for word in words if word.startswith("queue:")), 1)
        return cls(
            refusal=refusal[1] if refusal else None,
            retry_s=float(refusal[2].rstrip("s")) if refusal and len(refusal) > 2 else 5.0,
            fails="fail" in words,
            queue=queue,
            unexplained="unexplained" in words,
        )


@dataclass
class Game:
    """Everything the double knows."""

    step_s: float = 0.6
    names: list[str] = field(default_factory=lambda: ["duck", "swan"])
    max_prompt_chars: int = 300
    title: dict[str, str] = field(default_factory=lambda: {"en": "Draw the duck", "ko": "오리를 그려 주세요"})
    missing: bool = False
    windows: list[tuple[int, int]] = field(default_factory=list)
    """When it is open, in ms since the epoch."""
    paused: bool = False
    freeze_before_ms: int = 0
    presence: int = 0
    """The contest's PresenceMode."""
    code: str = "c" * 12
    """What a paired screen shows."""
    proof_level: int = 0
    """What joining and submitting cost; 0: nothing."""
    full_for: int = 0
    """So many of the next Submits find the queue full, for `full_s`."""
    full_s: float = 3.0
    codes_shown: bool = True
    next_draw_in_ms: int = 0
    """How long a ticket waits for its lot; 0: it makes present at once."""
    pictures: dict[str, bytes] = field(default_factory=dict)
    picture_names: dict[str, str] = field(default_factory=dict)
    players: dict[str, tuple[str, str]] = field(default_factory=dict)
    submissions: dict[str, tuple[str, Submission]] = field(default_factory=dict)
    by_request: dict[str, str] = field(default_factory=dict)
    best: dict[tuple[str, str], leaderboard_pb2.Standing] = field(default_factory=dict)
    """Everybody's best find; `shared` has those who are better with a picture that somebody else had found."""
    shared: dict[tuple[str, str], leaderboard_pb2.Standing] = field(default_factory=dict)
    finders: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    submit_calls: int = 0
    read_calls: int = 0
    vocabulary: str | None = None
    """A pattern of the words that are read; None: the model has no vocabulary."""
    revision: int = 1
    generation: int = 1
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def on_change(self) -> None:
        """Makes a new generation of the contest and wakes every stream."""
        self.generation += 1
        self.revision += 1
        self.notify()

    def notify(self) -> None:
        """Wakes every stream."""
        self.changed.set()
        self.changed = asyncio.Event()

    def picture(self, words: str) -> str:
        """Paints something recognisable, once, and returns its name."""
        if words in self.picture_names:
            return self.picture_names[words]
        seed = hashlib.sha256(words.encode()).digest()
        image = Image.new("RGB", (256, 256), (180 + seed[0] % 70, 215, 190 + seed[1] % 60))
        pen = ImageDraw.Draw(image)
        pen.rectangle((0, 170, 256, 256), fill=(70, 130 + seed[2] % 70, 170))
        body = (200 + seed[3] % 55, 120 + seed[4] % 120, seed[5] % 140)
        x = 60 + seed[6] % 60
        pen.ellipse((x, 110, x + 120, 200), fill=body, outline=(30, 40, 40), width=3)
        pen.ellipse((x + 75, 50, x + 140, 115), fill=body, outline=(30, 40, 40), width=3)
        pen.polygon([(x + 136, 78), (x + 165, 88), (x + 136, 98)], fill=(240, 120, 60))
        pen.ellipse((x + 110, 70, x + 119, 79), fill=(20, 30, 30))
        out = io.BytesIO()
        image.save(out, "PNG")
        name = hashlib.sha256(out.getvalue()).hexdigest()
        self.pictures[name] = out.getvalue()
        self.picture_names[words] = name
        return name

    def contest(self) -> contest_pb2.Contest:
        if self.missing:
            raise NotFound("there is no such contest", reason="CONTEST_NOT_FOUND")
        return contest_pb2.Contest(
            name="pond",
            generation=self.generation,
            windows=[contest_pb2.Window(opens=_at(opens), closes=_at(closes)) for opens, closes in self.windows],
            paused=self.paused,
            freeze_before_ms=self.freeze_before_ms,
            title=self.title,
            targets=[contest_pb2.Target(name=n, picture_sha256=self.picture(f"target {n}")) for n in self.names],
            decimals=2,
            max_prompt_chars=self.max_prompt_chars,
            presence=contest_pb2.PresenceMode.Name(self.presence),
        )

    def state(self) -> phase.PhaseState:
        """Returns where the contest stands now, as the game itself sees it."""
        return phase.phase_at(self.contest(), _now().ToMilliseconds())

    def read(self, prompt: str) -> submission_pb2.Reading | None:
        """Returns what is read of a prompt: every word that the pattern matches."""
        if self.vocabulary is None:
            return None
        spans = [
            submission_pb2.Span(
                start=word.start(), end=word.end(), read=bool(re.fullmatch(self.vocabulary, word[0].casefold()))
            )
            for word in re.finditer(r"[^\s,]+", prompt)
        ]
        caption = " ".join(prompt[span.start : span.end] for span in spans if span.read)
        return submission_pb2.Reading(caption=caption, spans=spans)

    def participant(self, context: AioContext) -> str:
        """Returns the participant of the call's token, which is the participant's id."""
        for key, value in context.invocation_metadata() or ():
            token = str(value).removeprefix("Bearer ")
            if key == "authorization" and token in self.players:
                return token
        raise NotSignedIn("join the contest first")

    def rank(self, participant: str, submission: Submission) -> None:
        """Puts a finished submission on the leaderboard."""
        key, picture = (submission.target, participant), submission.result.picture_sha256
        finders = self.finders.setdefault((submission.target, picture), [])
        if participant not in finders:
            finders.append(participant)
        self.revision += 1
        places = self.best if finders[0] == participant else self.shared
        if any(key in known and known[key].score >= submission.result.score for known in (self.best, places)):
            return
        places[key] = leaderboard_pb2.Standing(
            participant_id=participant,
            nickname=self.players[participant][1],
            score=submission.result.score,
            picture_sha256=submission.result.picture_sha256,
            achieved_at=_now(),
            decimals=2,
        )

    def leaderboard(self, target: str, limit: int) -> leaderboard_pb2.Leaderboard:
        ranked = sorted((s for (t, _), s in self.best.items() if t == target), key=lambda s: -s.score)
        for place, standing in enumerate(ranked, 1):
            standing.rank = place
            standing.found_after = len(self.finders[target, standing.picture_sha256]) - 1
        for (of, _), standing in self.shared.items():
            if of == target:
                [finder, *after] = self.finders[target, standing.picture_sha256]
                standing.finder.participant_id, standing.finder.nickname = self.players[finder]
                standing.found_after = len(after)
                standing.rank = 1 + sum(find.score >= standing.score for find in ranked)
        now, frozen = self.state(), phase.frozen_ms(self.contest())
        return leaderboard_pb2.Leaderboard(
            revision=self.revision,
            target=target,
            standings=ranked[: limit or 20],
            participants=len({who for (of, who) in (*self.best, *self.shared) if of == target}),
            frozen_at=_at(frozen[0]) if frozen and now.phase == phase.FROZEN else None,
            phase=now.phase,
            next_change=_at(now.next_change_ms),
        )

    def crowd(self, target: str, size: int) -> None:
        """Puts `size` players with the best of scores before everybody else."""
        for number in range(size):
            player = f"crowd{number:021d}"
            self.players[player] = (player, f"crowd {number}")
            submission = Submission(target=target)
            submission.result.score = 100
            submission.result.picture_sha256 = self.picture(player)
            self.rank(player, submission)

    async def play(self, participant: str, submission: Submission) -> None:
        """Takes a submission through its states."""
        script = Script.parse(submission.prompt)
        for before in range(script.queue, -1, -1):
            self._queued(submission, queue=before, measuring=before == script.queue)
            await asyncio.sleep(self.step_s)
        submission.ClearField("queue")
        submission.state = submission_pb2.SUBMISSION_STATE_DRAWING
        submission.drawing.started_at.CopyFrom(_now())
        submission.drawing.typical_ms = round(self.step_s * 2000)
        self._bump(submission)
        await asyncio.sleep(self.step_s * 2)
        submission.ClearField("drawing")
        if script.fails:
            submission.state = submission_pb2.SUBMISSION_STATE_FAILED
            submission.failure.reason = "WORKER_LOST"
            submission.failure.message = "the worker went away"
        else:
            self.finish(participant, submission)
        self._bump(submission)

    def finish(self, participant: str, submission: Submission) -> None:
        words = canonical(submission.prompt)
        submission.state = submission_pb2.SUBMISSION_STATE_DONE
        submission.result.picture_sha256 = self.picture(words)
        submission.result.score = score(submission.prompt)
        if not Script.parse(submission.prompt).unexplained:
            submission.result.what_score = score(f"what {words}")
            submission.result.look_score = score(f"look {words}")
            submission.result.heat = HEAT
            submission.result.negative_heat = NEGATIVE_HEAT
        submission.result.completed_at.CopyFrom(_now())
        self.rank(participant, submission)

    def _queued(self, submission: Submission, queue: int, measuring: bool) -> None:
        submission.queue.CopyFrom(
            submission_pb2.QueuePlace(
                position=queue,
                measuring=measuring,
                p50_ms=0 if measuring else (queue + 1) * 2_000,
                p90_ms=0 if measuring else (queue + 1) * 6_000,
            )
        )
        self._bump(submission)

    def _bump(self, submission: Submission) -> None:
        submission.revision += 1
        self.notify()


class Contests(contest_pb2_grpc.ContestServiceServicer):
    """GetContest."""

    def __init__(self, game: Game) -> None:
        self._game = game

    async def GetContest(
        self, request: contest_pb2.GetContestRequest, context: AioContext
    ) -> contest_pb2.GetContestResponse:
        view = phase.player_view(self._game.contest(), _now().ToMilliseconds())
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
        return submission_pb2.GetChallengeResponse(challenge=challenge)

    def _paid(self, action: submission_pb2.ChallengeAction, subject: str, proof: str) -> None:
        level = self._game.proof_level
        if level and CHALLENGES.solved(proof, "pond", str(action), subject, level) is None:
            raise Refused("the server's own words", reason="PROOF_NEEDED", retry_after_s=0)

    async def Join(self, request: submission_pb2.JoinRequest, context: AioContext) -> submission_pb2.JoinResponse:
        nickname = clean_nickname(request.nickname)
        self._paid(submission_pb2.CHALLENGE_ACTION_JOIN, request.device, request.proof)
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
        self._paid(submission_pb2.CHALLENGE_ACTION_SUBMIT, participant, request.proof)
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
            created_at=_now(),
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


def _now() -> Timestamp:
    stamp = Timestamp()
    stamp.FromMilliseconds(round(time.time() * 1000))
    return stamp


def _at(ms: int | None) -> Timestamp | None:
    if ms is None:
        return None
    stamp = Timestamp()
    stamp.FromMilliseconds(ms)
    return stamp
