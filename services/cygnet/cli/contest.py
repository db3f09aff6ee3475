"""`cygnet contest …`: looks at contests."""

import asyncio

import click

from cygnet.cli.options import Installation, installation_options


@click.group()
def contest() -> None:
    """Look at contests."""


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
