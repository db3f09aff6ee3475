"""How the operator gets to its API server: in a cluster, and with the kubeconfigs that developers have."""

import base64
from pathlib import Path

import pytest
import yaml

from cygnet_operator import credentials
from cygnet_operator.credentials import NoCluster, connect


@pytest.fixture
def account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A service account's folder, as the kubelet makes it."""
    for name, text in {"token": "first\n", "ca.crt": "-", "namespace": "booth"}.items():
        (tmp_path / name).write_text(text)
    monkeypatch.setattr(credentials, "_ACCOUNT", tmp_path)
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.96.0.1")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", "443")
    return tmp_path


def test_in_a_cluster_the_token_is_read_anew(account: Path) -> None:
    connection, namespace = connect("")
    assert (connection.server, namespace) == ("https://10.96.0.1:443", "booth")
    assert connection.token() == "first"
    (account / "token").write_text("second")
    assert connection.token() == "second"


def test_the_namespace_can_be_given_and_the_address_may_be_ipv6(account: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "fd00::1")
    connection, namespace = connect("other")
    assert (connection.server, namespace) == ("https://[fd00::1]:443", "other")


def kubeconfig(folder: Path, user: dict[str, str], **context: str) -> str:
    cluster = {"server": "https://10.0.0.1:6443", "certificate-authority-data": encoded("ca")}
    path = folder / "config"
    path.write_text(
        yaml.safe_dump(
            {
                "apiVersion": "v1",
                "kind": "Config",
                "clusters": [{"name": "c", "cluster": cluster}],
                "users": [{"name": "u", "user": user}],
                "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u", **context}}],
                "current-context": "x",
            }
        )
    )
    return str(path)


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@pytest.fixture
def outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A place that is no pod."""
    monkeypatch.setattr(credentials, "_ACCOUNT", tmp_path / "none")
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    return tmp_path


def test_a_kubeconfig_with_a_token(outside: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from kubernetes.config import kube_config

    monkeypatch.setattr(kube_config, "KUBE_CONFIG_DEFAULT_LOCATION", kubeconfig(outside, {"token": "t"}, namespace="n"))
    connection, namespace = connect("")
    assert (connection.server, connection.token(), namespace) == ("https://10.0.0.1:6443", "t", "n")
    assert connection.ca_path is not None and Path(connection.ca_path).read_text() == "ca"
    assert connection.certificate is None


def test_a_kubeconfig_with_a_certificate_as_of_kind(outside: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from kubernetes.config import kube_config

    user = {"client-certificate-data": encoded("cert"), "client-key-data": encoded("key")}
    monkeypatch.setattr(kube_config, "KUBE_CONFIG_DEFAULT_LOCATION", kubeconfig(outside, user))
    connection, namespace = connect("")
    assert namespace == "default"
    assert connection.token() is None
    assert connection.certificate is not None
    assert [Path(path).read_text() for path in connection.certificate] == ["cert", "key"]


def test_without_any_cluster_it_says_what_to_do(outside: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from kubernetes.config import kube_config

    monkeypatch.setattr(kube_config, "KUBE_CONFIG_DEFAULT_LOCATION", str(outside / "nothing"))
    with pytest.raises(NoCluster, match="set KUBECONFIG"):
        connect("")
