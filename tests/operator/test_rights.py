"""What the operator may do: no more than it needs. That it suffices is proved by every other test, which use it."""

import pytest
import yaml

from .conftest import RULES
from .control_plane import NAMESPACE, OPERATOR_ACCOUNT, ControlPlane

VERBS = ["get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"]
POWERFUL = [
    ("", "secrets"),
    ("", "pods/exec"),
    ("", "pods/eviction"),
    ("", "serviceaccounts"),
    ("", "serviceaccounts/token"),
    ("", "nodes"),
    ("", "namespaces"),
    ("", "persistentvolumeclaims"),
    ("", "persistentvolumes"),
    ("apps", "daemonsets"),
    ("apps", "statefulsets"),
    ("batch", "jobs"),
    ("rbac.authorization.k8s.io", "roles"),
    ("rbac.authorization.k8s.io", "rolebindings"),
    ("rbac.authorization.k8s.io", "clusterroles"),
    ("rbac.authorization.k8s.io", "clusterrolebindings"),
    ("apiextensions.k8s.io", "customresourcedefinitions"),
    ("admissionregistration.k8s.io", "validatingwebhookconfigurations"),
]


def allowed(
    plane: ControlPlane, verb: str, group: str, resource: str, namespace: str = NAMESPACE, name: str = ""
) -> bool:
    """Asks the API server itself."""
    base, _, sub = resource.partition("/")
    attributes = {
        "namespace": namespace,
        "verb": verb,
        "group": group,
        "resource": base,
        "subresource": sub,
        "name": name,
    }
    user = f"system:serviceaccount:{NAMESPACE}:{OPERATOR_ACCOUNT}"
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SubjectAccessReview",
        "spec": {"user": user, "groups": ["system:serviceaccounts"], "resourceAttributes": attributes},
    }
    answer = plane.api("POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews", review)
    return bool(answer["status"]["allowed"])


def test_it_may_do_what_the_rules_say_and_nothing_else_with_those_resources(plane: ControlPlane) -> None:
    for rule in yaml.safe_load(RULES.read_text()):
        (group,), (resource,) = rule["apiGroups"], rule["resources"]
        may = {verb for verb in VERBS if allowed(plane, verb, group, resource)}
        assert may == set(rule["verbs"]), (group, resource)


def test_it_has_no_power_over_what_is_not_its_business(plane: ControlPlane) -> None:
    found = [
        (group, resource)
        for group, resource in POWERFUL
        for verb in ("get", "create")
        if allowed(plane, verb, group, resource)
    ]
    assert found == []


def test_it_may_write_workers_keys_and_read_no_secret(plane: ControlPlane) -> None:
    assert allowed(plane, "patch", "", "secrets", name="cygnet-worker-keys")
    assert not allowed(plane, "patch", "", "secrets", name="cygnet-secrets")
    assert not any(allowed(plane, verb, "", "secrets", name="cygnet-worker-keys") for verb in ("get", "delete"))


def test_it_may_not_change_a_contest_itself(plane: ControlPlane) -> None:
    assert allowed(plane, "patch", "cygnet.dev", "contests/status")
    assert not any(allowed(plane, verb, "cygnet.dev", "contests") for verb in ("create", "update", "patch", "delete"))


@pytest.mark.parametrize("namespace", ["default", "kube-system"])
def test_it_has_no_rights_in_another_namespace(plane: ControlPlane, namespace: str) -> None:
    for group, resource in (("apps", "deployments"), ("cygnet.dev", "contests"), ("", "configmaps"), ("", "pods")):
        for verb in ("get", "list", "create", "patch"):
            assert not allowed(plane, verb, group, resource, namespace)


def test_no_wildcards() -> None:
    assert "*" not in RULES.read_text().replace("test_rights.py", "")
