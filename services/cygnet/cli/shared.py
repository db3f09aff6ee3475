"""Options that several commands have."""

from collections.abc import Callable
from pathlib import Path

import click

from cygnet.local.datadir import default_data_dir

data_dir_option = click.option(
    "--data-dir",
    type=click.Path(path_type=Path, file_okay=False),
    envvar="CYGNET_DATA_DIR",
    default=default_data_dir,
    show_default=".data in a checkout, else ~/.local/share/cygnet",
    help="Where this machine's game keeps everything.",
)


def server_options(command: Callable[..., None]) -> Callable[..., None]:
    """Adds --server and --token-file, for services that run elsewhere."""
    for option in (
        click.option(
            "--token-file", type=click.Path(path_type=Path, dir_okay=False), help="A file with the admin token."
        ),
        click.option(
            "--server",
            "servers",
            multiple=True,
            metavar="HOST:PORT",
            help="Admin port of a service elsewhere: give submission's, then leaderboard's.",
        ),
    ):
        command = option(command)
    return command
