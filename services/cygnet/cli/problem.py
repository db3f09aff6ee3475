"""What the command says when it cannot do what it was asked."""

import click


class Problem(click.ClickException):
    """One line that says what to do; exit status 1, and no traceback."""

    def format_message(self) -> str:
        return f"cygnet: {self.message}"

    def show(self, file: object = None) -> None:
        click.echo(self.format_message(), err=True)
