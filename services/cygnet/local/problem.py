"""What the command says when it cannot do what it was asked."""

import click

from cygnet.platform.errors import DomainError, InvalidRequest, NotFound


class Problem(click.ClickException):
    """One line that says what to do; exit status 1, and no traceback."""

    def format_message(self) -> str:
        return f"cygnet: {self.message}"

    def show(self, file: object = None) -> None:
        click.echo(self.format_message(), err=True)


def problem_of(error: DomainError) -> Problem:
    """Returns what to tell the organiser: one line for each wrong field, or the service's own words."""
    if isinstance(error, InvalidRequest):
        lines = [f"  {violation.field}: {violation.description}" for violation in error.violations]
        return Problem("\n".join(["the contest cannot be applied:", *lines]))
    if isinstance(error, NotFound):
        return Problem(error.message)
    return Problem(f"{error.message} ({error.reason})")
