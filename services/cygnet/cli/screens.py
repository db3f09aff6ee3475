"""`cygnet board pair`, `unpair` and `pass`: which screens show presence codes, and who is let in without one."""

import asyncio
import json

import click

from cygnet.cli.options import Installation, installation_options

_contest_option = click.option(
    "--contest", default="", metavar="NAME", help="Which contest.  [default: the only one there is]"
)
_json_option = click.option("--json", "as_json", is_flag=True, help="Print a JSON object.")


@click.command()
@_contest_option
@_json_option
@installation_options
def pair(contest: str, as_json: bool, installation: Installation) -> None:
    """Pair a screen: from then on its QR code lets people in the hall come first.

    The code on a paired screen is a new one every 30 seconds; whoever scans it is present (spec.admission.presence).
    Whoever opens the board without pairing it sees the ranking, and a QR code that leads to the game and says nothing
    of where they are. Open the printed address on the screen within ten minutes; it works for one screen. The network
    that a paired screen is in counts as the hall.

    \b
      cygnet board pair
      cygnet board pair --contest pycon-kr
    """
    made = asyncio.run(installation.admin_apis().pair_board(contest))
    _print(installation, f"/c/{made.contest}/board#pair={made.pairing_code}", "open this on the big screen", as_json)


@click.command()
@_contest_option
@_json_option
@installation_options
def unpair(contest: str, as_json: bool, installation: Installation) -> None:
    """Forget all paired screens: within 15 seconds none shows a code that lets people in.

    Who is present stays present. Pair the screens that are really yours again.

    \b
      cygnet board unpair
    """
    screens = asyncio.run(installation.admin_apis().unpair_boards(contest)).screens
    if as_json:
        click.echo(json.dumps({"screens": screens}))
    else:
        click.echo(f"{screens} screen{'' if screens == 1 else 's'} unpaired")


@click.command("pass")
@_contest_option
@_json_option
@installation_options
def pass_(contest: str, as_json: bool, installation: Installation) -> None:
    """Let one person in who cannot scan the screen: an address that makes one phone present, within ten minutes.

    \b
      cygnet board pass
    """
    made = asyncio.run(installation.admin_apis().make_pass(contest))
    _print(installation, f"/c/{made.contest}#p={made.code}", "for one person, on their own phone", as_json)


def _print(installation: Installation, path: str, what: str, as_json: bool) -> None:
    # Of services elsewhere only the admin ports are known.
    base = "" if installation.servers else installation.endpoints().url.rstrip("/")
    if as_json:
        click.echo(json.dumps({"url": base + path}))
        return
    click.echo(f"{what}, within ten minutes; it works once:\n  {base or '<address of the game>'}{path}")
