"""Every rendered object, checked by a real API server: schema, unknown fields, CEL rules, the Pod Security Standard."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.operator.control_plane import NAMESPACE, ControlPlane, NoControlPlane, running

from .matrix import INSTALLATIONS
from .rendering import of_kind, render

pytestmark = [pytest.mark.control_plane, pytest.mark.timeout(300)]

# Kinds of others, whose definitions the API server of the tests does not have.
ELSEWHERE = {"PodMonitor", "PrometheusRule", "HTTPRoute", "GRPCRoute"}


@pytest.fixture(scope="module")
def plane() -> Iterator[ControlPlane]:
    """An API server whose namespace accepts restricted pods alone."""
    folder = Path(tempfile.mkdtemp(prefix="cygnet-chart-"))
    try:
        with running(folder) as control_plane:
            control_plane.kubectl("label", "namespace", NAMESPACE, "pod-security.kubernetes.io/warn=restricted")
            # What the API server looks up when it is asked for a pod.
            accounts = of_kind(render({}, namespace=NAMESPACE), "ServiceAccount").values()
            control_plane.kubectl("apply", "-n", NAMESPACE, "-f", "-", stdin=yaml.safe_dump_all(accounts))
            control_plane.kubectl("create", "priorityclass", "high", "--value=1000")
            yield control_plane
    except NoControlPlane as reason:
        pytest.skip(str(reason))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.parametrize("values", INSTALLATIONS.values(), ids=INSTALLATIONS.keys())
def test_the_api_server_accepts_everything(plane: ControlPlane, values: dict[str, Any]) -> None:
    objects = [item for item in render(values, namespace=NAMESPACE) if item["kind"] not in ELSEWHERE]
    answer = plane.kubectl(
        "apply", "--dry-run=server", "--validate=strict", "-f", "-", stdin=yaml.safe_dump_all(objects), check=False
    )
    lines = answer.strip().splitlines()
    assert len(lines) == len(objects), answer
    assert all(line.endswith(" (server dry run)") for line in lines), answer
