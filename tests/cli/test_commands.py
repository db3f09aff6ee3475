"""What every command does with bad input: it ends in words that say what to do; and what its help costs and shows."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from cygnet.cli.main import main

ADDRESSES = ("--server", "127.0.0.1:1", "--server", "127.0.0.1:1")


def run(*arguments: str) -> Result:
    """Runs a command that ends before it calls anybody."""
    result = CliRunner().invoke(main, arguments)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
    return result


def commands() -> Iterator[click.Command]:
    """All commands, those of groups included."""
    for command in main.commands.values():
        if isinstance(command, click.Group):
            yield from command.commands.values()
        if not isinstance(command, click.Group) or command.invoke_without_command:
            yield command


def test_an_error_is_one_line_without_a_traceback(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "cygnet.cli", "status", "--data-dir", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("cygnet: no game runs with the data in") and done.stderr.count("\n") == 1


def test_help_does_not_wait_for_what_it_does_not_need() -> None:
    heavy = ("grpc", "numpy", "starlette", "redis", "pydantic")
    program = f"import sys, cygnet.cli.main; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("command", list(commands()), ids=lambda command: command.name)
def test_help_shows_how_a_command_is_used(command: click.Command) -> None:
    assert re.search(rf"\n +cygnet ((contest|board|clients) )?{command.name}", command.help or "")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["apply", "-f", "/dev/zero"], "larger than 1048576 bytes"),
        (["apply", "-f", "/no/such/file.yaml"], "there is no such file"),
        (["apply", "-f", "/"], "Is a directory"),
        (["board", *ADDRESSES], "--token-file"),
        (["board", *ADDRESSES[:2], "--token-file", "/dev/null"], "give --server twice"),
        (["board", *ADDRESSES, "--token-file", "/no/such/token"], "cannot read the admin token in /no/such/token"),
        (["contest", "show", "x", *ADDRESSES, "--token-file", "/dev/zero"], "/dev/zero holds no admin token"),
        (["doctor", *ADDRESSES, "--token-file", "/dev/null"], "give --triton and --pictures as well"),
        (["status"], "no game runs with the data in"),
        (["up", "--data-dir", "/dev/null/data"], "choose another with --data-dir"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(
    arguments: list[str], words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CYGNET_DATA_DIR", str(tmp_path))
    result = run(*arguments)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("cygnet: ") and words in result.stderr and result.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["board", "--server", "somewhere"], "'somewhere' is no HOST:PORT"),
        (["doctor", "--triton", "8001"], "'8001' is no HOST:PORT"),
        (["doctor", "--pictures", "somewhere"], "file:///PATH or s3://BUCKET/PREFIX"),
        (["board", "--top", "0"], "--top"),
        (["up", "--port", "99999"], "--port"),
        (["status", "--data-dir", __file__], "--data-dir"),
        (["apply"], "--file"),
    ],
)
def test_a_mistake_in_the_command_line_names_its_option(arguments: list[str], words: str) -> None:
    result = run(*arguments)
    assert result.exit_code == 2 and words in result.stderr and "--help" in result.stderr
