"""Writes docs/contest-reference.md from the resource's schema and conditions: `python -m cygnet_operator.reference`."""

import sys
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from cygnet.contest.crd import definition
from cygnet_operator.status import REASONS

_HEAD = """# The Contest resource

Generated from `services/cygnet/contest/spec.py` by `make crd`, as is the CustomResourceDefinition itself
(`helm/cygnet/files/contest-crd.yaml`); a test keeps both current. The API server refuses what is wrong in the words
given here, and `cygnet apply` says the same. `kubectl explain contest.spec` shows the fields.
Short name: `ctst`. Scale: `kubectl scale contest/NAME --replicas=N`.
"""


def page(crd: Mapping[str, Any]) -> str:
    """Returns the reference page of a CustomResourceDefinition."""
    (version,) = crd["spec"]["versions"]
    schema = version["schema"]["openAPIV3Schema"]
    lines = [_HEAD, "## Rules for the whole\n", *(f"- {rule}" for rule in _rules(schema)), ""]
    for part in ("spec", "status"):
        section = schema["properties"][part]
        lines += [f"## {part}\n", section["description"], "", *(f"- {rule}" for rule in _rules(section))]
        lines += ["", "| field | type | default | what it is |", "|---|---|---|---|"]
        lines += [_row(path, field) for path, field in _fields(section, "")]
        lines.append("")
    lines += ["## Reasons of conditions\n", "| reason | meaning |", "|---|---|"]
    lines += [f"| `{reason}` | {words} |" for reason, words in REASONS.items()]
    return "\n".join(lines).replace("\n\n\n", "\n\n") + "\n"


def _fields(schema: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    required = schema.get("required", ())
    for name, field in schema.get("properties", {}).items():
        path = f"{prefix}{name}"
        yield path, {**field, "required": name in required}
        yield from _fields(field, f"{path}.")
        if field.get("type") == "array":
            yield from _fields(field["items"], f"{path}[].")


def _row(path: str, field: Mapping[str, Any]) -> str:
    words = [field.get("description", ""), *_bounds(field), *(f"_{rule}_" for rule in _rules(field))]
    if field.get("type") == "array":
        words += [f"_{rule}_" for rule in _rules(field["items"])]
    if isinstance(field.get("additionalProperties"), Mapping):
        words += [f"_{rule}_" for rule in _rules(field["additionalProperties"])]
    default = field.get("default")
    shown = "**required**" if field["required"] else "" if default in (None, {}, []) else f"`{_value(default)}`"
    text = " ".join(word if word.endswith((".", "_")) else f"{word}." for word in words if word)
    return f"| `{path}` | {_type(field)} | {shown} | {text.replace('|', chr(92) + '|')} |"


def _type(field: Mapping[str, Any]) -> str:
    kind = field.get("type", "value")
    if kind == "array":
        return f"list of {field['items'].get('type', 'value')}"
    if isinstance(field.get("additionalProperties"), Mapping):
        return "map"
    return "time" if field.get("format") == "date-time" else str(kind)


def _bounds(field: Mapping[str, Any]) -> Iterator[str]:
    if "enum" in field:
        yield "One of " + ", ".join(f"`{value}`" for value in field["enum"])
    if "minimum" in field or "maximum" in field:
        yield f"{field.get('minimum', '')} to {field.get('maximum', '')}"
    if "multipleOf" in field:
        yield f"A multiple of {field['multipleOf']}"
    if field.get("type") == "array" and "maxItems" in field:
        yield f"{field.get('minItems', 0)} to {field['maxItems']} of them"


def _rules(schema: Mapping[str, Any]) -> list[str]:
    return [
        f"{rule['fieldPath'].removeprefix('.')}: {rule['message']}" if "fieldPath" in rule else rule["message"]
        for rule in schema.get("x-kubernetes-validations", ())
    ]


def _value(default: Any) -> str:
    return yaml.safe_dump(default, default_flow_style=True).removesuffix("...\n").strip()


if __name__ == "__main__":
    sys.stdout.write(page(definition()))
