"""What the operator's tests share: a real control plane, nodes with GPUs, the operator as a process of its own."""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from ..ports import free_port
from ..waiting import wait_for
from ..workloads import KEYS
from .control_plane import (
    ADMIN,
    NAMESPACE,
    OPERATOR,
    OPERATOR_ACCOUNT,
    ControlPlane,
    NoControlPlane,
    running,
)
from .fake_kubelet import FakeKubelet
from .real_services import RealServices
from .services import Services, announce, png, replicas

ROOT = Path(__file__).parents[2]
CRD = ROOT / "helm" / "cygnet" / "files" / "contest-crd.yaml"
RULES = ROOT / "helm" / "cygnet" / "files" / "operator-rules.yaml"
PUBLIC_URL = "https://play.example.org"
ADMIN_API_TOKEN = "an admin token that is long enough for it"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leaves out what takes minutes, unless it is asked for by its mark."""
    if "scale" not in (config.option.markexpr or ""):
        for item in items:
            if item.get_closest_marker("scale"):
                item.add_marker(pytest.mark.skip(reason="takes minutes; ask for it: pytest -m scale"))


@pytest.fixture(scope="session")
def plane() -> Iterator[ControlPlane]:
    """A control plane that knows contests, and the operator's account with its rights and no others."""
    folder = Path(tempfile.mkdtemp(prefix="cygnet-plane-"))
    try:
        with running(folder) as control_plane:
            control_plane.kubectl("apply", "-f", str(CRD))
            control_plane.kubectl("wait", "--for=condition=Established", "crd/contests.cygnet.dev")
            control_plane.kubectl("apply", "-f", "-", stdin=yaml.safe_dump_all(_account()))
            yield control_plane
    except NoControlPlane as reason:
        pytest.skip(str(reason))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def nodes(plane: ControlPlane) -> Iterator[None]:
    """Two nodes with four GPUs each."""
    with FakeKubelet(plane.connection(ADMIN), nodes=2, gpus=4):
        yield


@pytest.fixture(scope="session")
def services(plane: ControlPlane, redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    """Two services with two replicas each, announced on the cluster, and the targets' ConfigMap."""
    folder = tmp_path_factory.mktemp("pictures")
    (folder / "duck.png").write_bytes(png("gold"))
    (folder / "swan.png").write_bytes(png("white"))
    files = [f"--from-file={folder / name}" for name in ("duck.png", "swan.png")]
    plane.kubectl("create", "configmap", "targets", *files)
    with replicas(redis_url, ADMIN_API_TOKEN, folder, count=2) as running_services:
        for service, ports in running_services.ports.items():
            announce(plane, service, ports)
        yield running_services


@pytest.fixture
def real_services(plane: ControlPlane, services: Services, redis_url: str, tmp_path: Path) -> Iterator[RealServices]:
    """The real services, announced in the place of their doubles."""
    with RealServices(redis_url, ADMIN_API_TOKEN, tmp_path).all_running() as real:
        for service, ports in real.admin.items():
            announce(plane, service, ports)
        yield real
        for service, ports in services.ports.items():
            announce(plane, service, ports)


class OperatorProcess:
    """The operator as it runs from a checkout, against the control plane, with its own account."""

    def __init__(self, plane: ControlPlane, log: Path, **settings: str) -> None:
        self._plane, self.log, self._settings = plane, log, settings
        self._process: subprocess.Popen[bytes] | None = None
        self.health_port, self.metrics_port = free_port(), free_port()

    @property
    def pid(self) -> int:
        """The process's id."""
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Starts it."""
        self._process = subprocess.Popen(
            [sys.executable, "-m", "cygnet_operator"],
            env={
                **os.environ,
                "KUBECONFIG": str(self._plane.kubeconfig(OPERATOR)),
                "CYGNET_OPERATOR_INSTALLATION_KEYS": KEYS,
                "CYGNET_OPERATOR_HEALTH_LISTEN": f"127.0.0.1:{self.health_port}",
                "CYGNET_OPERATOR_METRICS_LISTEN": f"127.0.0.1:{self.metrics_port}",
                "CYGNET_OPERATOR_LOG_JSON": "false",
                **{f"CYGNET_OPERATOR_{name.upper()}": value for name, value in self._settings.items()},
            },
            stdout=self.log.open("ab"),
            stderr=subprocess.STDOUT,
        )

    def answers(self) -> bool:
        """Tells whether it has started."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.health_port}/healthz", timeout=5):
                return True
        except OSError:
            return False

    def metric(self, series: str) -> float:
        """Returns a value of its Prometheus endpoint; 0 while it does not answer."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.metrics_port}/metrics", timeout=5) as answer:
                lines = answer.read().decode().splitlines()
        except OSError:
            return 0.0
        return next(float(line.rpartition(" ")[2]) for line in lines if line.startswith(f"{series} "))

    def ensure_running(self) -> None:
        """Starts it unless it runs."""
        if self._process is None or self._process.poll() is not None:
            self.start()

    def stop(self, signum: int = signal.SIGTERM) -> None:
        """Ends it and waits for that; SIGKILL is what a lost node does."""
        if self._process is not None:
            self._process.send_signal(signum)
            self._process.wait(30)
            self._process = None


@pytest.fixture(scope="session")
def one_operator(
    plane: ControlPlane, nodes: None, services: Services, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[OperatorProcess]:
    """The operator of the whole run: starting one takes seconds."""
    process = OperatorProcess(plane, tmp_path_factory.mktemp("operator") / "operator.log", public_url=PUBLIC_URL)
    process.start()
    # Its libraries take a moment to import; on a busy machine longer than any test would wait.
    wait_for(process.answers, within_s=180)
    yield process
    process.stop()


@pytest.fixture
def operator(one_operator: OperatorProcess) -> Iterator[OperatorProcess]:
    """The operator, running; a test may stop it, and the next one finds it running again."""
    one_operator.ensure_running()
    begin = len(one_operator.log.read_text())
    yield one_operator
    log = one_operator.log.read_text()[begin:]
    assert "Traceback" not in log, log[-4000:]


@pytest.fixture
def contest_name(plane: ControlPlane, request: pytest.FixtureRequest) -> Iterator[str]:
    """A name of its own for each test; whatever the test leaves is deleted."""
    words = re.sub(r"[^a-z0-9]+", "-", request.node.name.lower()).removeprefix("test-")
    name = words[:45].strip("-")
    yield name
    plane.kubectl("delete", "contest", name, "--ignore-not-found", "--wait=false")


def contest(name: str, **spec: Any) -> dict[str, Any]:
    """Returns a contest that draws a picture from a ConfigMap, changed as given."""
    return {
        "apiVersion": "cygnet.dev/v1alpha1",
        "kind": "Contest",
        "metadata": {"name": name, "namespace": NAMESPACE},
        "spec": {
            "title": {"en": "Draw the duck"},
            "targets": [{"name": "duck", "image": {"configMapKeyRef": {"name": "targets", "key": "duck.png"}}}],
            "gpu": {
                "replicas": 2,
                "perReplica": {"nvidia.com/gpu": 1},
                "nodeSelector": {"pool": "gpu"},
                "tolerations": [{"key": "nvidia.com/gpu", "operator": "Exists"}],
            },
            "model": {"rollout": {"pause": "0s"}},
            **spec,
        },
    }


def _account() -> list[dict[str, Any]]:
    where = {"name": OPERATOR_ACCOUNT, "namespace": NAMESPACE}
    group = "rbac.authorization.k8s.io"
    subject = {"kind": "ServiceAccount", **where}
    rules = yaml.safe_load(RULES.read_text())
    # As the chart writes it, with the name of its release.
    keys = {"apiGroups": [""], "resources": ["secrets"], "resourceNames": ["cygnet-worker-keys"], "verbs": ["patch"]}
    return [
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": where},
        {"apiVersion": f"{group}/v1", "kind": "Role", "metadata": where, "rules": [*rules, keys]},
        {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "cygnet-worker-keys", "namespace": NAMESPACE}},
        {
            "apiVersion": f"{group}/v1",
            "kind": "RoleBinding",
            "metadata": where,
            "subjects": [subject],
            "roleRef": {"apiGroup": group, "kind": "Role", "name": OPERATOR_ACCOUNT},
        },
    ]
