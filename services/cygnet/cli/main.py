"""The `cygnet` command. Each command group has a file of its own, and imports what is heavy only when it runs."""

import click

from cygnet.cli.apply import apply
from cygnet.cli.board import board
from cygnet.cli.contest import contest
from cygnet.cli.doctor import doctor
from cygnet.cli.status import status
from cygnet.cli.up import up


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="cygnet")
def main() -> None:
    """AI drawing contests: prompts in, pictures drawn and scored fairly, a live leaderboard out."""


for _command in (up, apply, board, contest, doctor, status):
    main.add_command(_command)
