"""Redis, as every service uses it: one pool, errors of the domain, one subscription a process."""

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Collection, Iterator
from contextlib import asynccontextmanager, contextmanager

import redis.asyncio as aioredis
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff
from redis.exceptions import (
    AuthenticationError,
    ClusterDownError,
    OutOfMemoryError,
    ReadOnlyError,
    ResponseError,
    TryAgainError,
)
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from cygnet.platform.errors import Unavailable

log = logging.getLogger(__name__)

RECONNECT_S = 0.5
"""Pause before a lost subscription is made again."""
ANSWERS_WITHIN_S = 30.0
"""At start Redis has so many seconds to come up: on a cluster everything starts at once, in any order."""
_NOT_NOW = (OutOfMemoryError, ReadOnlyError, ClusterDownError, TryAgainError)
_NOT_NOW_SAID = re.compile(r"\b(OOM|MISCONF|READONLY|MASTERDOWN|CLUSTERDOWN|NOREPLICAS|LOADING|TRYAGAIN)\b")
"""Answers of a Redis that may work again later. Inside a script's error they are words among others; by themselves
redis-py takes some away and raises a type of its own."""


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[aioredis.Redis]:
    """Yields a client with a pool of up to 64 connections.

    Raises:
        TimeoutError: Redis does not answer within ANSWERS_WITHIN_S.
        Unavailable: it refuses the user or the password.
    """
    # Blocking: in a burst a command waits for a connection; the ordinary pool fails the 65th at once.
    pool = aioredis.BlockingConnectionPool.from_url(
        url,
        max_connections=64,
        timeout=10,
        socket_timeout=10,
        socket_connect_timeout=5,
        # What it says of itself to the server (CLIENT SETINFO) would be a command more that every user needs.
        driver_info=None,
        # redis-py sends a command again when the connection broke, so a script may run twice for one call:
        # every script must be safe to repeat. A command that timed out is not sent again.
        retry=Retry(ExponentialBackoff(cap=1, base=0.05), 3, supported_errors=(RedisConnectionError,)),
    )
    client = aioredis.Redis.from_pool(pool)
    try:
        await _answers(client)
        yield client
    finally:
        await client.aclose()


async def _answers(client: aioredis.Redis) -> None:
    async with asyncio.timeout(ANSWERS_WITHIN_S):
        while True:
            try:
                await client.ping()
                return
            except RedisConnectionError as error:  # also while it still reads its append-only file
                if isinstance(error.__cause__, AuthenticationError):
                    raise Unavailable(
                        f"Redis refuses the user or the password of REDIS_URL ({error}); docs/kubernetes.md says which"
                        " users there are, and what each needs",
                        reason="STORE_UNAVAILABLE",
                    ) from error
                log.info("waiting for Redis", extra={"error": str(error)})
                await asyncio.sleep(RECONNECT_S)


@contextmanager
def translate_errors() -> Iterator[None]:
    """Raises `Unavailable` where Redis is away or refuses to work; what is our own fault stays what it is."""
    task = asyncio.current_task()
    cancelled_before = task.cancelling() if task is not None else 0
    try:
        yield
    except (RedisConnectionError, RedisTimeoutError, OSError) as error:
        raise _unavailable("the store does not answer", error) from error
    except ResponseError as error:
        if not isinstance(error, _NOT_NOW) and _NOT_NOW_SAID.search(str(error)) is None:
            raise
        raise _unavailable("the store cannot work", error) from error
    # redis-py sends through asyncio.wait_for, which on Python 3.11 loses a cancellation that meets the end of its
    # work (https://github.com/python/cpython/issues/86296); a task that waits for ever would then never stop.
    if task is not None and task.cancelling() > cancelled_before:
        raise asyncio.CancelledError


def _unavailable(words: str, error: Exception) -> Unavailable:
    # Redis' own words name scripts, lines and keys: they are for the log, not for callers.
    log.warning(words, extra={"error": str(error)})
    return Unavailable(f"{words}; try again in a moment", reason="STORE_UNAVAILABLE")


async def subscription(client: aioredis.Redis, channel: str) -> AsyncIterator[bytes | None]:
    """Yields each message of a channel; None whenever it (re)subscribed, as messages may have been missed."""
    while True:
        pubsub = client.pubsub()
        try:
            await pubsub.subscribe(channel)
            while True:
                message = await pubsub.get_message(timeout=5)
                if message is not None:
                    # The server's confirmation comes again when redis-py has made a lost connection anew by itself.
                    yield None if message["type"] == "subscribe" else message["data"]
        except (RedisConnectionError, RedisTimeoutError, OSError) as error:
            log.warning("subscription lost, subscribing again", extra={"channel": channel, "error": str(error)})
            await asyncio.sleep(RECONNECT_S)
        finally:
            await pubsub.aclose()  # type: ignore[no-untyped-call]


async def keys_of(client: aioredis.Redis, prefix: str) -> AsyncIterator[list[bytes]]:
    """Yields the keys that begin with `prefix`, some at a time; one may come twice. Looks at every key there is."""
    cursor = 0
    while True:
        cursor, found = await client.scan(cursor, match=f"{prefix}*", count=1000)
        if found:
            yield [as_bytes(key) for key in found]
        if not cursor:
            return


async def delete_all(client: aioredis.Redis, prefix: str, *, keep: Collection[str], marker: str) -> int:
    """Deletes the keys that begin with `prefix`, but for those to `keep`; returns how many there were.

    Where there is no `marker` nothing is looked at. It is deleted last: what breaks off is begun again.
    """
    if not await client.exists(marker):
        return 0
    kept, deleted = {*keep, marker}, 0
    async for found in keys_of(client, prefix):
        if unwanted := [key for key in found if key.decode() not in kept]:
            deleted += int(await client.unlink(*unwanted))
    return deleted + int(await client.unlink(marker))


def as_bytes(value: bytes | str) -> bytes:
    """Returns what Redis answered as bytes; the client's types allow for a decoding client, which ours is not."""
    return value if isinstance(value, bytes) else value.encode()
