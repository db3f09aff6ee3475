"""An expired contest is forgotten: submissions, pictures and who was present; nothing before, and nobody else's."""

import hashlib
import json
import time
from pathlib import Path

import redis.asyncio as aioredis

from cygnet.dedup.keys import key
from cygnet.internal.v1 import admin_pb2, dedup_pb2
from cygnet.platform.errors import NotFound
from cygnet.platform.pictures import PictureStore
from cygnet.platform.redis import as_bytes
from cygnet.v1 import submission_pb2

from ..cli.test_apply import cygnet
from ..waiting import eventually
from ..workloads import ADMIN_TOKEN
from .environment import DUCK, Game, bearer, document, playing, raised_by

DAY_S = 24 * 3600
PROMPT = b"a duck"
"""Its own bytes are the picture, whose hash is what `draw_one` says was drawn."""


async def end(game: Game, *, closed_s_ago: float, retention_s: int = DAY_S, name: str = "test") -> None:
    """Applies a contest that has ended."""
    request = admin_pb2.ApplyContestRequest(document=document(), target_pictures=[DUCK])
    request.document.contest.name = name
    request.document.retention_ms = retention_s * 1000
    window = request.document.contest.windows.add()
    window.opens.FromSeconds(round(time.time() - closed_s_ago - 3600))
    window.closes.FromSeconds(round(time.time() - closed_s_ago))
    await game.admin.ApplyContest(request, metadata=bearer(ADMIN_TOKEN))


async def play(game: Game) -> tuple[str, str]:
    """Has one drawing made; returns the player's token and the submission."""
    token = (await game.join()).session_token
    submitted = await game.submit(token, PROMPT.decode())
    await game.draw_one()
    assert await game.pictures.put(PROMPT) == hashlib.sha256(PROMPT).hexdigest()
    return token, submitted.submission_id


async def submissions(game: Game, token: str) -> list[submission_pb2.Submission]:
    request = submission_pb2.ListSubmissionsRequest(contest="test")
    return list((await game.players.ListSubmissions(request, metadata=bearer(token))).submissions)


async def of_contest(redis: aioredis.Redis, contest: str) -> set[str]:
    """Returns the keys of a contest, without its document, what its seeds followed from, and a lock of seconds."""
    keys = {as_bytes(each).decode() for each in await redis.keys(f"*:{{{contest}}}:*")}
    stays = ("secret", "counters", "revealed_secret", "revealed_counters", "outbox_lock")
    kept = {key(contest, name) for name in stays} | {f"sub:{{{contest}}}:contest"}
    # Counts of what clients did in the last minutes go by themselves.
    return {each for each in keys - kept if not each.startswith(f"sub:{{{contest}}}:clients:")}


async def test_what_expired_goes_for_good_and_what_did_not_stays(
    redis_url: str, redis_client: aioredis.Redis, tmp_path: Path
) -> None:
    pictures = PictureStore(f"file://{tmp_path}")
    drawn, target = hashlib.sha256(PROMPT).hexdigest(), hashlib.sha256(DUCK).hexdigest()
    async with playing(redis_url, tmp_path) as game:
        await game.apply()
        token, submission_id = await play(game)
        secret = await redis_client.get(key("test", "secret"))
        await redis_client.sadd("dedup:{test-2}:history:of-another-contest", "kept")
        await redis_client.set("sub:{test}:presence:hall", "somebody")
        await end(game, closed_s_ago=DAY_S - 600)
    async with playing(redis_url, tmp_path) as game:
        # The round at its start has been, as soon as the next one could be waited for.
        assert [each.submission_id for each in await submissions(game, token)] == [submission_id]
        assert await pictures.exists(drawn)
        await end(game, closed_s_ago=DAY_S + 60)
    async with playing(redis_url, tmp_path) as game:

        async def forgotten() -> bool:
            return not await of_contest(redis_client, "test")

        await eventually(forgotten, 10, "the end of an expired contest")
        assert not await pictures.exists(drawn)
        assert await pictures.exists(target)
        assert await redis_client.get(key("test", "secret")) == secret
        assert await redis_client.exists("dedup:{test-2}:history:of-another-contest")
        assert await submissions(game, token) == []
        watch = game.watch(token, submission_id)
        assert isinstance(await raised_by(watch.read()), NotFound)


async def test_what_broke_off_goes_on(redis_url: str, redis_client: aioredis.Redis, tmp_path: Path) -> None:
    async with playing(redis_url, tmp_path) as game:
        await game.apply()
        await play(game)
        await redis_client.unlink(*(await redis_client.keys("dedup:{test}:job:*")))
        await end(game, closed_s_ago=2 * DAY_S)
        first = await game.dedup.ForgetContest(dedup_pb2.ForgetContestRequest(contest="test"))
        again = await game.dedup.ForgetContest(dedup_pb2.ForgetContestRequest(contest="test"))
    assert (first.entries > 0, again.entries) == (True, 0)
    assert not await of_contest(redis_client, "test")


async def test_an_organiser_sees_beforehand_what_will_go_and_when(
    redis_url: str, redis_client: aioredis.Redis, tmp_path: Path
) -> None:
    (tmp_path / "token").write_text(ADMIN_TOKEN)
    async with playing(redis_url, tmp_path) as game:
        await game.apply()
        await play(game)
        command = ["contest", "expiry", "--token-file", str(tmp_path / "token")]
        command += ["--server", game.admin_address, "--server", "127.0.0.1:1"]
        assert "never: a contest without windows has no end" in (await cygnet(*command, "test")).output
        await end(game, closed_s_ago=3600, retention_s=2 * DAY_S)
        before = await of_contest(redis_client, "test")
        said = json.loads((await cygnet(*command, "--json")).output)
        assert said.pop("expires").startswith(
            time.strftime("%Y-%m-%dT%H:", time.gmtime(time.time() + 2 * DAY_S - 3600))
        )
        assert said == {"contest": "test", "submissions": 1, "participants": 1, "pictures": 1}
        assert await of_contest(redis_client, "test") == before
