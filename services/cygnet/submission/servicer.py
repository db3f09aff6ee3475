"""The public API: protobuf in, protobuf out."""

import logging
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cygnet.contest.phase import FINISHED, PhaseState, opened_ms, phase_at, player_view
from cygnet.contest.store import ContestStore
from cygnet.internal.v1 import dedup_pb2, document_pb2
from cygnet.platform.errors import (
    Conflict,
    DomainError,
    FieldViolation,
    InvalidRequest,
    NotAllowed,
    NotFound,
    NotSignedIn,
    Refused,
)
from cygnet.platform.grpc.interceptors import AioContext
from cygnet.platform.latest import StreamEvent
from cygnet.platform.logs import prompt_hash
from cygnet.platform.validation import ID, REQUEST_ID, Violations
from cygnet.submission.admissions import Admissions
from cygnet.submission.bearer import bearer_token
from cygnet.submission.clients.metadata import Client, client_of
from cygnet.submission.clients.store import JOIN, SUBMIT
from cygnet.submission.clients.watch import Clients
from cygnet.submission.examples import examples
from cygnet.submission.feed import SubmissionFeed
from cygnet.submission.presence.codes import next_turn_in_ms
from cygnet.submission.presence.servicer import PairedScreens, Presence
from cygnet.submission.proof.price import Price, check_action
from cygnet.submission.recorder import Recorder
from cygnet.submission.seeds import Seeds
from cygnet.submission.sessions import Session, SessionKeys, new_participant_id
from cygnet.submission.telemetry import Telemetry
from cygnet.submission.validation import check_prompt, check_submission, clean_nickname
from cygnet.submission.vocabularies import Vocabularies
from cygnet.v1 import contest_pb2, contest_pb2_grpc, submission_pb2, submission_pb2_grpc

if TYPE_CHECKING:
    from cygnet.internal.v1.dedup_pb2_grpc import DedupServiceAsyncStub

log = logging.getLogger(__name__)

PAUSED_RETRY_S = 15.0
"""A player whose contest is paused may look again after so many seconds: nobody knows when it goes on."""
DEFAULT_LIST = 20
MAX_LIST = 100


class ContestServicer(contest_pb2_grpc.ContestServiceServicer):
    """Tells players what the contest is about."""

    def __init__(
        self,
        contests: ContestStore,
        vocabularies: Vocabularies,
        seeds: Seeds,
        screens: PairedScreens,
        clock: Callable[[], int],
    ) -> None:
        """`clock` returns ms since the epoch."""
        self._contests = contests
        self._vocabularies = vocabularies
        self._seeds = seeds
        self._screens = screens
        self._clock = clock

    async def GetContest(
        self, request: contest_pb2.GetContestRequest, context: AioContext
    ) -> contest_pb2.GetContestResponse:
        document = self._contests.get(request.contest)
        view = player_view(document.contest, self._clock())
        await self._seeds.show(document.contest, view)
        view.codes_shown = await self._screens.any(document.contest.name)
        view.examples.extend(examples(self._vocabularies.of(document), tuple(document.descriptions.values())))
        return view


class SubmissionServicer(submission_pb2_grpc.SubmissionServiceServicer):
    """Lets players in, takes their prompts, and tells them what becomes of them."""

    def __init__(
        self,
        *,
        contests: ContestStore,
        sessions: SessionKeys,
        presence: Presence,
        price: Price,
        clients: Clients,
        dedup: "DedupServiceAsyncStub",
        vocabularies: Vocabularies,
        feed: SubmissionFeed,
        telemetry: Telemetry,
        recorder: Recorder,
        clock: Callable[[], int],
    ) -> None:
        self._contests = contests
        self._recorder = recorder
        self._sessions = sessions
        self._presence = presence
        self._price = price
        self._clients = clients
        self._dedup = dedup
        self._admissions = Admissions(dedup)
        self._vocabularies = vocabularies
        self._feed = feed
        self._telemetry = telemetry
        self._clock = clock

    async def Join(self, request: submission_pb2.JoinRequest, context: AioContext) -> submission_pb2.JoinResponse:
        document = self._contests.get(request.contest)
        with self._telemetry.join(document.contest.name) as answered:
            return await self._join(document, request, context, answered)

    async def _join(
        self,
        document: document_pb2.ContestDocument,
        request: submission_pb2.JoinRequest,
        context: AioContext,
        answered: Callable[[str], None],
    ) -> submission_pb2.JoinResponse:
        now = self._clock()
        contest, nickname = document.contest.name, clean_nickname(request.nickname)
        client, name, ended = self._client(context, contest, JOIN)
        known = self._known_session(context, contest)
        session, waits = known or Session(contest, new_participant_id(), nickname), False
        if request.ticket and not session.present:
            session, waits = await self._redeemed(document, request, known, session)
        if not session.present and ended:
            raise _waiting(now) if waits else _ended(name)
        if not session.present and known is None:
            await self._price.of_join(document, client, request)
        # Nobody is stored: the signed token is all there is of somebody who has not submitted yet. So nobody can fill a
        # contest by joining it.
        session = replace(session, nickname=nickname)
        if not session.present and document.contest.presence == contest_pb2.PRESENCE_MODE_REQUIRE:
            raise _waiting(now) if waits else _not_present()
        self._clients.note_session(contest, name, session)
        how = "present" if session.present else "waiting" if waits else "outside"
        answered(how if known is None else "again")
        return submission_pb2.JoinResponse(
            participant_id=session.participant_id,
            nickname=nickname,
            session_token=self._sessions.issue(session),
            present=session.present,
            next_draw_in_ms=next_turn_in_ms(now) if waits else 0,
        )

    async def _redeemed(
        self,
        document: document_pb2.ContestDocument,
        request: submission_pb2.JoinRequest,
        known: Session | None,
        session: Session,
    ) -> tuple[Session, bool]:
        """Returns the session as a ticket makes it, and whether the ticket waits still for its place."""
        contest = document.contest.name
        ticket, by_pass = self._presence.tickets.verify(request.ticket, contest, request.device)
        places = document.entry.presence_per_turn
        waits, owner = await self._presence.store.redeem(contest, ticket, session.participant_id, places, self._clock())
        if waits:
            return session, True
        if owner is None or (known is not None and owner != session.participant_id):
            # The same device joined with it as somebody else, or it waited for longer than it holds.
            raise Conflict("this ticket is used, or over; scan the code on the screen again", reason="TICKET_OLD")
        return replace(session, participant_id=owner, present=True, exempt=by_pass), False

    async def GetChallenge(
        self, request: submission_pb2.GetChallengeRequest, context: AioContext
    ) -> submission_pb2.GetChallengeResponse:
        document = self._contests.get(request.contest)
        check_action(request)
        submits = request.action == submission_pb2.CHALLENGE_ACTION_SUBMIT
        session = self._session(context, document.contest.name) if submits else None
        if session is None:
            Violations().matches("device", request.device, REQUEST_ID).done()
        client = client_of(context.invocation_metadata() or ())
        return self._price.challenge(document, client, session, request.device)

    async def Submit(self, request: submission_pb2.SubmitRequest, context: AioContext) -> submission_pb2.SubmitResponse:
        document = self._contests.get(request.contest)
        with self._telemetry.submit(document.contest.name) as admitted:
            submission = await self._submit(document, request, context)
            admitted(submission)
        return submission_pb2.SubmitResponse(submission=submission)

    async def _submit(
        self, document: document_pb2.ContestDocument, request: submission_pb2.SubmitRequest, context: AioContext
    ) -> submission_pb2.Submission:
        session = self._session(context, document.contest.name)
        await self._vocabularies.ensure(document)
        if self._recorder:
            reading = self._vocabularies.read(document, request.prompt)
            read = request.prompt if reading is None else reading.caption
            self._recorder.note(session.participant_id, request.request_id, request.prompt, read)
        _, client, ended = self._client(context, session.contest, SUBMIT)
        self._clients.note_session(session.contest, client, session)
        if not session.present and ended:
            raise _ended(client)
        if not session.present and document.contest.presence == contest_pb2.PRESENCE_MODE_REQUIRE:
            raise _not_present()
        await self._price.of_submit(document, session, request)
        target = next((t for t in document.contest.targets if t.name == request.target), None)
        if target is None:
            raise NotFound("this contest has no such target", reason="TARGET_NOT_FOUND")
        check_submission(request.prompt, request.request_id, document.contest.max_prompt_chars)
        reading = self._vocabularies.read(document, request.prompt)
        if reading is not None and not reading.caption:
            raise _nothing_read(examples(self._vocabularies.of(document), tuple(document.descriptions.values())))
        now_ms = self._clock()
        now = phase_at(document.contest, now_ms)
        admission = dedup_pb2.AdmitRequest(
            contest=session.contest,
            participant_id=session.participant_id,
            nickname=session.nickname,
            request_id=request.request_id,
            target=target,
            prompt=request.prompt,
            model=document.model,
            policy=document.admission,
            next_model=document.next_model,
            next_share=document.next_share,
            only_known=not now.takes_submissions,
            reading=reading,
            ladder=self._vocabularies.ladder(document, target.name),
            present=session.present,
            client="" if session.present else client,
        )
        if (opened := opened_ms(document.contest, now_ms)) is not None:
            admission.opened_at.FromMilliseconds(opened)
        try:
            submission = await self._admissions.admit(admission)
        except NotFound:
            if not admission.only_known:
                raise
            # A retry of what was taken while it was open is answered; this is none.
            raise _not_taken(now, now_ms) from None
        self._price.answered(document, submission)
        log.debug(
            "admitted",
            extra={
                "contest": session.contest,
                "submission": submission.submission_id,
                "prompt_hash": prompt_hash(request.prompt),
            },
        )
        return submission

    async def ReadPrompt(
        self, request: submission_pb2.ReadPromptRequest, context: AioContext
    ) -> submission_pb2.ReadPromptResponse:
        document = self._contests.get(request.contest)
        self._session(context, document.contest.name)
        check_prompt(request.prompt, document.contest.max_prompt_chars).done()
        return submission_pb2.ReadPromptResponse(reading=self._vocabularies.read(document, request.prompt))

    async def WatchSubmission(
        self, request: submission_pb2.WatchSubmissionRequest, context: AioContext
    ) -> AsyncIterator[submission_pb2.WatchSubmissionResponse]:
        session = self._session(context, self._contests.get(request.contest).contest.name)
        first = await self._own_submission(session, request.submission_id)
        async for event in self._feed.watch(session.contest, first, request.after_revision):
            yield _watch_response(event)

    async def ListSubmissions(
        self, request: submission_pb2.ListSubmissionsRequest, context: AioContext
    ) -> submission_pb2.ListSubmissionsResponse:
        session = self._session(context, self._contests.get(request.contest).contest.name)
        Violations().within("limit", request.limit, 0, MAX_LIST).done()
        listed = await self._dedup.ListParticipantSubmissions(
            dedup_pb2.ListParticipantSubmissionsRequest(
                contest=session.contest,
                participant_id=session.participant_id,
                limit=request.limit or DEFAULT_LIST,
            )
        )
        return submission_pb2.ListSubmissionsResponse(submissions=listed.submissions)

    async def _own_submission(self, session: Session, submission_id: str) -> submission_pb2.Submission:
        Violations().matches("submission_id", submission_id, ID).done()
        request = dedup_pb2.GetSubmissionsRequest(contest=session.contest, submission_ids=[submission_id])
        found = (await self._dedup.GetSubmissions(request)).submissions
        if not found or found[0].participant_id != session.participant_id:
            raise NotFound("you have no such submission", reason="SUBMISSION_NOT_FOUND")
        return found[0].submission

    def _client(self, context: AioContext, contest: str, call: str) -> tuple[Client, str, bool]:
        """Counts a call; returns the client that it comes from, the client's name, and whether it was ended."""
        client = client_of(context.invocation_metadata() or ())
        names = self._clients.names(client.subscriber)
        self._clients.note_call(contest, names[0], call)
        return client, names[0], self._clients.is_ended(contest, names)

    def _session(self, context: AioContext, contest: str) -> Session:
        token = bearer_token(context)
        if token is None:
            raise NotSignedIn("join the contest first", reason="SESSION_MISSING")
        return self._sessions.verify(token, contest)

    def _known_session(self, context: AioContext, contest: str) -> Session | None:
        """Returns who joins again; None for somebody new, and for a session that does not hold any more."""
        token = bearer_token(context)
        if token is None:
            return None
        try:
            return self._sessions.verify(token, contest)
        except NotSignedIn:
            return None


def _not_present() -> DomainError:
    words = "only people in the hall may play: scan the code on the big screen, or ask the organisers to let you in"
    return NotAllowed(words, reason="PRESENCE_REQUIRED")


def _ended(client: str) -> DomainError:
    words = (
        "the organisers ended what came from your connection; scan the code on the big screen, or ask them to let you "
        f"in, and tell them this: {client}"
    )
    return NotAllowed(words, reason="CLIENT_ENDED")


def _waiting(now_ms: int) -> DomainError:
    words = "many people are coming in at once; a lot decides every 30 seconds who is next, and you keep your place"
    return Refused(words, reason="PRESENCE_WAITING", retry_after_s=next_turn_in_ms(now_ms) / 1000)


def _nothing_read(could_be: Sequence[contest_pb2.Example]) -> InvalidRequest:
    words = "the model knows none of these words"
    if could_be:
        words += "; write for instance " + ", or ".join(f'"{example.prompt["en"]}"' for example in could_be)
    return InvalidRequest(FieldViolation("prompt", words), reason="NOTHING_READ")


def _not_taken(now: PhaseState, now_ms: int) -> DomainError:
    if now.phase == FINISHED:
        return Conflict("this contest has ended", reason="CONTEST_FINISHED")
    if now.next_change_ms is None:
        words = "the organisers have paused this contest; try again in a moment"
        return Refused(words, reason="CONTEST_PAUSED", retry_after_s=PAUSED_RETRY_S)
    opens = datetime.fromtimestamp(now.next_change_ms / 1000, UTC).isoformat(timespec="seconds")
    wait_s = (now.next_change_ms - now_ms) / 1000
    return Refused(f"this contest is closed; it opens at {opens}", reason="CONTEST_CLOSED", retry_after_s=wait_s)


def _watch_response(event: submission_pb2.Submission | StreamEvent) -> submission_pb2.WatchSubmissionResponse:
    if event is StreamEvent.ALIVE:
        return submission_pb2.WatchSubmissionResponse(heartbeat=submission_pb2.Heartbeat())
    if isinstance(event, StreamEvent):
        return submission_pb2.WatchSubmissionResponse(goodbye=submission_pb2.Goodbye())
    return submission_pb2.WatchSubmissionResponse(submission=event)
