"""What stays when the release goes, and that it is found again."""

import json

import pytest

from ..waiting import wait_for
from .kube import CONTEST, Kube
from .playing import play_a_game, standings
from .test_2_while_playing import ensure_installed

pytestmark = pytest.mark.timeout(900)

KINDS = (
    "pods,deployments,statefulsets,services,secrets,persistentvolumeclaims,networkpolicies,poddisruptionbudgets,"
    "serviceaccounts,roles,rolebindings,configmaps,horizontalpodautoscalers"
)
KUBERNETES_OWN = {"ServiceAccount/default", "ConfigMap/kube-root-ca.crt"}
# As docs/kubernetes.md says.
STAYS = {
    "Secret/cygnet-secrets",
    "Secret/cygnet-redis",
    "PersistentVolumeClaim/cygnet-pictures",
    "PersistentVolumeClaim/data-cygnet-redis-0",
    *KUBERNETES_OWN,
}


def test_what_stays_is_found_again(kube: Kube) -> None:
    ensure_installed(kube)
    play_a_game(kube.address())
    board = standings(kube.address())
    assert board

    kube.docs("uninstall")
    wait_for(lambda: _left(kube) == STAYS, 180, "only what should stay is there")
    assert "contests.cygnet.dev" in kube.wide("get", "crd", "-o", "name")

    kube.install()
    kube.kubectl("apply", "-f", str(CONTEST))
    kube.ready()
    assert standings(kube.address()) == board

    kube.docs("uninstall")
    wait_for(lambda: _left(kube) == STAYS, 180, "only what should stay is there")
    kube.docs("remove")
    wait_for(lambda: _left(kube) == KUBERNETES_OWN, 60, "nothing is there")


def _left(kube: Kube) -> set[str]:
    items = json.loads(kube.kubectl("get", KINDS, "-o", "json"))["items"]
    return {f"{item['kind']}/{item['metadata']['name']}" for item in items}
