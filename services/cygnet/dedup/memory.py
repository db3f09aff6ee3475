"""How full Redis is. It belongs to all services; this one says so, since what grows is mostly its own."""

import asyncio
import logging
from collections.abc import Callable

import redis.asyncio as aioredis

from cygnet.platform.errors import Unavailable
from cygnet.platform.redis import translate_errors

log = logging.getLogger(__name__)

EVERY_S = 5.0


async def watch_memory(redis: aioredis.Redis, report: Callable[[int, int], None]) -> None:
    """Reports the bytes that Redis uses, and how many it may (0: nobody bounded it), for ever."""
    while True:
        try:
            with translate_errors():
                said = await redis.info("memory")
            report(int(said["used_memory"]), int(said["maxmemory"]))
        except Unavailable as error:
            log.warning("how full Redis is cannot be read", extra={"error": error.message})
        await asyncio.sleep(EVERY_S)
