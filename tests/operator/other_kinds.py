"""The real definitions of kinds that Cygnet writes and others define: Gateway API, the Prometheus operator, KEDA.

Their repositories are Go modules, so Go's module proxy has them; `go mod download` keeps them in Go's own cache.
"""

import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from .control_plane import ControlPlane

_GATEWAY_API = ("sigs.k8s.io/gateway-api@v1.4.1", "config/crd/standard/gateway.networking.k8s.io_{}.yaml")
_PROMETHEUS_OPERATOR = (
    "github.com/prometheus-operator/prometheus-operator@v0.85.0",
    "example/prometheus-operator-crd/monitoring.coreos.com_{}.yaml",
)
_KEDA = ("github.com/kedacore/keda/v2@v2.18.3", "config/crd/bases/keda.sh_{}.yaml")
_WHERE = {
    "httproutes": _GATEWAY_API,
    "grpcroutes": _GATEWAY_API,
    "podmonitors": _PROMETHEUS_OPERATOR,
    "prometheusrules": _PROMETHEUS_OPERATOR,
    "scaledobjects": _KEDA,
}


class NoDefinitions(Exception):
    """They cannot be had here; the text says why."""


@contextmanager
def defined(plane: ControlPlane, *plurals: str) -> Iterator[None]:
    """Defines these kinds for as long as the block lasts. Raises NoDefinitions."""
    definitions = [_definition(plural) for plural in plurals]
    collection = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
    for definition in definitions:
        plane.api("POST", collection, definition)
    names = [definition["metadata"]["name"] for definition in definitions]
    try:
        for name in names:
            # Not --for=condition: a definition of this moment has no conditions, which kubectl takes for an error.
            established = '--for=jsonpath={.status.conditions[?(@.type=="Established")].status}=True'
            plane.kubectl("wait", established, f"crd/{name}", "--timeout=60s")
        yield
    finally:
        for name in names:
            plane.kubectl("delete", "crd", name)


def _definition(plural: str) -> dict[str, Any]:
    module, path = _WHERE[plural]
    definition: dict[str, Any] = yaml.safe_load((_folder(module) / path.format(plural)).read_text())
    return definition


@cache
def _folder(module: str) -> Path:
    if shutil.which("go") is None:
        raise NoDefinitions(f"the definitions in {module} come by Go's module proxy, and Go is not installed")
    done = subprocess.run(["go", "mod", "download", "-json", module], capture_output=True, text=True, timeout=120)
    answer = json.loads(done.stdout or "{}")
    if "Dir" not in answer:
        raise NoDefinitions(f"go mod download {module}: {answer.get('Error') or done.stderr}")
    return Path(answer["Dir"])
