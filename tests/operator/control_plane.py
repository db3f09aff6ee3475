"""A real Kubernetes control plane for tests: etcd, API server, controllers and scheduler as processes, no nodes.

envtest's convention: programs come from KUBEBUILDER_ASSETS, else from PATH, else from the cache that
`controlplane/build` fills.
"""

import json
import os
import shutil
import ssl
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cygnet_operator.cluster import Connection

from ..ports import free_port
from ..waiting import wait_for

ADMIN, OPERATOR = "admin-token", "operator-token"
NAMESPACE = "booth"
OPERATOR_ACCOUNT = "cygnet-operator"
_PROGRAMS = ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubectl")


class NoControlPlane(Exception):
    """The programs are not there; the text says what to do."""


def programs() -> dict[str, Path]:
    """Returns where each program is. Raises NoControlPlane."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "cygnet" / "control-plane"
    cluster_home = os.environ.get("CLUSTER_HOME")
    folders = [
        os.environ.get("KUBEBUILDER_ASSETS", ""),
        # A kubectl on PATH alone is no control plane.
        os.environ.get("PATH", "") if shutil.which("kube-apiserver") else "",
        f"{cluster_home}/bin" if cluster_home else "",
        str(cache),
    ]
    search = os.pathsep.join(folder for folder in folders if folder)
    found = {name: shutil.which(name, path=search) for name in _PROGRAMS}
    missing = [name for name, path in found.items() if path is None]
    if missing:
        raise NoControlPlane(
            f"no control plane ({', '.join(missing)} missing): run tests/operator/controlplane/build once, with Go"
        )
    return {name: Path(path) for name, path in found.items() if path is not None}


@dataclass(frozen=True)
class ControlPlane:
    """A running control plane."""

    url: str
    folder: Path
    kubectl_program: Path
    api_server: "ApiServer"

    def connection(self, token: str = ADMIN) -> Connection:
        """Returns how to reach it as somebody."""
        return Connection(server=self.url, token=lambda: token, ca_path=str(self.folder / "certs" / "apiserver.crt"))

    def kubeconfig(self, token: str = ADMIN) -> Path:
        """Returns a kubeconfig of somebody, in the namespace of the tests."""
        path = self.folder / f"{token}.kubeconfig"
        path.write_text(_kubeconfig(self.url, self.folder / "certs" / "apiserver.crt", token))
        return path

    def kubectl(self, *args: str, stdin: str | None = None, token: str = ADMIN, check: bool = True) -> str:
        """Runs kubectl and returns what it printed; with check=False, errors included."""
        done = subprocess.run(
            [str(self.kubectl_program), "--kubeconfig", str(self.kubeconfig(token)), *args],
            input=stdin,
            capture_output=True,
            text=True,
            timeout=120,
            env={**os.environ, "HOME": str(self.folder)},  # its discovery cache
        )
        if check and done.returncode:
            raise AssertionError(f"kubectl {' '.join(args)}: {done.stderr}{done.stdout}")
        return done.stdout if check else done.stdout + done.stderr

    def api(self, method: str, path: str, body: object = None, kind: str = "application/json") -> Any:
        """Sends one request as the administrator: a hundred times as fast as starting kubectl."""
        request = urllib.request.Request(
            self.url + path,
            data=None if body is None else json.dumps(body).encode(),
            method=method,
            headers={"Authorization": f"Bearer {ADMIN}", "Content-Type": kind},
        )
        with urllib.request.urlopen(request, context=self.connection().tls(), timeout=30) as answer:
            return json.load(answer)

    def contest(self, name: str) -> Any:
        """Returns a contest. For tests that look again and again: kubectl takes half a second of a processor."""
        return self.api("GET", f"/apis/cygnet.dev/v1alpha1/namespaces/{NAMESPACE}/contests/{name}")

    def get(self, *args: str) -> Any:
        """Returns `kubectl get … -o json`."""
        return json.loads(self.kubectl("get", *args, "-o", "json"))


@contextmanager
def running(folder: Path) -> Iterator[ControlPlane]:
    """Starts a control plane for as long as the block lasts. Raises NoControlPlane."""
    where = programs()
    with ExitStack() as stack:
        logs = folder / "logs"
        logs.mkdir()
        (folder / "tokens.csv").write_text(
            f"{ADMIN},admin,admin,system:masters\n"
            f'{OPERATOR},system:serviceaccount:{NAMESPACE}:{OPERATOR_ACCOUNT},operator,"system:serviceaccounts"\n'
        )
        subprocess.run(
            ["openssl", "genrsa", "-out", str(folder / "accounts.key"), "2048"], check=True, capture_output=True
        )
        etcd_port, peer_port, port = (free_port() for _ in range(3))
        etcd = f"http://127.0.0.1:{etcd_port}"
        _start(
            stack,
            logs / "etcd.log",
            str(where["etcd"]),
            f"--data-dir={folder / 'etcd'}",
            f"--listen-client-urls={etcd}",
            f"--advertise-client-urls={etcd}",
            f"--listen-peer-urls=http://127.0.0.1:{peer_port}",
            "--unsafe-no-fsync",
            "--log-level=error",
        )
        api_server = ApiServer(folder, port, etcd, where["kube-apiserver"])
        stack.callback(api_server.stop)
        api_server.start()
        plane = ControlPlane(f"https://127.0.0.1:{port}", folder, where["kubectl"], api_server)
        kubeconfig = str(plane.kubeconfig())
        for name in ("kube-controller-manager", "kube-scheduler"):
            extra = {
                "kube-controller-manager": [
                    f"--service-account-private-key-file={folder / 'accounts.key'}",
                    "--kube-api-qps=200",
                    "--kube-api-burst=400",
                    "--concurrent-gc-syncs=20",
                    "--node-monitor-grace-period=1h",  # the fake kubelet sends no heartbeats
                ],
                "kube-scheduler": ["--kube-api-qps=200", "--kube-api-burst=400"],
            }[name]
            _start(
                stack,
                logs / f"{name}.log",
                str(where[name]),
                f"--kubeconfig={kubeconfig}",
                "--leader-elect=false",
                "--secure-port=0" if name == "kube-scheduler" else f"--secure-port={free_port()}",
                f"--cert-dir={folder / 'certs' / name}",
                *extra,
            )
        plane.kubectl("create", "namespace", NAMESPACE)
        plane.kubectl("label", "namespace", NAMESPACE, "pod-security.kubernetes.io/enforce=restricted")
        yield plane


class ApiServer:
    """The API server, which a test may take away for a while."""

    def __init__(self, folder: Path, port: int, etcd: str, program: Path) -> None:
        self._folder, self._port = folder, port
        self._command = [
            str(program),
            f"--etcd-servers={etcd}",
            "--bind-address=127.0.0.1",
            f"--secure-port={port}",
            f"--cert-dir={folder / 'certs'}",
            f"--token-auth-file={folder / 'tokens.csv'}",
            "--authorization-mode=Node,RBAC",
            "--service-cluster-ip-range=10.96.0.0/16",
            "--service-account-issuer=https://kubernetes.default.svc",
            f"--service-account-key-file={folder / 'accounts.key'}",
            f"--service-account-signing-key-file={folder / 'accounts.key'}",
            f"--audit-log-path={self.audit_log}",
            f"--audit-policy-file={_audit_policy(folder)}",
            "--endpoint-reconciler-type=none",
        ]
        self._running = ExitStack()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def audit_log(self) -> Path:
        """Every request of the operator, one JSON object a line."""
        return self._folder / "logs" / "audit.log"

    def start(self) -> None:
        """Starts it and waits until it is ready."""
        self._process = server = _start(self._running, self._folder / "logs" / "kube-apiserver.log", *self._command)
        _wait_until_ready(f"https://127.0.0.1:{self._port}/readyz", server)

    def stop(self) -> None:
        """Takes it away at once."""
        self._running.close()
        self._process = None

    def ensure_running(self) -> None:
        """Starts it unless it runs."""
        if self._process is None:
            self.start()


def _audit_policy(folder: Path) -> Path:
    path = folder / "audit.yaml"
    path.write_text(
        "apiVersion: audit.k8s.io/v1\nkind: Policy\nomitStages: [RequestReceived]\n"
        f'rules:\n- level: Metadata\n  users: ["system:serviceaccount:{NAMESPACE}:{OPERATOR_ACCOUNT}"]\n- level: None\n'
    )
    return path


def _start(stack: ExitStack, log: Path, *command: str) -> "subprocess.Popen[bytes]":
    out = stack.enter_context(log.open("ab"))
    process = subprocess.Popen(command, stdout=out, stderr=out)
    stack.callback(_stop, process)
    return process


def _stop(process: "subprocess.Popen[bytes]") -> None:
    process.kill()  # nothing is worth a graceful end
    process.wait()


def _wait_until_ready(url: str, server: "subprocess.Popen[bytes]") -> None:
    trusting = ssl.create_default_context()
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {ADMIN}"})

    def ready() -> bool:
        if server.poll() is not None:
            raise RuntimeError(f"kube-apiserver ended with status {server.returncode}: see its log")
        try:
            with urllib.request.urlopen(request, context=trusting, timeout=5) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    wait_for(ready, 120, "kube-apiserver")


def _kubeconfig(url: str, ca: Path, token: str) -> str:
    return json.dumps(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "c", "cluster": {"server": url, "certificate-authority": str(ca)}}],
            "users": [{"name": "u", "user": {"token": token}}],
            "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u", "namespace": NAMESPACE}}],
            "current-context": "x",
        }
    )
