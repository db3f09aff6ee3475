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


def plan_with_relays(data: DataDir, config: GameConfig, on_triton_line: Callable[[str], None]) -> list[ProcessSpec]:
    """Plans each part as if all that it calls were where its relays are."""
    whole = {spec.name: spec for spec in plan_processes(data, config, on_triton_line)}
    for caller in dict.fromkeys(caller for caller, _ in WAYS):
        moved = {}
        for called in (called for other, called in WAYS if other == caller):
            name = "redis_url" if called == "redis" else called
            moved[name] = _relay(getattr(config.endpoints, name), cut(data.root, caller, called))
        endpoints = config.endpoints.model_copy(update=moved)
        apart = plan_processes(data, replace(config, endpoints=endpoints), on_triton_line)
        whole[caller] = next(spec for spec in apart if spec.name == caller)
    return list(whole.values())


def _relay(address: str, when_cut: Path) -> str:
    """Starts a relay to an address, HOST:PORT or a unix socket's as Redis or gRPC have it; returns its own."""
    kind, is_socket, path = address.rpartition("unix:")
    if is_socket:
        own = str(when_cut.with_suffix(".sock"))
        Path(own).unlink(missing_ok=True)
        serving = asyncio.start_unix_server(_relaying(path.removeprefix("//"), when_cut), own)
        address_of_relay = f"{kind}unix:{'//' if path.startswith('//') else ''}{own}"
    else:
        [address_of_relay] = free_addresses(1)
        host, _, port = address_of_relay.rpartition(":")
        serving = asyncio.start_server(_relaying(address, when_cut), host, int(port))
    _running.add(asyncio.ensure_future(serving))
    return address_of_relay


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
