"""`cygnet board pair`, `unpair` and `pass` against the real submission service."""

import json
from pathlib import Path

import redis.asyncio as aioredis

from cygnet.v1 import presence_pb2

from ..submission.environment import playing, raised_by
from ..workloads import ADMIN_TOKEN
from .test_apply import cygnet


async def test_a_screen_is_paired_and_unpaired_and_a_person_let_in(
    redis_url: str, redis_client: aioredis.Redis, tmp_path: Path
) -> None:
    token = tmp_path / "token"
    token.write_text(ADMIN_TOKEN)
    async with playing(redis_url, tmp_path) as game:
        await game.apply()
        server = ["--token-file", str(token), "--server", game.admin_address, "--server", "127.0.0.1:1"]
        said = await cygnet("board", "pair", *server)
        assert said.exit_code == 0, said.output
        assert said.output.startswith("open this on the big screen, within ten minutes; it works once:\n")
        code = said.output.strip().rpartition("/c/test/board#pair=")[2]
        await game.presence.PairScreen(presence_pb2.PairScreenRequest(contest="test", pairing_code=code))
        assert json.loads((await cygnet("board", "unpair", "--json", *server)).output) == {"screens": 1}
        assert (await cygnet("board", "unpair", *server)).output == "0 screens unpaired\n"

        url = json.loads((await cygnet("board", "pass", "--contest", "test", "--json", *server)).output)["url"]
        path, _, code = url.partition("#p=")
        assert path == "/c/test"
        request = presence_pb2.ExchangeCodeRequest(contest="test", code=code, device="d" * 20)
        assert (await game.presence.ExchangeCode(request)).ticket
        request.device = "e" * 20
        assert (await raised_by(game.presence.ExchangeCode(request))).reason == "CODE_OLD"

        unknown = await cygnet("board", "pair", "--contest", "nothing", *server)
        assert (unknown.exit_code, unknown.output) == (1, "cygnet: there is no contest called 'nothing'\n")
