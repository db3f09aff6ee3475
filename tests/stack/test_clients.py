"""A flood through Envoy is seen by the organiser and ended by one command; who is present goes on."""

import json
import uuid

import pytest

from cygnet.platform.errors import DomainError, Refused
from cygnet.v1 import presence_pb2, presence_pb2_grpc, submission_pb2, submission_pb2_grpc

from ..cli.test_apply import cygnet
from ..prompts import unique
from ..stackrunner import Stack
from ..waiting import eventually
from .player import DONE, FAILED, Player, connection, contest_of


async def test_a_flood_is_ended_and_who_is_present_plays_on(stack: Stack) -> None:
    here = ["--data-dir", str(stack.data_dir)]
    async with connection(stack.address) as channel:
        contest = (await contest_of(channel)).name
        flood = [await Player.join(channel, f"Sybil {number}") for number in range(8)]
        waiting: list[tuple[Player, submission_pb2.Submission]] = []
        for player in flood:
            for _ in range(2):
                try:
                    waiting.append((player, await player.submit(unique())))
                except Refused:
                    break
        code = json.loads((await cygnet("board", "pass", "--json", *here)).output)["url"].partition("#p=")[2]
        device = uuid.uuid4().hex
        exchange = presence_pb2.ExchangeCodeRequest(contest=contest, code=code, device=device)
        ticket = (await presence_pb2_grpc.PresenceServiceStub(channel).ExchangeCode(exchange)).ticket
        request = submission_pb2.JoinRequest(contest=contest, nickname="Ada", device=device, ticket=ticket)
        me = await submission_pb2_grpc.SubmissionServiceStub(channel).Join(request)
        present = Player(channel, contest, me.participant_id, me.nickname, me.session_token)
        mine = await present.submit(unique())

        async def seen() -> bool:
            [client] = json.loads((await cygnet("clients", contest, "--json", *here)).output)["clients"]
            return bool(client["sessions"] >= 8 and client["present"] >= 1 and client["submits"] > len(waiting))

        await eventually(seen, 60)
        [client] = json.loads((await cygnet("clients", contest, "--json", *here)).output)["clients"]
        end = ["clients", "end", contest, client["id"], "--yes", "--json", *here]
        try:
            ended = json.loads((await cygnet(*end)).output)
            assert ended["done"] and ended["drawings"] > 0
            with pytest.raises(DomainError) as joined:
                await Player.join(channel, "One more")
            with pytest.raises(DomainError) as submitted:
                await flood[0].submit(unique())
            assert {joined.value.reason, submitted.value.reason} == {"CLIENT_ENDED"}
            assert client["id"] in submitted.value.message
            assert (await present.result(mine)).state == DONE
            became = [[state async for state in player.states(each)][-1] for player, each in waiting]
            gone = [each for each in became if each.state == FAILED]
            assert {each.failure.reason for each in gone} == {"CLIENT_ENDED"} and len(gone) == ended["drawings"]
        finally:
            assert (await cygnet("clients", "allow", contest, client["id"], *here)).exit_code == 0
