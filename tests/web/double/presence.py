"""The double's presence: codes are words that a test can write, and nothing ends by itself."""

import asyncio
from collections.abc import AsyncIterator

from cygnet.platform.errors import Conflict, NotSignedIn, Refused
from cygnet.platform.grpc.interceptors import AioContext
from cygnet.v1 import presence_pb2, presence_pb2_grpc

from .game import Game

PAIRING_CODE = "pairpair"
SCREEN = "the screen's token"


class Presences(presence_pb2_grpc.PresenceServiceServicer):
    """ExchangeCode, PairScreen, WatchCodes: "fullfullfull" finds too many, all but the game's `code` are old."""

    def __init__(self, game: Game) -> None:
        self._game = game

    async def ExchangeCode(
        self, request: presence_pb2.ExchangeCodeRequest, context: AioContext
    ) -> presence_pb2.ExchangeCodeResponse:
        if request.code == "fullfullfull":
            raise Refused("the server's own words", reason="HALL_FULL", retry_after_s=30)
        if request.code != self._game.code:
            raise Conflict("the server's own words", reason="CODE_OLD")
        return presence_pb2.ExchangeCodeResponse(ticket=f"ticket of {request.device}", holds_ms=600_000)

    async def PairScreen(
        self, request: presence_pb2.PairScreenRequest, context: AioContext
    ) -> presence_pb2.PairScreenResponse:
        if request.pairing_code != PAIRING_CODE:
            raise Conflict("the server's own words", reason="PAIRING_OLD")
        return presence_pb2.PairScreenResponse(screen_token=SCREEN)

    async def WatchCodes(
        self, request: presence_pb2.WatchCodesRequest, context: AioContext
    ) -> AsyncIterator[presence_pb2.WatchCodesResponse]:
        while True:
            changed = self._game.changed
            if ("authorization", f"Bearer {SCREEN}") not in (context.invocation_metadata() or ()):
                raise NotSignedIn("the server's own words", reason="SCREEN_NOT_PAIRED")
            yield presence_pb2.WatchCodesResponse(code=self._game.code, next_in_ms=30_000)
            await asyncio.wait({asyncio.ensure_future(changed.wait())}, timeout=10)
