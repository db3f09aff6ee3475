"""`cygnet clients`: where calls come from, and an end to a flood."""

import asyncio
import json
from typing import TYPE_CHECKING, Any

import click

from cygnet.cli.options import Installation, installation_options

if TYPE_CHECKING:
    from cygnet.internal.v1 import admin_pb2

_yes_option = click.option("--yes", is_flag=True, help="Do it; without this only say what would be done.")
_json_option = click.option("--json", "as_json", is_flag=True, help="Print a JSON object.")


class _ListingByDefault(click.Group):
    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args or args[0] not in {*self.commands, "-h", "--help"}:
            args = ["list", *args]
        return super().parse_args(ctx, args)


@click.group(cls=_ListingByDefault)
def clients() -> None:
    """See where joins and submissions come from, and end a flood.

    A client is an address (of IPv6, its /48: what one subscriber has) under a name that tells nobody which. The hall
    is often one client: so ending one never touches sessions that are present, and whoever is behind the same address
    comes in by the code on the big screen.

    \b
      cygnet clients
      cygnet clients pycon-kr --json
      cygnet clients end pycon-kr k3m9p2xqaz
      cygnet clients end pycon-kr k3m9p2xqaz --yes
      cygnet clients allow pycon-kr k3m9p2xqaz
    """


@clients.command("list")
@click.argument("contest", default="")
@_json_option
@installation_options
def list_(contest: str, as_json: bool, installation: Installation) -> None:
    """List the clients of the last ten minutes, those with the most calls first; of the only contest, if none is named.

    "1m" is the last minute, "10m" the last ten. SESSIONS are from outside, PRESENT are those in the hall. At most 2,048
    clients are counted in a minute, and the newest 20,000 sessions are known of either kind.

    \b
      cygnet clients list
      cygnet clients list pycon-kr --json
    """
    listed = asyncio.run(installation.admin_apis().list_clients(contest))
    if as_json:
        facts = {"contest": listed.contest, "clients": list(map(_facts, listed.clients)), "more": listed.more}
        click.echo(json.dumps(facts))
        return
    if not listed.clients:
        click.echo(f"{listed.contest}: nobody joined or submitted in the last ten minutes")
        return
    click.echo("CLIENT      JOINS 1m    10m  SUBMITS 1m    10m  SESSIONS  PRESENT")
    for each in listed.clients:
        ended = "  ended" if each.HasField("ended_at") else ""
        click.echo(
            f"{each.id}  {each.joins_last_minute:8} {each.joins:6}  {each.submits_last_minute:10} {each.submits:6}"
            f"  {each.sessions:8}  {each.present:7}{ended}"
        )
    if listed.more:
        click.echo(f"and {listed.more} more, with fewer calls")


@clients.command()
@click.argument("contest")
@click.argument("client")
@_yes_option
@_json_option
@installation_options
def end(contest: str, client: str, yes: bool, as_json: bool, installation: Installation) -> None:
    """End what CLIENT does as somebody from outside.

    Its waiting drawings leave the queue, but for those that somebody else waits for too; within a second its joins and
    submissions are refused, with words that say whom to ask. Sessions that are present go on, and whoever scans the
    code on the big screen comes in, or whom you let in (`cygnet board pass`). It holds for 14 days, or until `cygnet
    clients allow`. With `admission.presence: off` nobody is present: everybody behind the address is hit.

    \b
      cygnet clients end pycon-kr k3m9p2xqaz        # says what it would do
      cygnet clients end pycon-kr k3m9p2xqaz --yes
    """
    ended = asyncio.run(installation.admin_apis().end_client(contest, client, dry_run=not yes))
    if as_json:
        click.echo(json.dumps({"done": yes, "client": _facts(ended.client), "drawings": ended.drawings}))
        return
    sessions, drawings = _several(ended.client.sessions, "session"), _several(ended.drawings, "waiting drawing")
    present = _several(ended.client.present, "present session")
    if yes:
        click.echo(f"ended {client}: {drawings} left the queue, {sessions} refused from now on, {present} not touched")
    else:
        click.echo(
            f"would end {client}: {drawings} would leave the queue, {sessions} would be refused, {present} not touched"
            "\nadd --yes to do it"
        )


@clients.command()
@click.argument("contest")
@click.argument("client")
@installation_options
def allow(contest: str, client: str, installation: Installation) -> None:
    """Let CLIENT play again, within a second. What was taken out of the queue has to be sent again.

    \b
      cygnet clients allow pycon-kr k3m9p2xqaz
    """
    changed = asyncio.run(installation.admin_apis().allow_client(contest, client))
    click.echo(f"{client} may play again" if changed else f"{client} was not ended")


def _facts(client: "admin_pb2.Client") -> dict[str, Any]:
    return {
        "id": client.id,
        "joins": client.joins,
        "joinsLastMinute": client.joins_last_minute,
        "submits": client.submits,
        "submitsLastMinute": client.submits_last_minute,
        "sessions": client.sessions,
        "present": client.present,
        "endedAt": client.ended_at.ToJsonString() if client.HasField("ended_at") else None,
    }


def _several(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"
