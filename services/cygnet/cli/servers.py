"""Which installation a command talks to: the game that runs on this machine, or services somewhere else."""

from pathlib import Path

from cygnet.contest.client import AdminApis
from cygnet.local.datadir import DataDir
from cygnet.local.endpoints import Endpoints
from cygnet.local.problem import Problem


def admin_apis(data_dir: Path, servers: tuple[str, ...], token_file: Path | None) -> AdminApis:
    """Returns the admin APIs of `servers` (submission, leaderboard) where given, else of this machine's game."""
    if not servers and token_file is None:
        endpoints = Endpoints.read(DataDir(data_dir).endpoints)
        return AdminApis(
            endpoints.submission_admin, endpoints.leaderboard_admin, _token(Path(endpoints.admin_token_file))
        )
    if len(servers) != 2 or token_file is None:
        raise Problem(
            "for services elsewhere give --server twice, with the admin ports of submission and of leaderboard, "
            "and --token-file"
        )
    return AdminApis(servers[0], servers[1], _token(token_file))


def _token(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError as error:
        raise Problem(f"cannot read the admin token in {path}: {error.strerror}") from None
