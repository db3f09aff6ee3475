"""The hall: a screen that the organiser paired, and phones that scan it."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import grpc

from cygnet.internal.v1 import admin_pb2, admin_pb2_grpc
from cygnet.local.endpoints import Endpoints
from cygnet.platform.grpc.status import from_rpc_error
from cygnet.replay.proof import JOIN, proof_for
from cygnet.v1 import presence_pb2, presence_pb2_grpc, submission_pb2, submission_pb2_grpc

from .player import CALL_S, Player, connection

if TYPE_CHECKING:
    from cygnet.v1.presence_pb2_grpc import PresenceServiceAsyncStub
    from cygnet.v1.submission_pb2_grpc import SubmissionServiceAsyncStub


async def pairing_code(endpoints: Endpoints, contest: str) -> str:
    """Returns what `cygnet board pair` prints."""
    token = Path(endpoints.admin_token_file).read_text().strip()
    async with connection(endpoints.submission_admin) as channel:
        admin = admin_pb2_grpc.BoardAdminServiceStub(channel)
        request = admin_pb2.PairBoardRequest(contest=contest)
        return (await admin.PairBoard(request, metadata=(("authorization", f"Bearer {token}"),))).pairing_code


async def paired_screen(channel: grpc.aio.Channel, contest: str, code: str) -> str:
    """Returns the token of a new screen."""
    stub: PresenceServiceAsyncStub = presence_pb2_grpc.PresenceServiceStub(channel)
    request = presence_pb2.PairScreenRequest(contest=contest, pairing_code=code)
    return (await stub.PairScreen(request, timeout=CALL_S)).screen_token


class Screen:
    """What hangs in the hall; `code` is what it shows now."""

    def __init__(self) -> None:
        self.code = ""

    async def _watch(self, channel: grpc.aio.Channel, contest: str, token: str) -> None:
        stub: PresenceServiceAsyncStub = presence_pb2_grpc.PresenceServiceStub(channel)
        while True:
            call = stub.WatchCodes(
                presence_pb2.WatchCodesRequest(contest=contest), metadata=(("authorization", f"Bearer {token}"),)
            )
            try:
                async for answer in call:
                    self.code = answer.code
            except grpc.aio.AioRpcError:
                await asyncio.sleep(0.5)


@asynccontextmanager
async def shown(address: str, contest: str, token: str) -> AsyncIterator[Screen]:
    """Shows the codes of a paired screen, as soon as there is one."""
    screen = Screen()
    async with connection(address) as channel:
        watching = asyncio.create_task(screen._watch(channel, contest, token))
        try:
            async with asyncio.timeout(CALL_S):
                while not screen.code:
                    await asyncio.sleep(0.05)
            yield screen
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)


async def scan_and_join(channel: grpc.aio.Channel, nickname: str, contest: str, code: str) -> Player:
    """Scans a screen and joins; plays at once, and is present when the lot has its ticket. Raises DomainError."""
    device, stub = uuid.uuid4().hex, presence_pb2_grpc.PresenceServiceStub(channel)
    players: SubmissionServiceAsyncStub = submission_pb2_grpc.SubmissionServiceStub(channel)
    try:
        request = presence_pb2.ExchangeCodeRequest(contest=contest, code=code, device=device)
        ticket = (await stub.ExchangeCode(request, timeout=CALL_S)).ticket
        join = submission_pb2.JoinRequest(contest=contest, nickname=nickname, device=device, ticket=ticket)
        player: Player | None = None
        while True:
            metadata = (("authorization", f"Bearer {player.token}"),) if player is not None else ()
            try:
                answer = await players.Join(join, metadata=metadata, timeout=CALL_S, wait_for_ready=True)
            except grpc.aio.AioRpcError as failed:
                if from_rpc_error(failed).reason != "PROOF_NEEDED":
                    raise
                join.proof = await proof_for(players, JOIN, contest=contest, device=device)
                continue
            player = Player(channel, contest, answer.participant_id, answer.nickname, answer.session_token)
            if answer.present or not answer.next_draw_in_ms:
                return player
            await asyncio.sleep(answer.next_draw_in_ms / 1000 + 0.1)
    except grpc.aio.AioRpcError as failed:
        raise from_rpc_error(failed) from failed
