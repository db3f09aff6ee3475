"""Asks for a proof of work where one is due, and takes each proof once."""

from collections.abc import Callable

from cygnet.internal.v1 import document_pb2
from cygnet.platform.errors import FieldViolation, InvalidRequest, Refused
from cygnet.submission.clients.metadata import Client
from cygnet.submission.proof.challenges import Challenges
from cygnet.submission.proof.levels import Rates, join_level, submit_level
from cygnet.submission.proof.store import ProofStore
from cygnet.submission.sessions import Session
from cygnet.v1 import submission_pb2

_PRESSURE_FADES_MS = 30_000
JOIN, SUBMIT = "join", "submit"


class Price:
    """Keeps what it needs to know of the queue and of clients; each replica for itself."""

    def __init__(self, challenges: Challenges, store: ProofStore, clock: Callable[[], int]) -> None:
        """`clock` returns ms since the epoch."""
        self._challenges = challenges
        self._store = store
        self._clock = clock
        self._rates = Rates()
        self._waits: dict[str, tuple[float, int]] = {}

    async def of_join(self, document: document_pb2.ContestDocument, client: Client, device: str, proof: str) -> None:
        """Takes the price of a Join by somebody new who has no ticket.

        Raises:
            Refused: a proof is needed, PROOF_NEEDED.
        """
        contest, now = document.contest.name, self._clock()
        level = self._join_level(document, client)
        for key in (f"join {contest}", f"join {contest} {client.key}"):
            self._rates.note(key, now)
        # Nothing of a Join can be told from its repetition: a proof is for one call.
        await self._take(contest, JOIN, device, level, proof, used_by="")

    async def of_submit(
        self, document: document_pb2.ContestDocument, session: Session, request_id: str, proof: str
    ) -> None:
        """Takes the price of a submission. Raises as `of_join` does."""
        level = self._submit_level(document, session)
        self._rates.note(f"submit {session.participant_id}", self._clock())
        await self._take(session.contest, SUBMIT, session.participant_id, level, proof, used_by=request_id)

    def challenge(
        self, document: document_pb2.ContestDocument, client: Client, session: Session | None, device: str
    ) -> str:
        """Returns a challenge for the next Submit of a session; without one, for the Join of a device."""
        contest = document.contest.name
        if session is not None:
            level = self._submit_level(document, session)
            return self._challenges.issue(contest, SUBMIT, session.participant_id, max(1, level))
        return self._challenges.issue(contest, JOIN, device, max(1, self._join_level(document, client)))

    def answered(self, document: document_pb2.ContestDocument, submission: submission_pb2.Submission) -> None:
        """Notes how long a submission was told to wait."""
        if submission.state == submission_pb2.SUBMISSION_STATE_QUEUED and not submission.queue.measuring:
            longest = max(1, document.admission.max_predicted_wait_ms)
            self._waits[document.contest.name] = (submission.queue.p90_ms / longest, self._clock())

    def _join_level(self, document: document_pb2.ContestDocument, client: Client) -> int:
        contest, now = document.contest.name, self._clock()
        of_client = self._rates.count(f"join {contest} {client.key}", now)
        return _in_mode(document, join_level(of_client, self._rates.count(f"join {contest}", now)))

    def _submit_level(self, document: document_pb2.ContestDocument, session: Session) -> int:
        if session.exempt:
            return 0
        now = self._clock()
        wait, at_ms = self._waits.get(session.contest, (0.0, now))
        if not 0 <= now - at_ms < _PRESSURE_FADES_MS:
            wait = 0.0
        submits = self._rates.count(f"submit {session.participant_id}", now)
        return _in_mode(document, submit_level(wait, submits, present=session.present))

    async def _take(self, contest: str, action: str, subject: str, level: int, proof: str, *, used_by: str) -> None:
        if level == 0:
            return
        challenge = self._challenges.solved(proof, contest, action, subject, level) if proof and subject else None
        if challenge is None or not await self._store.use(contest, challenge, used_by):
            raise Refused(
                "many want to draw, or you were very quick: solve a challenge (GetChallenge), and send its solution",
                reason="PROOF_NEEDED",
                retry_after_s=0,
            )


def _in_mode(document: document_pb2.ContestDocument, level: int) -> int:
    if document.entry.captcha == document_pb2.CAPTCHA_MODE_ALWAYS:
        return max(1, level)
    return level if document.entry.captcha == document_pb2.CAPTCHA_MODE_AUTO else 0


def check_action(request: submission_pb2.GetChallengeRequest) -> None:
    """Raises InvalidRequest where a challenge is asked for, and not for what."""
    if request.action not in (submission_pb2.CHALLENGE_ACTION_JOIN, submission_pb2.CHALLENGE_ACTION_SUBMIT):
        raise InvalidRequest(FieldViolation("action", "must be JOIN or SUBMIT"))
