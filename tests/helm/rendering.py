"""The chart, rendered without a cluster."""

import functools
import json
from pathlib import Path
from typing import Any

import helm_python
import yaml

CHART = Path(__file__).parents[2] / "helm" / "cygnet"
Values = dict[str, Any]
Object = dict[str, Any]


@functools.cache
def chart() -> helm_python.Chart:
    """Returns the chart."""
    return helm_python.Chart.load(CHART)


def render(values: Values, name: str = "cygnet", namespace: str = "booth") -> list[Object]:
    """Returns the objects that these values make. Raises helm_python.HelmError where they are refused."""
    return _rendered(json.dumps(values), name, namespace)


@functools.cache
def _rendered(values: str, name: str, namespace: str) -> list[Object]:
    chart().validate_schema(json.loads(values))
    manifests = chart().render(json.loads(values), name=name, namespace=namespace, is_install=True)
    return [
        item
        for path, text in sorted(manifests.items())
        if path.endswith(".yaml")
        for item in yaml.safe_load_all(text)
        if item
    ]


def of_kind(objects: list[Object], kind: str) -> dict[str, Object]:
    """Returns the objects of a kind by name."""
    return {item["metadata"]["name"]: item for item in objects if item["kind"] == kind}


def pod_templates(objects: list[Object]) -> dict[str, Object]:
    """Returns every pod that there will be, by the name of what makes it: {metadata, spec}."""
    found = {}
    for item in objects:
        if item["kind"] in ("Deployment", "StatefulSet", "Job"):
            found[item["metadata"]["name"]] = item["spec"]["template"]
        elif item["kind"] == "Pod":
            found[item["metadata"]["name"]] = item
    return found


def containers(template: Object) -> list[Object]:
    """Returns all containers of a pod, those that run before it included."""
    spec = template["spec"]
    return [*spec.get("initContainers", []), *spec["containers"]]


def example(name: str) -> Values:
    """Returns one of the chart's example values."""
    values: Values = yaml.safe_load((CHART / "examples" / f"{name}.yaml").read_text())
    return values
