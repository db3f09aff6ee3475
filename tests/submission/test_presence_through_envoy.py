"""Presence through the real Envoy: whose word the address is, and that a screen's stream comes through."""

from pathlib import Path

import grpc
import redis.asyncio as aioredis

from cygnet.internal.v1 import admin_pb2
from cygnet.submission.clients.metadata import PRIVATE
from cygnet.v1 import contest_pb2, presence_pb2, presence_pb2_grpc

from ..gateway.door import connection, open_door
from ..workloads import ADMIN_TOKEN
from .environment import DUCK, bearer, document, playing

ORGANISER = (("authorization", f"Bearer {ADMIN_TOKEN}"),)
FORGED = (("x-forwarded-for", "203.0.112.7"), ("x-cygnet-address", "203.0.112.7"))


async def test_a_screen_is_where_envoy_sees_it(redis_url: str, redis_client: aioredis.Redis, tmp_path: Path) -> None:
    async with (
        playing(redis_url, tmp_path) as game,
        open_door(tmp_path, submission_address=game.address) as door,
        connection(door) as channel,
    ):
        request = admin_pb2.ApplyContestRequest(document=document(), target_pictures=[DUCK])
        request.document.contest.presence = contest_pb2.PRESENCE_MODE_PREFER
        request.document.entry.presence_per_turn = 10
        await game.admin.ApplyContest(request, metadata=ORGANISER)
        made = await game.boards.PairBoard(admin_pb2.PairBoardRequest(), metadata=ORGANISER)
        stub: presence_pb2_grpc.PresenceServiceAsyncStub = presence_pb2_grpc.PresenceServiceStub(channel)
        pairing = presence_pb2.PairScreenRequest(contest="test", pairing_code=made.pairing_code)
        screen = (await stub.PairScreen(pairing, metadata=FORGED)).screen_token
        [record] = (await redis_client.hgetall("sub:{test}:presence:screens")).values()
        assert record.split()[1] == PRIVATE.encode(), "not what the caller says of itself"

        watch = stub.WatchCodes(presence_pb2.WatchCodesRequest(contest="test"), metadata=bearer(screen))
        shown = await watch.read()
        assert isinstance(shown, presence_pb2.WatchCodesResponse)
        watch.cancel()
        exchange = presence_pb2.ExchangeCodeRequest(contest="test", code=shown.code, device="d" * 20)
        assert (await stub.ExchangeCode(exchange)).ticket
        try:
            await stub.ExchangeCode(presence_pb2.ExchangeCodeRequest(contest="test", code="a" * 12, device="d" * 20))
            raise AssertionError("a code that no screen showed was taken")
        except grpc.aio.AioRpcError as error:
            assert error.code() is grpc.StatusCode.FAILED_PRECONDITION
