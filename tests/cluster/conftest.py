"""A real cluster for tests: the one of KUBECONFIG, when it is asked for by the mark (`make test-cluster`)."""

from collections.abc import Iterator

import pytest

from .kube import NAMESPACE, Kube, NoCluster, connect


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leaves these out, unless they are asked for by their mark: they take minutes and a cluster."""
    if "cluster" not in (config.option.markexpr or ""):
        for item in items:
            if item.get_closest_marker("cluster"):
                item.add_marker(pytest.mark.skip(reason="needs a cluster; ask for it: make test-cluster"))


@pytest.fixture(scope="session")
def kube() -> Iterator[Kube]:
    """A cluster without a trace of Cygnet; what the tests left is removed at the end."""
    try:
        cluster = connect()
    except NoCluster as reason:
        pytest.fail(str(reason), pytrace=False)
    _remove(cluster)
    yield cluster
    _remove(cluster)


def _remove(cluster: Kube) -> None:
    cluster.wide("delete", "namespace", NAMESPACE, "--ignore-not-found", "--wait")
    cluster.wide("delete", "crd", "contests.cygnet.dev", "--ignore-not-found")
