"""The public API of presence, and the organisers' side of it: protobuf in, protobuf out."""

import asyncio
import logging
import re
import secrets
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

from cygnet.contest.store import ContestStore
from cygnet.internal.v1 import admin_pb2, admin_pb2_grpc
from cygnet.platform.errors import Conflict, NotSignedIn, Refused, Unavailable
from cygnet.platform.grpc.interceptors import AioContext
from cygnet.platform.latest import HEARTBEAT_S
from cygnet.platform.tasks import wait_unless
from cygnet.platform.validation import PRESENCE_CODE, REQUEST_ID, Violations
from cygnet.submission.bearer import bearer_token
from cygnet.submission.clients.metadata import client_of
from cygnet.submission.presence.codes import TURN_MS, PresenceCodes, next_turn_in_ms
from cygnet.submission.presence.store import PresenceStore
from cygnet.submission.presence.tickets import LIFETIME_MS, Tickets, ticket_id
from cygnet.v1 import contest_pb2, presence_pb2, presence_pb2_grpc

log = logging.getLogger(__name__)

_FRESH_MS = 5_000
_PAIRING_CODE = re.compile(r"[a-z2-7]{8}")
_OLD = "this code is over: codes change every 30 seconds; scan the one that the screen shows now"


@dataclass(frozen=True)
class Presence:
    """What presence is made of."""

    codes: PresenceCodes
    tickets: Tickets
    store: PresenceStore
    clock: Callable[[], int]
    """Milliseconds since the epoch."""


class PairedScreens:
    """Tells everybody who opens the page whether there are any, and asks the store now and then."""

    def __init__(self, presence: Presence) -> None:
        self._presence = presence
        self._known: dict[str, tuple[int, bool]] = {}

    async def any(self, contest: str) -> bool:
        """Tells whether a contest has paired screens; as was known last, while the store is away."""
        now = self._presence.clock()
        asked_ms, known = self._known.get(contest, (None, False))
        if asked_ms is None or not 0 <= now - asked_ms < _FRESH_MS:
            try:
                known = await self._presence.store.has_screens(contest)
            except Unavailable as error:
                log.warning("whether screens are paired is not known", extra={"error": error.message})
            self._known[contest] = (now, known)
        return known


class PresenceServicer(presence_pb2_grpc.PresenceServiceServicer):
    """Exchanges codes, and sends them to paired screens."""

    def __init__(self, contests: ContestStore, presence: Presence, stopping: asyncio.Event) -> None:
        self._contests = contests
        self._presence = presence
        self._stopping = stopping

    async def ExchangeCode(
        self, request: presence_pb2.ExchangeCodeRequest, context: AioContext
    ) -> presence_pb2.ExchangeCodeResponse:
        document, now = self._contests.get(request.contest), self._presence.clock()
        contest = document.contest.name
        Violations().matches("code", request.code, PRESENCE_CODE).matches("device", request.device, REQUEST_ID).done()
        ticket = ticket_id(contest, request.device)
        scanned = self._presence.codes.is_current(contest, request.code)
        if scanned:
            client = client_of(context.invocation_metadata() or ())
            places = document.entry.presence_per_turn
            if not await self._presence.store.stand(contest, ticket, client, places, now):
                raise Refused(
                    "very many people are scanning; scan the code again in a moment",
                    reason="HALL_FULL",
                    retry_after_s=TURN_MS / 1000,
                )
        elif not await self._presence.store.use_pass(contest, request.code, ticket, now):
            raise Conflict(_OLD, reason="CODE_OLD")
        return presence_pb2.ExchangeCodeResponse(
            ticket=self._presence.tickets.issue(contest, request.device, now + LIFETIME_MS, by_pass=not scanned),
            holds_ms=LIFETIME_MS,
        )

    async def PairScreen(
        self, request: presence_pb2.PairScreenRequest, context: AioContext
    ) -> presence_pb2.PairScreenResponse:
        contest, now = self._contests.get(request.contest).contest.name, self._presence.clock()
        code = re.sub("[^a-z2-7]", "", request.pairing_code[:40].lower())
        token, network = secrets.token_urlsafe(32), client_of(context.invocation_metadata() or ()).network
        paired = _PAIRING_CODE.fullmatch(code) and await self._presence.store.pair(contest, code, token, network, now)
        if not paired:
            raise Conflict("this pairing code is used, or over: run `cygnet board pair` again", reason="PAIRING_OLD")
        if paired == -1:
            raise Conflict("too many screens are paired: run `cygnet board unpair`", reason="TOO_MANY_SCREENS")
        log.info("a screen was paired", extra={"contest": contest})
        return presence_pb2.PairScreenResponse(screen_token=token)

    async def WatchCodes(
        self, request: presence_pb2.WatchCodesRequest, context: AioContext
    ) -> AsyncIterator[presence_pb2.WatchCodesResponse]:
        contest = self._contests.get(request.contest).contest.name
        token, network = bearer_token(context) or "", client_of(context.invocation_metadata() or ()).network
        while not self._stopping.is_set():
            now = self._presence.clock()
            if not await self._presence.store.seen(contest, token, network, now):
                raise NotSignedIn("this screen is not paired: run `cygnet board pair`", reason="SCREEN_NOT_PAIRED")
            asked = asks_for_presence(self._contests.get(contest).contest)
            next_in_ms = next_turn_in_ms(now)
            yield presence_pb2.WatchCodesResponse(
                code=self._presence.codes.now(contest) if asked else "", next_in_ms=next_in_ms
            )
            await wait_unless(self._stopping, asyncio.sleep(min(next_in_ms / 1000, HEARTBEAT_S)))


class BoardAdminServicer(admin_pb2_grpc.BoardAdminServiceServicer):
    """Lets organisers pair screens, and let people in."""

    def __init__(self, contests: ContestStore, store: PresenceStore) -> None:
        self._contests = contests
        self._store = store

    async def PairBoard(self, request: admin_pb2.PairBoardRequest, context: AioContext) -> admin_pb2.PairBoardResponse:
        contest = self._contests.get(request.contest).contest.name
        return admin_pb2.PairBoardResponse(
            contest=contest, pairing_code=await self._store.make_code(contest, "pairing")
        )

    async def UnpairBoards(
        self, request: admin_pb2.UnpairBoardsRequest, context: AioContext
    ) -> admin_pb2.UnpairBoardsResponse:
        contest = self._contests.get(request.contest).contest.name
        return admin_pb2.UnpairBoardsResponse(screens=await self._store.unpair_all(contest))

    async def MakePass(self, request: admin_pb2.MakePassRequest, context: AioContext) -> admin_pb2.MakePassResponse:
        contest = self._contests.get(request.contest).contest.name
        return admin_pb2.MakePassResponse(contest=contest, code=await self._store.make_code(contest, "pass"))


def asks_for_presence(contest: contest_pb2.Contest) -> bool:
    """Tells whether it makes a difference to be in the hall."""
    return contest.presence in (contest_pb2.PRESENCE_MODE_PREFER, contest_pb2.PRESENCE_MODE_REQUIRE)
