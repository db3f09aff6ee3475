"""The real submission, leaderboard and dedup services as processes of their own, for what doubles cannot show."""

import asyncio
import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import grpc

from ..ports import free_port
from ..redis_urls import as_user
from ..workloads import KEYS
from .services import own_address


@dataclass
class RealServices:
    """Two replicas each of the services that take contest documents, and one dedup."""

    redis_url: str
    token: str
    folder: Path
    public: dict[str, list[int]] = field(default_factory=dict)
    """Public ports by service, on loopback."""
    admin: dict[str, list[int]] = field(default_factory=dict)
    """Admin ports by service, on this machine's own address."""
    dedup: int = field(default_factory=free_port)
    _running: dict[tuple[str, int], "subprocess.Popen[bytes]"] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for service in ("submission", "leaderboard"):
            self.public[service] = [free_port(), free_port()]
            self.admin[service] = [free_port(), free_port()]

    def start(self, service: str, number: int) -> None:
        """Starts a replica; returns before it answers."""
        with (self.folder / f"{service}-{number}.log").open("ab") as log:
            self._running[service, number] = subprocess.Popen(
                [sys.executable, "-m", f"cygnet.{service}"],
                env={**os.environ, **self._settings(service, number)},
                stdout=log,
                stderr=log,
            )

    def kill(self, service: str, number: int) -> None:
        """Ends a replica as a lost node does."""
        process = self._running.pop((service, number))
        process.kill()
        process.wait()

    @contextlib.contextmanager
    def all_running(self) -> Iterator["RealServices"]:
        """Everything runs and answers when the block begins."""
        replicas = [("dedup", 0), *((service, i) for service in self.public for i in range(2))]
        try:
            for service, number in replicas:
                self.start(service, number)
            asyncio.run(self._answer())
            yield self
        finally:
            for service, number in list(self._running):
                self.kill(service, number)

    async def _answer(self) -> None:
        addresses = [f"127.0.0.1:{port}" for port in (self.dedup, *sum(self.public.values(), []))]
        addresses += [f"{own_address()}:{port}" for port in sum(self.admin.values(), [])]
        for address in addresses:
            async with grpc.aio.insecure_channel(address) as channel:
                await asyncio.wait_for(channel.channel_ready(), 90)

    def _settings(self, service: str, number: int) -> dict[str, str]:
        if service == "dedup":
            chosen = {
                "LISTEN": f"127.0.0.1:{self.dedup}",
                "LEADERBOARD_ADDRESS": f"127.0.0.1:{self.public['leaderboard'][0]}",
            }
        else:
            chosen = {
                "LISTEN": f"127.0.0.1:{self.public[service][number]}",
                "ADMIN_LISTEN": f"{own_address()}:{self.admin[service][number]}",
                "ADMIN_TOKEN": self.token,
            }
        chosen["INSTALLATION_KEYS"] = KEYS
        if service == "submission":
            chosen |= {
                "DEDUP_ADDRESS": f"127.0.0.1:{self.dedup}",
                "SESSION_KEYS": "k1:a session key that is long enough for it",
                "PICTURES_URL": self.folder.as_uri(),
            }
        return {f"CYGNET_{service.upper()}_{name}": value for name, value in chosen.items()} | {
            f"CYGNET_{service.upper()}_REDIS_URL": as_user(self.redis_url, service)
        }
