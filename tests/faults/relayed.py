"""`cygnet up` with a relay on each way between two parts, which can be cut: python tests/faults/relayed.py up …

While a file is there whose name `cut` gives, nothing passes that way, in neither direction, and nobody is told: as on a
network that drops packets. What was sent meanwhile arrives when it is whole again. Network namespaces would need root.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from cygnet.cli.main import main
from cygnet.local import run
from cygnet.local.datadir import DataDir
from cygnet.local.endpoints import free_addresses
from cygnet.local.supervisor import ProcessSpec
from cygnet.local.topology import GameConfig, plan_processes

WAYS = (
    ("submission", "dedup"),
    ("submission", "redis"),
    ("dedup", "leaderboard"),
    ("dedup", "redis"),
    ("leaderboard", "redis"),
    ("worker", "dedup"),
    ("worker", "triton"),
    ("envoy", "submission"),
    ("envoy", "leaderboard"),
    ("envoy", "gateway"),
)
"""Who calls whom."""
_PAUSE_S = 0.05
_running: set[asyncio.Future[asyncio.Server]] = set()


def cut(data_dir: Path, caller: str, called: str) -> Path:
    """The file that cuts a way while it is there."""
    return data_dir / "run" / f"cut-{caller}-{called}"


class _Moved(DataDir):
    """The folder as a caller of Redis sees it, for whom Redis' socket is a relay's."""

    def __init__(self, root: Path, caller: str) -> None:
        super().__init__(root)
        self._caller = caller

    def socket(self, name: str) -> Path:
        own = super().socket(name)
        return own.with_name(f"{self._caller}-{name}") if name == "redis.sock" else own


def plan_with_relays(data: DataDir, config: GameConfig, on_triton_line: Callable[[str], None]) -> list[ProcessSpec]:
    """Plans each part as if all that it calls were where its relays are."""
    whole = {spec.name: spec for spec in plan_processes(data, config, on_triton_line)}
    for caller in dict.fromkeys(caller for caller, _ in WAYS):
        moved, seen = {}, data
        for called in (called for other, called in WAYS if other == caller):
            when_cut = cut(data.root, caller, called)
            if called == "redis":
                seen = _Moved(data.root, caller)
                _relay(str(data.socket("redis.sock")), when_cut, str(seen.socket("redis.sock")))
            elif called == "triton":
                own = str(when_cut.with_suffix(".sock"))
                _relay(config.endpoints.triton.removeprefix("unix:"), when_cut, own)
                moved[called] = f"unix:{own}"
            else:
                [moved[called]] = free_addresses(1)
                _relay(getattr(config.endpoints, called), when_cut, moved[called])
        endpoints = config.endpoints.model_copy(update=moved)
        apart = plan_processes(seen, replace(config, endpoints=endpoints), on_triton_line)
        whole[caller] = next(spec for spec in apart if spec.name == caller)
    return list(whole.values())


def _relay(address: str, when_cut: Path, own: str) -> None:
    """Starts a relay from `own` to an address; each is HOST:PORT or a socket's path."""
    if own.startswith("/"):
        Path(own).unlink(missing_ok=True)
        serving = asyncio.start_unix_server(_relaying(address, when_cut), own)
    else:
        host, _, port = own.rpartition(":")
        serving = asyncio.start_server(_relaying(address, when_cut), host, int(port))
    _running.add(asyncio.ensure_future(serving))


def _relaying(address: str, when_cut: Path) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]:
    async def whole() -> None:
        while when_cut.exists():
            await asyncio.sleep(_PAUSE_S)

    async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while some := await reader.read(65_536):
                await whole()
                writer.write(some)
                await writer.drain()
        await whole()
        writer.close()

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await whole()
        try:
            if address.startswith("/"):
                there = await asyncio.open_unix_connection(address)
            else:
                host, _, port = address.rpartition(":")
                there = await asyncio.open_connection(host, int(port))
        except OSError:
            writer.close()
            return
        await asyncio.gather(carry(reader, there[1]), carry(there[0], writer))

    return relay


if __name__ == "__main__":
    vars(run)["plan_processes"] = plan_with_relays
    main()
