"""The reference page says what the schema says, and the schema says something about every field."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cygnet.contest.crd import definition, text
from cygnet_operator.reference import page

ROOT = Path(__file__).parents[2]
CRD_FILE = ROOT / "helm" / "cygnet" / "files" / "contest-crd.yaml"
SCHEMA = definition()["spec"]["versions"][0]["schema"]["openAPIV3Schema"]


def fields(schema: dict[str, Any], path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, field in schema.get("properties", {}).items():
        yield f"{path}.{name}", field
        yield from fields(field, f"{path}.{name}")
        if "items" in field:
            yield from fields(field["items"], f"{path}.{name}[]")


SPEC = list(fields(SCHEMA["properties"]["spec"], "spec"))
ALL = SPEC + list(fields(SCHEMA["properties"]["status"], "status"))


def test_the_page_and_the_definition_are_current() -> None:
    written = (ROOT / "docs" / "contest-reference.md").read_text(encoding="utf-8")
    assert written == page(definition()), "run: make crd"
    assert CRD_FILE.read_text(encoding="utf-8") == text(), "run: make crd"


def test_every_field_is_described() -> None:
    assert [path for path, field in ALL if not field.get("description")] == []


def test_every_text_list_and_number_of_the_spec_is_bounded() -> None:
    def unbounded(field: dict[str, Any]) -> bool:
        limits = {"string": {"maxLength", "enum"}, "array": {"maxItems"}, "integer": {"maximum", "format"}}
        wanted = limits.get(field.get("type", ""), set())
        return bool(wanted) and not wanted & set(field)

    assert [path for path, field in SPEC if unbounded(field)] == []


def test_nothing_unknown_is_kept() -> None:
    written = text()
    assert "x-kubernetes-preserve-unknown-fields" not in written
    assert "additionalProperties: true" not in written


def test_every_rule_has_words() -> None:
    rules = [rule for _, field in ALL for rule in field.get("x-kubernetes-validations", ())]
    assert rules and all(rule.get("message") for rule in rules)
