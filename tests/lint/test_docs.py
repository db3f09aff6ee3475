"""The reference pages are what the code says: generated ones are current, the error catalogue names every reason."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from google.rpc import code_pb2

from cygnet.platform import errors
from cygnet.platform.grpc.status import to_status
from cygnet_docs import __main__ as generator

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "docs" / "reference"
SOURCES = [path for root in ("services", "operator") for path in (ROOT / root).rglob("*.py") if "_pb2" not in path.name]
ERRORS: dict[str, type[errors.DomainError]] = {
    name: kind for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, errors.DomainError)
}


@pytest.mark.parametrize("name", generator.PAGES)
def test_a_generated_page_is_current(name: str) -> None:
    assert (REFERENCE / name).read_text() == generator.PAGES[name](ROOT), "run `make docs`"


def catalogue() -> dict[str, str]:
    """Reason to code, as the page has them."""
    rows = re.findall(r"^\| `([A-Z_]+)` \| ([A-Z_]+) \|", (REFERENCE / "errors.md").read_text(), re.MULTILINE)
    assert len(rows) == len({reason for reason, _ in rows})
    return dict(rows)


def raised() -> Iterator[tuple[str, str]]:
    """The reasons that the code gives its errors, with the error's class; a reason in a variable is not seen."""
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call):
                continue
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            for keyword in node.keywords:
                if name in ERRORS and keyword.arg == "reason" and isinstance(keyword.value, ast.Constant):
                    yield str(keyword.value.value), name


def code_of(kind: type[errors.DomainError]) -> str:
    example = kind.__new__(kind)
    example.__dict__ |= {"message": "words", "reason": "REASON", "violations": (), "retry_after_s": 1.0}
    return str(code_pb2.Code.Name(to_status(example).code))


def test_the_catalogue_has_every_reason_with_its_code() -> None:
    listed = catalogue()
    found = {reason: code_of(ERRORS[kind]) for reason, kind in raised()}
    found |= {kind.default_reason: code_of(kind) for kind in ERRORS.values()}
    assert {reason: listed.get(reason) for reason in found} == found


def test_the_catalogue_has_no_reason_that_nothing_says() -> None:
    said = {
        node.value
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    failures = re.findall(r"^\| `([A-Z_]+)` \| [^A-Z]*[A-Z][a-z]", (REFERENCE / "errors.md").read_text(), re.MULTILINE)
    assert len(failures) == 5
    assert [reason for reason in [*catalogue(), *failures] if reason not in said] == []
