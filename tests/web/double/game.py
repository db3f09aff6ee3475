"""A double of the game for the page's rare states: it draws nothing and scores by a hash.

Real are the contract's messages and the way errors travel; everything else is made up. What a prompt says decides
what happens to it (see `Script`), so that a test can ask for a refusal, a failure or a long queue by name.
"""

import asyncio
import hashlib
import io
import re
import time
from dataclasses import dataclass, field

from google.protobuf.timestamp_pb2 import Timestamp
from PIL import Image, ImageDraw

from cygnet.contest import phase
from cygnet.platform.errors import NotFound, NotSignedIn
from cygnet.platform.grpc.interceptors import AioContext
from cygnet.platform.text import without_invisible
from cygnet.v1 import (
    contest_pb2,
    leaderboard_pb2,
    submission_pb2,
)

Submission = submission_pb2.Submission
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
    widget: str = ""
    """Whose widget is offered where something has to be paid."""
    tokens: list[str] = field(default_factory=list)
    """What came from widgets."""
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
    finders: dict[tuple[str, str], list[tuple[str, str]]] = field(default_factory=dict)
    """Whoever had a picture drawn, in their order, and their names: sessions may be forgotten meanwhile."""
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
        return phase.phase_at(self.contest(), now().ToMilliseconds())

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
        if participant not in dict(finders):
            finders.append((participant, self.players[participant][1]))
        self.revision += 1
        places = self.best if finders[0][0] == participant else self.shared
        if any(key in known and known[key].score >= submission.result.score for known in (self.best, places)):
            return
        places[key] = leaderboard_pb2.Standing(
            participant_id=participant,
            nickname=dict(finders)[participant],
            score=submission.result.score,
            picture_sha256=submission.result.picture_sha256,
            achieved_at=now(),
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
                standing.finder.participant_id, standing.finder.nickname = finder
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
        submission.drawing.started_at.CopyFrom(now())
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
        submission.result.completed_at.CopyFrom(now())
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


def now() -> Timestamp:
    stamp = Timestamp()
    stamp.FromMilliseconds(round(time.time() * 1000))
    return stamp


def _at(ms: int | None) -> Timestamp | None:
    if ms is None:
        return None
    stamp = Timestamp()
    stamp.FromMilliseconds(ms)
    return stamp
