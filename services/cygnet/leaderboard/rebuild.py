"""Derives a contest's ranking again from its log: `python -m cygnet.leaderboard.rebuild CONTEST`.

The log is the truth. Whatever is in doubt about a ranking, this settles; the service may go on meanwhile.
"""

import argparse
import asyncio
import logging
import sys

from cygnet.leaderboard.settings import RebuildSettings
from cygnet.leaderboard.store import LeaderboardStore
from cygnet.platform import logs
from cygnet.platform.errors import Conflict, DomainError
from cygnet.platform.redis import connected

log = logging.getLogger(__name__)

_PAGE = 500


async def rebuild(store: LeaderboardStore, contest: str) -> int:
    """Derives the ranking from the log and puts it in force in one step; returns how many results the log has.

    Raises:
        Conflict: another rebuild of the same contest runs.
        Unavailable: Redis does not answer, or another version of Cygnet wrote the log.
    """
    if not await store.begin_rebuild(contest):
        raise Conflict(f"contest {contest} is being rebuilt already; wait until that ends", reason="REBUILD_RUNNING")
    try:
        last, ranked = "", 0
        while True:
            last, entries = await store.log(contest, last, _PAGE)
            if entries:
                await store.replay(contest, entries)
                ranked += len(entries)
            # Results that come in while this reads are read in turn; the last step is taken only when there are none.
            elif await store.commit_rebuild(contest, last):
                return ranked
    finally:
        await store.end_rebuild(contest)


async def _main(settings: RebuildSettings, contest: str) -> None:
    async with connected(settings.redis_url.get_secret_value()) as redis:
        try:
            ranked = await rebuild(LeaderboardStore(redis), contest)
        except DomainError as error:
            sys.exit(f"not rebuilt: {error}")
    log.info("rebuilt", extra={"contest": contest, "results": ranked})


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Derives a contest's ranking again from its log.")
    parser.add_argument("contest", help="the contest's name")
    settings = RebuildSettings()
    logs.configure("rebuild", level=settings.log_level, as_json=settings.log_json)
    asyncio.run(_main(settings, parser.parse_args().contest))
