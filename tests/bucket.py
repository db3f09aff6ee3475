"""A real object store for tests: versitygw, which speaks S3 over a folder, as a process of its own.

It comes from PATH, else from a cache outside the checkout, which Go fills the first time (a minute or two).
"""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from .ports import free_port
from .waiting import wait_for

_MODULE = "github.com/versity/versitygw/cmd/versitygw@v1.8.0"
_REGION = "eu-test-1"


class NoObjectStore(Exception):
    """The program cannot be had here; the text says why."""


@dataclass(frozen=True)
class Buckets:
    """A running store: a folder is a bucket, a file an object. `environment` is what its users are given."""

    folder: Path
    environment: dict[str, str]

    def new(self, name: str) -> Path:
        """Makes an empty bucket and returns its folder."""
        bucket = self.folder / name
        bucket.mkdir()
        return bucket


@contextmanager
def running() -> Iterator[Buckets]:
    """Starts a store with no bucket. Raises NoObjectStore."""
    server_program = program()
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="cygnet-buckets-") as folder:
        data, notes = Path(folder) / "data", Path(folder) / "notes"
        data.mkdir()
        notes.mkdir()
        account = {"AWS_ACCESS_KEY_ID": "tester", "AWS_SECRET_ACCESS_KEY": "a secret of the tests"}
        server = subprocess.Popen(
            # Notes beside the data: not every file system keeps extended attributes.
            [server_program, "--port", f"127.0.0.1:{port}", "--region", _REGION, "posix", "--sidecar", notes, data],
            env={
                "PATH": os.defpath,
                "ROOT_ACCESS_KEY": account["AWS_ACCESS_KEY_ID"],
                "ROOT_SECRET_KEY": account["AWS_SECRET_ACCESS_KEY"],
            },
            stdout=subprocess.DEVNULL,
        )
        try:
            wait_for(lambda: _answers(port, server), 20, "versitygw")
            where = {"AWS_ENDPOINT": f"http://127.0.0.1:{port}", "AWS_REGION": _REGION}
            yield Buckets(data, {**account, **where})
        finally:
            server.terminate()
            server.wait()


def program() -> str:
    """Returns where versitygw is. Raises NoObjectStore."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "cygnet" / "object-store"
    name = "versitygw"
    found = shutil.which(name) or shutil.which(name, path=str(cache))
    if found:
        return found
    if not shutil.which("go"):
        raise NoObjectStore(f"no {name}: it is built with Go, which is not installed")
    cache.mkdir(parents=True, exist_ok=True)
    # Built beside the cache and moved into it whole: two test processes may find it missing at the same time.
    with tempfile.TemporaryDirectory(dir=cache) as folder:
        built = subprocess.run(
            ["go", "install", "-ldflags=-s -w", _MODULE],
            env={**os.environ, "GOBIN": folder, "CGO_ENABLED": "0"},
            capture_output=True,
            text=True,
            timeout=900,
        )
        if built.returncode:
            raise NoObjectStore(f"no {name}: go install {_MODULE}: {built.stderr.strip()[-300:]}")
        os.replace(Path(folder) / name, cache / name)
    return str(cache / name)


def _answers(port: int, server: subprocess.Popen[bytes]) -> bool:
    if server.poll() is not None:
        raise RuntimeError(f"versitygw ended with status {server.returncode}")
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
