"""Options that several commands have: which installation they talk to."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cygnet.local.datadir import DataDir, default_data_dir
from cygnet.local.errors import UserError

if TYPE_CHECKING:
    from cygnet.contest.client import AdminApis
    from cygnet.local.endpoints import Endpoints

_LONGEST_TOKEN = 10_000


def check_addresses(context: click.Context, option: click.Parameter, value: Any) -> Any:
    """Refuses an option's value, or one of its values, that is no HOST:PORT. A callback for `click.option`."""
    for address in (value,) if isinstance(value, str) else value or ():
        if not re.fullmatch(r"\S+:[0-9]{1,5}", address):
            raise click.BadParameter(f"{address!r} is no HOST:PORT, as in localhost:8001")
    return value


data_dir_option = click.option(
    "--data-dir",
    type=click.Path(path_type=Path, file_okay=False),
    envvar="CYGNET_DATA_DIR",
    default=default_data_dir,
    show_default=".data in a checkout, else ~/.local/share/cygnet",
    help="Where this machine's game keeps everything.",
)


@dataclass(frozen=True)
class Installation:
    """The game that runs on this machine, or services elsewhere."""

    data_dir: DataDir
    servers: tuple[str, ...]
    """Elsewhere: the admin ports of submission and of leaderboard, as host:port."""
    token_file: Path | None

    def endpoints(self) -> "Endpoints":
        """Returns where the parts of this machine's game listen.

        Raises:
            UserError: no game runs here.
        """
        from cygnet.local.endpoints import Endpoints

        return Endpoints.read(self.data_dir.endpoints)

    def admin_apis(self) -> "AdminApis":
        """Returns the admin APIs.

        Raises:
            UserError: no game runs here, half of the services elsewhere is named, or there is no token to read.
        """
        from cygnet.contest.client import AdminApis

        if not self.servers and self.token_file is None:
            at = self.endpoints()
            return AdminApis(at.submission_admin, at.leaderboard_admin, _token(Path(at.admin_token_file)))
        if len(self.servers) != 2 or self.token_file is None:
            raise UserError(
                "for services elsewhere give --server twice, with the admin ports of submission and of leaderboard, "
                "and --token-file"
            )
        return AdminApis(*self.servers, _token(self.token_file))


def installation_options(command: Callable[..., None]) -> Callable[..., None]:
    """Adds --data-dir, --server and --token-file; the command is given an `installation`."""

    @data_dir_option
    @click.option(
        "--server",
        "servers",
        callback=check_addresses,
        multiple=True,
        metavar="HOST:PORT",
        help="Admin port of a service elsewhere: give submission's, then leaderboard's.",
    )
    @click.option("--token-file", type=click.Path(path_type=Path, dir_okay=False), help="A file with the admin token.")
    @wraps(command)
    def wrapper(data_dir: Path, servers: tuple[str, ...], token_file: Path | None, **options: object) -> None:
        command(installation=Installation(DataDir(data_dir), servers, token_file), **options)

    return wrapper


def _token(path: Path) -> str:
    try:
        with path.open("rb") as file:
            token = file.read(_LONGEST_TOKEN).decode("ascii").strip()
    except OSError as error:
        raise UserError(f"cannot read the admin token in {path}: {error.strerror}") from None
    except UnicodeDecodeError:
        token = ""
    if not token.isprintable() or not token:
        raise UserError(f"{path} holds no admin token: it is one line of letters and digits")
    return token
