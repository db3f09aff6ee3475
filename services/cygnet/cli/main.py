"""The `cygnet` command. Each command has a file of its own, and imports what is heavy only when it runs."""

import logging
from typing import Any

import click

from cygnet.cli.apply import apply
from cygnet.cli.board import board
from cygnet.cli.clients import clients
from cygnet.cli.contest import contest
from cygnet.cli.doctor import doctor
from cygnet.cli.replay import replay
from cygnet.cli.screens import pair, pass_, unpair
from cygnet.cli.status import status
from cygnet.cli.up import up
from cygnet.local.errors import UserError, message_of
from cygnet.platform.errors import DomainError


class Commands(click.Group):
    """Ends a command that cannot do its work with words on the standard error and exit status 1, not a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (UserError, DomainError) as error:
            click.echo(f"cygnet: {message_of(error)}", err=True)
            ctx.exit(1)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="cygnet")
def main() -> None:
    """AI drawing contests: prompts in, pictures drawn and scored fairly, a live leaderboard out.

    Play on this machine with `cygnet up`; then, in another terminal, look and change:

    \b
      cygnet status
      cygnet apply -f docs/examples/duck-and-swan.yaml --dry-run
      cygnet board --watch

    The other commands find the game that runs here by its --data-dir. For services elsewhere (on Kubernetes, through
    `kubectl port-forward`) give --server twice and --token-file. Exit status: 0 done, 1 not done or a finding, 2 a
    mistake in the command line. Set CYGNET_DATA_DIR instead of repeating --data-dir.
    """


# What libraries and shared modules log is for services; a command ends in its own words.
logging.getLogger("cygnet").addHandler(logging.NullHandler())

for _command in (pair, unpair, pass_):
    board.add_command(_command)
for _command in (up, apply, board, clients, contest, doctor, replay, status):
    main.add_command(_command)
