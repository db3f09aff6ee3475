"""`cygnet contest …`: looks at contests."""

from pathlib import Path

import click

from cygnet.cli.shared import data_dir_option, server_options


@click.group()
def contest() -> None:
    """Look at contests."""


@contest.command()
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of YAML.")
@data_dir_option
@server_options
def show(name: str, as_json: bool, data_dir: Path, servers: tuple[str, ...], token_file: Path | None) -> None:
    """Show the document of a contest as the services have it."""
    import asyncio

    import yaml
    from google.protobuf.json_format import MessageToDict, MessageToJson

    from cygnet.cli.servers import admin_apis
    from cygnet.local.problem import problem_of
    from cygnet.platform.errors import DomainError

    try:
        document = asyncio.run(admin_apis(data_dir, servers, token_file).get(name))
    except DomainError as error:
        raise problem_of(error) from None
    if as_json:
        click.echo(MessageToJson(document))
    else:
        click.echo(yaml.safe_dump(MessageToDict(document), sort_keys=False, allow_unicode=True), nl=False)
