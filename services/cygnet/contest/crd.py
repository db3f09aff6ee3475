"""Writes the CustomResourceDefinition from the models of the resource: `python -m cygnet.contest.crd > FILE`.

The API server then refuses by itself what is wrong, in the words of the models: bounds as OpenAPI, rules as CEL.
"""

import sys
from typing import Any

import yaml
from pydantic import BaseModel

from cygnet.contest.rules import RULES, JsonSchema, duration_text
from cygnet.contest.spec import GROUP, VERSION, ContestSpec, Spec
from cygnet.contest.status import Status

_HEAD = """\
# The Contest resource: the platform engineer's whole interface. Generated from services/cygnet/contest/spec.py and
# status.py by `make crd`; a test keeps it current.
"""
_READY = '.status.conditions[?(@.type=="Ready")]'
_COLUMNS = (
    ("Phase", "string", ".status.phase", "Where the contest stands."),
    ("Ready", "string", f"{_READY}.status", "Everything is as the spec asks."),
    ("Replicas", "integer", ".status.replicas", "Replicas of the models."),
    ("Participants", "integer", ".status.participants", "People who submitted a prompt."),
    ("Submissions", "integer", ".status.submissions", "Submissions that were taken."),
    ("Top", "string", ".status.top.summary", "Who leads."),
)
_WIDE_COLUMNS = (
    ("Model", "string", ".spec.model.generator.source", "What draws."),
    ("Queue wait", "string", ".status.queueWait", "How long the oldest waiting prompt has waited."),
    ("Reason", "string", f"{_READY}.reason", "Why it is ready or not."),
)
_ORDER = ("description", "type", "format", "required", "default")


def definition() -> JsonSchema:
    """Returns the CustomResourceDefinition."""
    columns = [
        {"name": name, "type": kind, "jsonPath": path, **priority, "description": words}
        for listed, priority in ((_COLUMNS, {}), (_WIDE_COLUMNS, {"priority": 1}))
        for name, kind, path, words in listed
    ]
    columns.append({"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"})
    version = {
        "name": VERSION,
        "served": True,
        "storage": True,
        "subresources": {
            "status": {},
            "scale": {
                "specReplicasPath": ".spec.gpu.replicas",
                "statusReplicasPath": ".status.replicas",
                "labelSelectorPath": ".status.selector",
            },
        },
        "additionalPrinterColumns": columns,
        "schema": {"openAPIV3Schema": _resource()},
    }
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"contests.{GROUP}"},
        "spec": {
            "group": GROUP,
            "scope": "Namespaced",
            "names": {
                "kind": "Contest",
                "listKind": "ContestList",
                "plural": "contests",
                "singular": "contest",
                "shortNames": ["ctst"],
                "categories": ["all", "cygnet"],
            },
            "versions": [version],
        },
    }


def text() -> str:
    """Returns the definition as YAML."""
    return _HEAD + yaml.safe_dump(definition(), sort_keys=False, allow_unicode=True, width=120)


def _resource() -> JsonSchema:
    """Returns the schema of the whole; Kubernetes itself knows what lies outside of spec and status."""
    return {
        "description": _one_line(ContestSpec.__doc__),
        "type": "object",
        "required": ["spec"],
        RULES: [rule.validation() for rule in ContestSpec.rules],
        "properties": {
            "apiVersion": {"type": "string", "description": f"{GROUP}/{VERSION}."},
            "kind": {"type": "string", "description": "Contest."},
            "metadata": {"type": "object"},
            "spec": _schema_of(Spec),
            "status": _schema_of(Status),
        },
    }


def _schema_of(model: type[BaseModel]) -> JsonSchema:
    schema = model.model_json_schema()
    return _structural(schema, schema.get("$defs", {}))


def _structural(node: JsonSchema, definitions: JsonSchema) -> JsonSchema:
    """Returns a node of pydantic's JSON schema as a structural schema of Kubernetes: no references, null or titles."""
    node = dict(node)
    if reference := node.pop("$ref", None):
        node = {**definitions[reference.rpartition("/")[2]], **node}
    if choices := [choice for choice in node.pop("anyOf", ()) if choice.get("type") != "null"]:
        if len(choices) == 1:
            return _structural({**choices[0], **node}, definitions)
        lengths = {name: value for choice in choices for name, value in choice.items() if name == "maxLength"}
        node |= {"x-kubernetes-int-or-string": True, **lengths}
    if "properties" in node:
        fields = {name: field for name, field in node["properties"].items() if not field.get("x-local-only")}
        node["properties"] = {name: _structural(field, definitions) for name, field in fields.items()}
        if node.get("default") is not None:
            node["default"] = {}  # its fields have defaults of their own
    for inner in ("items", "additionalProperties"):
        if isinstance(node.get(inner), dict):
            node[inner] = _structural(node[inner], definitions)
    if node.get("additionalProperties") is False:
        del node["additionalProperties"]
    if node.get("default", ...) is None:
        del node["default"]
    if "default" in node and node.get("type") == "string" and isinstance(node["default"], int):
        node["default"] = duration_text(node["default"])
    if "const" in node:
        node["enum"] = [node.pop("const")]  # a structural schema has no const
    if "description" in node:
        node["description"] = _one_line(node["description"])
    node.pop("title", None)
    node.pop("$defs", None)
    return {**{name: node[name] for name in _ORDER if name in node}, **node}


def _one_line(words: Any) -> str:
    return " ".join(str(words).split())


if __name__ == "__main__":
    sys.stdout.write(text())
