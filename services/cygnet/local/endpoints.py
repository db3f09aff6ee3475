"""Where the parts of a running game listen: chosen at its start, and left in a file for other commands."""

import random
import socket
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from cygnet.local.datadir import write_private
from cygnet.local.errors import UserError

_LOOPBACK = "127.0.0.1"
# Below the range from which Linux takes the ports of outgoing connections: there, a service that starts again
# could find its port taken by anybody's connection.
_FIRST_PORT, _LAST_PORT = 15_000, 32_000


class Endpoints(BaseModel):
    """Addresses as host:port, on the loopback interface except for `url`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: str
    """The game, through Envoy."""
    pid: int
    """The process that supervises all."""
    redis_url: str
    submission: str
    submission_admin: str
    leaderboard: str
    leaderboard_admin: str
    dedup: str
    worker: str
    """Serves health alone."""
    triton: str
    """A unix socket, which its owner alone may use: whoever reaches it may have it run code of theirs."""
    gateway: str
    admin_token_file: str
    metrics: dict[str, str]
    """URLs of the Prometheus endpoints by process."""

    def write(self, path: Path) -> None:
        """Writes the file that other commands read."""
        write_private(path, self.model_dump_json(indent=2) + "\n")

    @classmethod
    def read(cls, path: Path) -> "Endpoints":
        """Reads it.

        Raises:
            UserError: no game runs there, one of another version does, or the file may not be read.
        """
        try:
            return cls.model_validate_json(path.read_bytes())
        except (FileNotFoundError, NotADirectoryError):
            raise UserError(f"no game runs with the data in {path.parents[1]}; start one with `cygnet up`") from None
        except OSError as error:
            raise UserError(f"cannot read {path} ({error.strerror}); choose another folder with --data-dir") from None
        except ValidationError:
            raise UserError(f"{path} is of another version of Cygnet; use that one, or start the game again") from None


def free_addresses(count: int) -> list[str]:
    """Returns loopback addresses on which nobody listens now.

    Raises:
        UserError: there are fewer.
    """
    return [f"{_LOOPBACK}:{port}" for port in islice(_free_ports(_LOOPBACK), count)]


def why_not_free(host: str, port: int) -> OSError | None:
    """Returns why one cannot listen on a port, None where one can."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as candidate:
        candidate.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            candidate.bind((host, port))
            candidate.listen(1)
        except OSError as error:
            return error
    return None


def any_free_port(host: str) -> int:
    """Returns a port on which one can listen.

    Raises:
        UserError: none was found.
    """
    return next(_free_ports(host))


def lan_address() -> str | None:
    """Returns this machine's address in its network, None where it has none. Sends nothing."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            # Connecting a datagram socket only chooses the way out; the address is from the range for documentation.
            probe.connect(("192.0.2.1", 9))
            address = str(probe.getsockname()[0])
        except OSError:
            return None
    return None if address.startswith("127.") else address


def _free_ports(host: str) -> Iterator[int]:
    for port in random.sample(range(_FIRST_PORT, _LAST_PORT), _LAST_PORT - _FIRST_PORT):
        if why_not_free(host, port) is None:
            yield port
    raise UserError(f"there is no free port on {host}")
