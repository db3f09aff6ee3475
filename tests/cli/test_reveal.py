"""`cygnet contest reveal` against the real submission and dedup services."""

import hashlib
import json
from pathlib import Path

import redis.asyncio as aioredis

from cygnet.internal.v1 import dedup_pb2

from ..submission.environment import DUCK, playing
from ..workloads import ADMIN_TOKEN
from .test_apply import cygnet


async def test_the_secret_is_given_away_after_the_end_and_only_then(
    redis_url: str, redis_client: aioredis.Redis, tmp_path: Path
) -> None:
    token = tmp_path / "token"
    token.write_text(ADMIN_TOKEN)
    async with playing(redis_url, tmp_path) as game:
        reveal = ["contest", "reveal", "test", "--token-file", str(token)]
        reveal += ["--server", game.admin_address, "--server", "127.0.0.1:1"]
        await game.schedule((-60, 60))
        refused = await cygnet(*reveal)
        assert (refused.exit_code, refused.output.count("\n")) == (1, 1)
        assert refused.output.startswith("cygnet: the contest has not ended")
        assert "reveal it after the last window" in refused.output

        target = hashlib.sha256(DUCK).hexdigest()
        settled = dedup_pb2.SettleSeedRequest(contest="test", target_picture_sha256=target, counter=3)
        await game.dedup.SettleSeed(settled)
        await game.schedule((-60, -1))
        first = await cygnet(*reveal)
        assert first.exit_code == 0, first.output
        said = json.loads((await cygnet(*reveal, "--json")).output)
        assert set(said) == {"secret", "commitment", "counters"}
        assert hashlib.sha256(bytes.fromhex(said["secret"])).hexdigest() == said["commitment"]
        assert said["counters"] == {"duck": 3}
        text = f"secret      {said['secret']}\ncommitment  {said['commitment']}\ncounter     3  duck\n"
        assert first.output == text
        assert (await cygnet(*reveal)).output == text, "safe to repeat"

        missing = await cygnet(*("nothing" if each == "test" else each for each in reveal))
        assert (missing.exit_code, "there is no contest called 'nothing'" in missing.output) == (1, True)
