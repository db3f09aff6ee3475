"""`cygnet clients`, `end` and `allow` against the real submission service."""

import json
from pathlib import Path

import redis.asyncio as aioredis

from ..submission.environment import playing
from ..waiting import eventually
from ..workloads import ADMIN_TOKEN
from .test_apply import cygnet


async def test_a_flood_is_seen_ended_and_allowed_again(
    redis_url: str, redis_client: aioredis.Redis, tmp_path: Path
) -> None:
    token = tmp_path / "token"
    token.write_text(ADMIN_TOKEN)
    async with playing(redis_url, tmp_path) as game:
        await game.apply()
        server = ["--token-file", str(token), "--server", game.admin_address, "--server", "127.0.0.1:1"]
        nobody = await cygnet("clients", *server)
        assert (nobody.exit_code, nobody.output) == (0, "test: nobody joined or submitted in the last ten minutes\n")
        for number in range(3):
            await game.submit((await game.join()).session_token, f"flood {number}")

        async def counted() -> bool:
            said = json.loads((await cygnet("clients", "test", "--json", *server)).output)
            return [each["submits"] for each in said["clients"]] == [3]

        await eventually(counted, 30)
        [client] = json.loads((await cygnet("clients", "test", "--json", *server)).output)["clients"]
        assert (client["joins"], client["sessions"], client["present"], client["endedAt"]) == (3, 3, 0, None)
        head, line = (await cygnet("clients", *server)).output.splitlines()
        assert head.startswith("CLIENT ") and line.split()[0] == client["id"] and line.split()[-2:] == ["3", "0"]

        end = ["clients", "end", "test", client["id"]]
        assert (await cygnet(*end, *server)).output == (
            f"would end {client['id']}: 3 waiting drawings would leave the queue, 3 sessions would be refused, "
            "0 present sessions not touched\nadd --yes to do it\n"
        )
        done = json.loads((await cygnet(*end, "--yes", "--json", *server)).output)
        assert (done["done"], done["drawings"]) == (True, 3)
        assert (await cygnet("clients", *server)).output.endswith("  ended\n")
        allow = ["clients", "allow", "test", client["id"]]
        assert (await cygnet(*allow, *server)).output == f"{client['id']} may play again\n"
        assert (await cygnet(*allow, *server)).output == f"{client['id']} was not ended\n"

        unknown = await cygnet("clients", "end", "test", "a" * 10, "--yes", *server)
        assert unknown.exit_code == 1 and "`cygnet clients` lists those that were" in unknown.output
