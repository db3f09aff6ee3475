"""Whether the parts of a running game serve, asked from outside, each within a bound."""

import asyncio
from collections.abc import Awaitable
from pathlib import Path
from urllib.parse import urlsplit

from cygnet.local import readiness
from cygnet.local.endpoints import Endpoints
from cygnet.local.supervisor import NotReady

_PATIENCE_S = 5.0


async def check_all(at: Endpoints) -> dict[str, bool]:
    """Returns for every process whether it serves.

    Of Triton one learns only that it listens: a call that is given up would do harm (see `cygnet.inference.triton`).
    """
    checks: dict[str, Awaitable[None]] = {
        "redis": readiness.redis_answers(Path(at.redis_url.removeprefix("unix://"))),
        "triton": _listens(at.triton),
        "dedup": readiness.grpc_serves(at.dedup),
        "leaderboard": readiness.grpc_serves(at.leaderboard),
        "submission": readiness.grpc_serves(at.submission),
        "worker": readiness.grpc_serves(at.worker),
        "gateway": _get(f"http://{at.gateway}/healthz"),
        "envoy": _get(f"{at.url}envoyz"),
    }
    answers = await asyncio.gather(*(_within(check) for check in checks.values()))
    return dict(zip(checks, answers, strict=True))


async def _get(url: str) -> None:
    parts = urlsplit(url)
    await readiness.http_answers(parts.hostname or "", parts.port or 80, parts.path)


async def _listens(address: str) -> None:
    host, port = address.rsplit(":", 1)
    await readiness.port_opens(host, int(port))


async def _within(check: Awaitable[None]) -> bool:
    try:
        async with asyncio.timeout(_PATIENCE_S):
            await check
    except (TimeoutError, NotReady):
        return False
    return True
