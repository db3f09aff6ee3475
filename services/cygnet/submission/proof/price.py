"""Asks for a proof of work where one is due, and takes each proof once."""

import hashlib
from collections.abc import Callable

from cygnet.internal.v1 import document_pb2
from cygnet.platform.errors import FieldViolation, InvalidRequest, Refused, Unavailable
from cygnet.submission.clients.metadata import Client
from cygnet.submission.proof.challenges import Challenges
from cygnet.submission.proof.levels import HIGHEST, Rates, join_level, submit_level
from cygnet.submission.proof.siteverify import OUTAGE_S, Siteverify, Verdict
from cygnet.submission.proof.store import ProofStore
from cygnet.submission.sessions import Session
from cygnet.v1 import submission_pb2

_PRESSURE_FADES_MS = 30_000
JOIN, SUBMIT = "join", "submit"


class Price:
    """Keeps what it needs to know of the queue and of clients; each replica for itself."""

    def __init__(
        self, challenges: Challenges, siteverify: Siteverify, store: ProofStore, clock: Callable[[], int]
    ) -> None:
        """`clock` returns ms since the epoch."""
        self._challenges = challenges
        self._siteverify = siteverify
        self._store = store
        self._clock = clock
        self._rates = Rates()
        self._waits: dict[str, tuple[float, int]] = {}

    async def of_join(
        self, document: document_pb2.ContestDocument, client: Client, request: submission_pb2.JoinRequest
    ) -> None:
        """Takes the price of a Join by somebody new who has no ticket.

        Raises:
            Refused: a proof is needed, PROOF_NEEDED.
            Unavailable: nobody can say whether a widget was solved.
        """
        contest, now = document.contest.name, self._clock()
        level = self._join_level(document, client)
        for key in (f"join {contest}", f"join {contest} {client.key}"):
            self._rates.note(key, now)
        # Nothing of a Join can be told from its repetition: a proof is for one call.
        await self._take(document, JOIN, request.device, level, request, used_by="")

    async def of_submit(
        self, document: document_pb2.ContestDocument, session: Session, request: submission_pb2.SubmitRequest
    ) -> None:
        """Takes the price of a submission. Raises as `of_join` does."""
        level = self._submit_level(document, session)
        self._rates.note(f"submit {session.participant_id}", self._clock())
        await self._take(document, SUBMIT, session.participant_id, level, request, used_by=request.request_id)

    def challenge(
        self, document: document_pb2.ContestDocument, client: Client, session: Session | None, device: str
    ) -> submission_pb2.GetChallengeResponse:
        """Returns a challenge for the next Submit of a session; without one, for the Join of a device.

        Where there is a provider's widget, the challenge beside it is the longest: for whoever cannot use the widget,
        and no cheaper way around it.
        """
        if session is not None:
            action, subject, level = SUBMIT, session.participant_id, self._submit_level(document, session)
        else:
            action, subject, level = JOIN, device, self._join_level(document, client)
        widget, provider = None, _provider(document)
        if provider is not None and not self._siteverify.is_away(provider):
            widget = submission_pb2.CaptchaWidget(
                provider=provider.name, site_key=provider.site_key, url=provider.url, action=action, subject=subject
            )
        if widget is not None or (provider and provider.on_outage == document_pb2.OUTAGE_POLICY_REFUSE):
            level = HIGHEST
        challenge = self._challenges.issue(document.contest.name, action, subject, max(1, level))
        return submission_pb2.GetChallengeResponse(challenge=challenge, widget=widget)

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

    async def _take(
        self,
        document: document_pb2.ContestDocument,
        action: str,
        subject: str,
        level: int,
        shown: submission_pb2.JoinRequest | submission_pb2.SubmitRequest,
        *,
        used_by: str,
    ) -> None:
        if level == 0:
            return
        contest, provider = document.contest.name, _provider(document)
        if subject and shown.proof:
            challenge = self._challenges.solved(shown.proof, contest, action, subject, level)
            if challenge is not None and await self._store.use(contest, challenge, used_by):
                return
        if provider is not None:
            verdict = Verdict.OUTAGE if self._siteverify.is_away(provider) else Verdict.FAILED
            if subject and shown.captcha_token:
                verdict = await self._of_widget(contest, provider, shown.captcha_token, action, subject, used_by)
            if verdict is Verdict.PASSED or (
                verdict is Verdict.OUTAGE and provider.on_outage == document_pb2.OUTAGE_POLICY_ALLOW
            ):
                return
            if verdict is Verdict.OUTAGE and provider.on_outage == document_pb2.OUTAGE_POLICY_REFUSE:
                raise Unavailable(
                    "nobody can say at the moment whether a widget was solved; try again in half a minute",
                    reason="CAPTCHA_UNAVAILABLE",
                    retry_after_s=OUTAGE_S,
                )
        raise Refused(
            "many want to draw, or you were very quick: solve a challenge (GetChallenge), and send its solution",
            reason="PROOF_NEEDED",
            retry_after_s=0,
        )

    async def _of_widget(
        self,
        contest: str,
        provider: document_pb2.CaptchaProvider,
        token: str,
        action: str,
        subject: str,
        used_by: str,
    ) -> Verdict:
        name = hashlib.sha256(f"{provider.site_key} {token}".encode()).hexdigest()
        # A provider answers once: a retry of the same submission is known here.
        if await self._store.was_used(contest, name, used_by):
            return Verdict.PASSED
        verdict = await self._siteverify.verify(provider, token, action, subject)
        if verdict is Verdict.PASSED and not await self._store.use(contest, name, used_by):
            return Verdict.FAILED
        return verdict


def _in_mode(document: document_pb2.ContestDocument, level: int) -> int:
    if document.entry.captcha == document_pb2.CAPTCHA_MODE_ALWAYS:
        return max(1, level)
    return level if document.entry.captcha == document_pb2.CAPTCHA_MODE_AUTO else 0


def _provider(document: document_pb2.ContestDocument) -> document_pb2.CaptchaProvider | None:
    return document.entry.provider if document.entry.HasField("provider") else None


def check_action(request: submission_pb2.GetChallengeRequest) -> None:
    """Raises InvalidRequest where a challenge is asked for, and not for what."""
    if request.action not in (submission_pb2.CHALLENGE_ACTION_JOIN, submission_pb2.CHALLENGE_ACTION_SUBMIT):
        raise InvalidRequest(FieldViolation("action", "must be JOIN or SUBMIT"))
