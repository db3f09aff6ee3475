"""How the operator gets to its API server: a service account in a cluster, a kubeconfig outside."""

import os
from pathlib import Path

from kubernetes import client as kubernetes_client
from kubernetes import config as kubernetes_config

from cygnet_operator.cluster import Connection

_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")


class NoCluster(Exception):
    """There is nothing that says where the API server is; the text says what to do."""


def connect(namespace: str) -> tuple[Connection, str]:
    """Returns the way to the API server and the namespace: the given one, or that of the account or context.

    Raises:
        NoCluster: there is neither.
    """
    if (_ACCOUNT / "token").exists() and "KUBERNETES_SERVICE_HOST" in os.environ:
        return _in_cluster(), namespace or (_ACCOUNT / "namespace").read_text().strip()
    try:
        return _from_kubeconfig(), namespace or _context_namespace()
    except kubernetes_config.ConfigException as error:
        raise NoCluster(f"there is no cluster to work for: set KUBECONFIG, or choose a context ({error})") from None


def _in_cluster() -> Connection:
    host, port = os.environ["KUBERNETES_SERVICE_HOST"], os.environ["KUBERNETES_SERVICE_PORT"]
    return Connection(
        server=f"https://[{host}]:{port}" if ":" in host else f"https://{host}:{port}",
        ca_path=str(_ACCOUNT / "ca.crt"),
        # The kubelet renews the file; reading it is cheap beside a request.
        token=lambda: (_ACCOUNT / "token").read_text().strip(),
    )


def _from_kubeconfig() -> Connection:
    loaded = kubernetes_client.Configuration()
    kubernetes_config.load_kube_config(client_configuration=loaded)  # type: ignore[no-untyped-call]

    def token() -> str | None:
        # Runs the kubeconfig's credential plugin again when its token is about to end.
        header = loaded.get_api_key_with_prefix("BearerToken") or loaded.get_api_key_with_prefix("authorization")
        return header.removeprefix("Bearer ").strip() if header else None

    return Connection(
        server=loaded.host,
        token=token,
        ca_path=loaded.ssl_ca_cert or None,
        insecure=not loaded.verify_ssl,
        certificate=(loaded.cert_file, loaded.key_file) if loaded.cert_file and loaded.key_file else None,
    )


def _context_namespace() -> str:
    _, active = kubernetes_config.list_kube_config_contexts()  # type: ignore[no-untyped-call]
    return str(active["context"].get("namespace") or "default")
