"""kubectl and helm, for tests against a real cluster. Refuses every context that is not known to be for tests."""

import fnmatch
import json
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
CHART = ROOT / "helm" / "cygnet"
VALUES = CHART / "examples" / "one-small-node.yaml"
CONTEST = ROOT / "docs" / "examples" / "duck-and-swan.yaml"
DOCS = ROOT / "docs" / "kubernetes.md"
RELEASE = "cygnet"
NAMESPACE = "cygnet-test"
ALLOWED = ("local", "kind-*", "minikube", "k3d-*")
"""Contexts that tests may break things in. Others by name in CYGNET_TEST_CONTEXTS, separated by commas."""


class NoCluster(Exception):
    """There is no cluster for tests; the text says why."""


@dataclass(frozen=True)
class Kube:
    """A cluster, seen through kubectl and helm, in the tests' own namespace."""

    context: str

    def kubectl(self, *arguments: str, stdin: str | None = None, check: bool = True, timeout_s: float = 180) -> str:
        """Runs kubectl in the namespace and returns what it printed. A warning of the API server is a failure."""
        return _run(
            ["kubectl", "--context", self.context, "-n", NAMESPACE, *arguments], stdin, check=check, timeout_s=timeout_s
        )

    def wide(self, *arguments: str, timeout_s: float = 300) -> str:
        """Runs kubectl on what lies in no namespace."""
        return _run(["kubectl", "--context", self.context, *arguments], None, check=True, timeout_s=timeout_s)

    def helm(self, *arguments: str, check: bool = True, timeout_s: float = 300) -> str:
        """Runs helm in the namespace and returns what it printed."""
        return _run(
            ["helm", "--kube-context", self.context, "-n", NAMESPACE, *arguments],
            None,
            check=check,
            timeout_s=timeout_s,
        )

    def docs(self, name: str, timeout_s: float = 400) -> str:
        """Runs a block of commands of docs/kubernetes.md, in the tests' namespace; returns what it printed."""
        script = re.sub(r"(-n|namespace) cygnet\b", rf"\1 {NAMESPACE}", block(name))
        return _run(["bash", "-euo", "pipefail", "-c", script], None, check=True, timeout_s=timeout_s)

    def get(self, *arguments: str) -> list[dict[str, Any]]:
        """Returns objects as kubectl lists them."""
        items: list[dict[str, Any]] = json.loads(self.kubectl("get", *arguments, "-o", "json"))["items"]
        return items

    def address(self) -> str:
        """Returns host:port of the gateway's Service from outside, a NodePort of the first node."""
        service = self.get("service", "-l", "app.kubernetes.io/component=gateway")
        (port,) = [
            port["nodePort"]
            for item in service
            for port in item["spec"]["ports"]
            if port["name"] == "http" and "nodePort" in port
        ]
        addresses = self.get("nodes")[0]["status"]["addresses"]
        return f"{next(a['address'] for a in addresses if a['type'] == 'InternalIP')}:{port}"

    def install(self, *more: str, command: str = "install") -> None:
        """Installs the chart for one small node, or upgrades it."""
        self.helm(command, RELEASE, str(CHART), "-f", str(VALUES), *more, "--wait", "--timeout", "4m")

    def ready(self, contest: str = "duck-and-swan") -> None:
        """Waits until the contest is ready."""
        self.kubectl("wait", "--for=condition=Ready", f"contest/{contest}", "--timeout=300s", timeout_s=320)


def block(name: str) -> str:
    """Returns the commands that follow `<!-- run: name -->` in docs/kubernetes.md."""
    (found,) = re.findall(rf"<!-- run: {name} -->\n```sh\n(.*?)```", DOCS.read_text(), re.DOTALL)
    return str(found)


def connect() -> Kube:
    """Returns the cluster of KUBECONFIG's current context. Raises NoCluster."""
    for program in ("kubectl", "helm"):
        if shutil.which(program) is None:
            raise NoCluster(f"{program} is not installed")
    if not os.environ.get("KUBECONFIG"):
        raise NoCluster("KUBECONFIG does not name a cluster for tests")
    context = _run(["kubectl", "config", "current-context"], None, check=False, timeout_s=10).strip()
    allowed = (*ALLOWED, *filter(None, os.environ.get("CYGNET_TEST_CONTEXTS", "").split(",")))
    if not any(fnmatch.fnmatchcase(context, pattern) for pattern in allowed):
        raise NoCluster(
            f"the context {context!r} is not on the tests' list ({', '.join(allowed)}): CYGNET_TEST_CONTEXTS"
        )
    return Kube(context)


def _run(command: list[str], stdin: str | None, *, check: bool, timeout_s: float) -> str:
    done = subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=timeout_s, cwd=ROOT)
    if check:
        assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}{done.stderr}"
        assert "warning" not in done.stderr.lower(), f"{' '.join(command)}\n{done.stderr}"
    return done.stdout
