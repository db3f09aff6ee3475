"""Redis' users, on a real server: each service has what is its own, and nothing else.

That a game works with them is seen by every other test with a Redis.
"""

import subprocess
import sys
from pathlib import Path
from typing import cast

import pytest
import redis.asyncio as aioredis
from redis.exceptions import ConnectionError, NoPermissionError

from cygnet.platform.errors import Unavailable
from cygnet.platform.redis import connected
from cygnet.platform.redis_users import ADMIN, HEALTH, PREFIXES, acl_file

from ..redis_urls import REDIS_PASSWORD, as_user
from ..submission.environment import playing

CHART_FILE = Path(__file__).parents[2] / "helm/cygnet/files/redis-users.acl"
ITS_OWN = {user: f"{prefix}:{{contest}}:x" for user, prefix in PREFIXES.items()}
Command = tuple[str | int, ...]


async def refused(url: str, command: Command) -> bool:
    async with aioredis.Redis.from_url(url, driver_info=None) as client:
        try:
            await client.execute_command(*command)  # type: ignore[no-untyped-call]
        except NoPermissionError:
            return True
        return False


@pytest.mark.parametrize("user", PREFIXES)
async def test_a_service_has_its_own_keys_alone(redis_client: aioredis.Redis, redis_url: str, user: str) -> None:
    for other, key in ITS_OWN.items():
        reads_and_writes: list[Command] = [
            ("SET", key, "1"),
            ("GET", key),
            ("DEL", key),
            ("ZADD", f"{key}:set", 1, "a"),
            ("EXPIRE", key, 1),
            ("RENAME", key, ITS_OWN[user]),
            ("PUBLISH", f"{PREFIXES[other]}:changes", "x"),
        ]
        await redis_client.set(key, "1")
        for command in reads_and_writes:
            if command[0] == "RENAME" and other == user:
                continue
            assert await refused(as_user(redis_url, user), command) == (other != user), (user, command)


@pytest.mark.parametrize("user", PREFIXES)
async def test_a_script_of_a_service_has_no_more_than_the_service(
    redis_client: aioredis.Redis, redis_url: str, user: str
) -> None:
    async with aioredis.Redis.from_url(as_user(redis_url, user), driver_info=None) as client:
        steal = await client.script_load("return redis.call('GET', ARGV[1])")
        for other, key in ITS_OWN.items():
            await redis_client.set(key, "what is there")
            if other == user:
                assert await client.evalsha(steal, 0, key) == b"what is there"
            else:
                with pytest.raises(Exception, match="(?i)permission|can.t access"):
                    await client.evalsha(steal, 0, key)


@pytest.mark.parametrize("user", [*PREFIXES, HEALTH])
@pytest.mark.parametrize(
    "command",
    [
        ("KEYS", "*"),
        ("RANDOMKEY",),
        ("FLUSHALL",),
        ("CONFIG", "GET", "*"),
        ("ACL", "LIST"),
        ("MONITOR",),
        ("CLIENT", "LIST"),
        ("SCRIPT", "FLUSH"),
        ("SHUTDOWN", "NOSAVE"),
        ("SAVE",),
        ("BGREWRITEAOF",),
        ("SUBSCRIBE", "somebody:changes"),
        ("PSUBSCRIBE", "*"),
    ],
    ids=" ".join,
)
async def test_what_is_nobodys_is_the_administrators(redis_url: str, user: str, command: Command) -> None:
    assert await refused(redis_url.replace(f"//{ADMIN}:", f"//{user}:"), command)


async def test_who_has_no_user_gets_nothing_and_a_probe_gets_an_answer(redis_url: str) -> None:
    socket = redis_url.rpartition("@")[2]
    async with aioredis.Redis.from_url(f"unix://{socket}") as nobody:
        with pytest.raises(aioredis.ConnectionError, match="(?i)auth"):
            await nobody.ping()
    async with aioredis.Redis.from_url(f"unix://{HEALTH}:any@{socket}", driver_info=None) as probe:
        assert await probe.ping()
        with pytest.raises(NoPermissionError):
            await probe.get("dedup:contests")


async def test_a_wrong_password_is_said_at_once_and_without_the_password(
    redis_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    wrong = as_user(redis_url, "dedup").replace(redis_url.split(":")[2].partition("@")[0], "my-wrong-password")
    with pytest.raises(Unavailable, match="refuses the user or the password of REDIS_URL") as raised:
        async with connected(wrong):
            pass
    assert "my-wrong-password" not in f"{raised.value} {caplog.text}"


async def test_what_services_do_is_within_their_rights(
    redis_client: aioredis.Redis, redis_url: str, tmp_path: Path
) -> None:
    await redis_client.acl_log_reset()
    async with playing(redis_url, tmp_path) as game:
        await game.apply()
        await game.submit((await game.join()).session_token, "a duck")
        await game.draw_one()
    assert await redis_client.acl_log() == []


def test_the_chart_has_the_same_users() -> None:
    printed = subprocess.run(
        [sys.executable, "-m", "cygnet.platform.redis_users"], capture_output=True, text=True, check=True
    ).stdout
    assert CHART_FILE.read_text() == printed, "run `make redis-users`"
    assert REDIS_PASSWORD not in acl_file(lambda user: user)


async def test_nobody_is_the_default_user_and_the_server_reads_its_file_as_that_user(
    redis_client: aioredis.Redis, redis_url: str
) -> None:
    """Redis 7.0 leaves out transactions of its append-only file that `default` may not make: a restart loses them."""
    nobody = f"unix://{redis_url.rpartition('@')[2]}"
    async with aioredis.Redis.from_url(nobody, driver_info=None) as client:
        with pytest.raises(ConnectionError, match="authenticated"):
            await client.ping()
    listed = cast(list[str], await redis_client.acl_list())
    [default] = [line for line in listed if line.startswith("user default ")]
    assert default.split()[2] == "off"
    assert "nopass" not in default.split()
    assert {"~*", "&*", "+@all"} <= set(default.split())
