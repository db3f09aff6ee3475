"""The folder in which one installation on one machine keeps everything: data, secrets, logs, and what runs now."""

import fcntl
import hashlib
import os
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import cygnet
from cygnet.local.errors import UserError

_LONGEST_SOCKET_PATH = 107
"""Bytes, see unix(7)."""
_CHECKOUT = Path(cygnet.__file__).parents[2]


def default_data_dir() -> Path:
    """Returns `.data` beside the sources when Cygnet runs from a checkout, else where the desktop keeps such things."""
    if (_CHECKOUT / "pyproject.toml").is_file() and (_CHECKOUT / "triton_models").is_dir():
        return _CHECKOUT / ".data"
    base = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return Path(base) / "cygnet"


def source_path(*parts: str) -> Path:
    """Returns a path in the checkout that Cygnet runs from; whether there is one shows when it is used."""
    return _CHECKOUT.joinpath(*parts)


class DataDir:
    """The folder's parts. Only its owner may enter it."""

    def __init__(self, root: Path) -> None:
        self.root = root.expanduser().resolve()
        self.logs = self.root / "logs"
        self.run = self.root / "run"
        self.pictures = self.root / "pictures"
        self.redis = self.root / "redis"
        self.endpoints = self.run / "endpoints.json"
        self.models = self.root / "models.json"
        self._secrets = self.root / "secrets"

    def make(self) -> None:
        """Creates the folders.

        Raises:
            UserError: that is not possible.
        """
        try:
            for folder in (self.root, self.logs, self.run, self.pictures, self.redis, self._secrets):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.root.chmod(0o700)
        except OSError as error:
            raise UserError(
                f"cannot use {self.root} for data ({error.strerror}); choose another with --data-dir"
            ) from None

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Holds the folder for this process alone; the kernel gives it back however the process ends.

        Raises:
            UserError: another process holds it.
        """
        lock = os.open(self.run / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                holder = os.read(lock, 100).decode(errors="replace").strip() or "unknown"
                raise UserError(
                    f"another cygnet (process {holder}) runs with the data in {self.root}; "
                    "stop that one, or choose another folder with --data-dir"
                ) from None
            os.ftruncate(lock, 0)
            os.write(lock, f"{os.getpid()}\n".encode())
            yield
        finally:
            os.close(lock)

    def secret(self, name: str) -> str:
        """Returns a secret of 43 characters, made at the first call and the same ever after."""
        path = self._secrets / name
        if not path.exists():
            write_private(path, secrets.token_urlsafe(32))
        return path.read_text().strip()

    def secret_file(self, name: str) -> Path:
        """Returns where a secret is kept."""
        return self._secrets / name

    def socket(self, name: str) -> Path:
        """Returns a path for a unix socket: here, or in a short private folder where the path would be too long.

        Raises:
            UserError: that short folder is somebody else's.
        """
        path = self.run / name
        if len(os.fsencode(path)) <= _LONGEST_SOCKET_PATH:
            return path
        mark = hashlib.sha256(os.fsencode(self.root)).hexdigest()[:16]
        short = Path(tempfile.gettempdir()) / f"cygnet-{os.getuid()}-{mark}"
        short.mkdir(mode=0o700, exist_ok=True)
        status = short.lstat()
        if status.st_uid != os.getuid() or status.st_mode & 0o077:
            raise UserError(f"{short} belongs to somebody else; choose a --data-dir with a shorter path")
        return short / name


def write_private(path: Path, text: str) -> None:
    """Writes a file that only its owner may read, whole or not at all."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(handle, "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise
