"""The helm commands of docs/kubernetes.md that need more than one node: what they would install can be rendered."""

import re
import shlex
from pathlib import Path
from typing import Any

import helm_python
import pytest
import yaml

from .rendering import CHART, render

ROOT = CHART.parents[1]
DOCS = (ROOT / "docs" / "kubernetes.md").read_text()
RENDERED = re.findall(r"<!-- render -->\n```sh\n(.*?)```", DOCS, re.DOTALL)


@pytest.mark.parametrize("block", RENDERED)
def test_helm_commands_can_be_rendered(block: str) -> None:
    words = shlex.split(block)
    assert words[0] == "helm"
    assert (ROOT / words[words.index("cygnet") + 1]).samefile(CHART)
    values: dict[str, Any] = {}
    for flag, argument in zip(words, words[1:], strict=False):
        if flag == "-f":
            values |= yaml.safe_load((ROOT / argument).read_text())
        if flag == "--set":
            values |= helm_python.parse_set_string(argument)
    assert render(values)


def test_each_command_block_says_how_it_is_tested() -> None:
    """All but what needs kind, a registry, or a person who watches."""
    blocks = re.findall(r"(<!-- (?:run: \w+|render) -->)?\n```sh\n(.*?)```", DOCS, re.DOTALL)
    untested = [commands.split(maxsplit=1)[0] for mark, commands in blocks if not mark]
    assert len(blocks) > len(untested) > 0
    assert untested == ["kind", "kubectl", "make"]


def test_the_page_names_files_that_there_are() -> None:
    links = re.findall(r"\]\(([^)#]+)\)", DOCS)
    missing = [link for link in links if "://" not in link and not (Path(ROOT / "docs") / link).exists()]
    assert not missing
