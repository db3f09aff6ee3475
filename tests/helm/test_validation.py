"""Every rendered object, checked by a real API server: schema, unknown fields, CEL rules, the Pod Security Standard."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.operator.control_plane import NAMESPACE, ControlPlane, NoControlPlane, running
from tests.operator.other_kinds import NoDefinitions, defined

from .matrix import INSTALLATIONS
from .rendering import render

pytestmark = pytest.mark.timeout(300)

RELEASE = "cygnet"


@pytest.fixture(scope="module")
def plane() -> Iterator[ControlPlane]:
    """An API server whose namespace accepts restricted pods alone."""
    folder = Path(tempfile.mkdtemp(prefix="cygnet-chart-"))
    try:
        with running(folder) as control_plane:
            # What the API server looks up when it is asked for a pod.
            control_plane.kubectl("create", "serviceaccount", RELEASE, "-n", NAMESPACE)
            control_plane.kubectl("create", "priorityclass", "high", "--value=1000")
            with defined(control_plane, "podmonitors", "prometheusrules", "httproutes", "grpcroutes"):
                yield control_plane
    except (NoControlPlane, NoDefinitions) as reason:
        pytest.skip(str(reason))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.parametrize("values", INSTALLATIONS.values(), ids=INSTALLATIONS.keys())
def test_the_api_server_accepts_everything(plane: ControlPlane, values: dict[str, Any]) -> None:
    for item in render(values, name=RELEASE, namespace=NAMESPACE):
        if (item["kind"], item["metadata"]["name"]) != ("ServiceAccount", RELEASE):
            # Answers with an error, and so raises, where anything is unknown or refused.
            plane.api("POST", f"{_path(item)}?dryRun=All&fieldValidation=Strict", item)


def _path(item: dict[str, Any]) -> str:
    version, kind = item["apiVersion"], item["kind"].lower()
    root = f"/api/{version}" if "/" not in version else f"/apis/{version}"
    plural = f"{kind[:-1]}ies" if kind.endswith("y") else f"{kind}s"
    return f"{root}/{plural}" if kind == "customresourcedefinition" else f"{root}/namespaces/{NAMESPACE}/{plural}"
