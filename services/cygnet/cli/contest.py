"""`cygnet contest …`: looks at contests, and ends them."""

import asyncio

import click

from cygnet.cli.options import Installation, installation_options


@click.group()
def contest() -> None:
    """Look at contests, and end them."""


@contest.command()
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of YAML.")
@installation_options
def show(name: str, as_json: bool, installation: Installation) -> None:
    """Show the document of a contest as the services have it: limits, models, and the digests of its targets.

    \b
      cygnet contest show duck-and-swan
      cygnet contest show duck-and-swan --json | jq .admission
    """
    import yaml
    from google.protobuf.json_format import MessageToDict, MessageToJson

    document = asyncio.run(installation.admin_apis().get(name))
    if as_json:
        click.echo(MessageToJson(document))
    else:
        click.echo(yaml.safe_dump(MessageToDict(document), sort_keys=False, allow_unicode=True), nl=False)


@contest.command()
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@installation_options
def reveal(name: str, as_json: bool, installation: Installation) -> None:
    """Publish the secret that decided how a contest's words were drawn, after its end and for good.

    All drawings for a target had one seed, which follows from the secret; players saw the secret's SHA-256 from the
    opening on. With the secret everybody can draw every prompt again and see that nothing was changed
    (docs/scoring.md says how). Doing it again changes nothing.

    \b
      cygnet contest reveal duck-and-swan
    """
    import json

    revealed = asyncio.run(installation.admin_apis().reveal(name))
    if as_json:
        document = {
            "secret": revealed.secret.hex(),
            "commitment": revealed.commitment,
            "counters": dict(revealed.counters),
        }
        click.echo(json.dumps(document))
        return
    click.echo(f"secret      {revealed.secret.hex()}\ncommitment  {revealed.commitment}")
    for target, counter in sorted(revealed.counters.items()):
        click.echo(f"counter     {counter}  {target}")


@contest.command()
@click.argument("name", default="")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@installation_options
def expiry(name: str, as_json: bool, installation: Installation) -> None:
    """Show when what people wrote and drew in a contest will be deleted, and what that is now. Changes nothing.

    It goes spec.retention after the end of the last window: submissions, results, the ranking and pictures, for good.
    To keep it for longer, apply the contest with a longer retention before that.

    \b
      cygnet contest expiry duck-and-swan
    """
    import json

    found = asyncio.run(installation.admin_apis().preview_expiry(name))
    expires = found.expires.ToJsonString() if found.HasField("expires") else None
    counts = {"submissions": found.submissions, "participants": found.participants, "pictures": found.pictures}
    if as_json:
        click.echo(json.dumps({"contest": found.contest, "expires": expires, **counts}))
        return
    click.echo(f"expires       {expires or 'never: a contest without windows has no end'}")
    for what, count in counts.items():
        click.echo(f"{what:12}  {count}")
