"""A Contest as the operator sees it, and what it found on the cluster for it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cygnet.contest.rules import validated
from cygnet.contest.spec import GROUP, VERSION, ContestSpec, Spec
from cygnet.internal.v1 import document_pb2
from cygnet.platform.errors import InvalidRequest

API_VERSION = f"{GROUP}/{VERSION}"
FIELD_MANAGER = "cygnet-operator"
CONTEST_LABEL = "cygnet.dev/contest"
MANAGED_BY = {"app.kubernetes.io/managed-by": FIELD_MANAGER}
ADMIN_LABEL = "cygnet.dev/contest-admin"
"""Services whose replicas take contest documents carry it with the value "true"; their port is called `admin`."""

Object = Mapping[str, Any]
"""A Kubernetes object as JSON."""


class InvalidContest(Exception):
    """The resource says something that this operator cannot read: an older schema, or a newer one, is installed."""


@dataclass(frozen=True)
class Contest:
    """One Contest resource."""

    name: str
    namespace: str
    uid: str
    generation: int
    document: ContestSpec = field(repr=False)
    status: Object = field(repr=False)

    @property
    def spec(self) -> Spec:
        """What it should be."""
        return self.document.spec

    @property
    def owner(self) -> dict[str, Any]:
        """The ownerReference of its children."""
        return {
            "apiVersion": API_VERSION,
            "kind": "Contest",
            "name": self.name,
            "uid": self.uid,
            "controller": True,
            "blockOwnerDeletion": False,
        }


@dataclass(frozen=True, order=True)
class Kind:
    """A kind of Kubernetes object, and where the API server keeps it."""

    api_version: str
    kind: str
    plural: str

    @property
    def group(self) -> str:
        """The API group; empty for the core."""
        return self.api_version.rpartition("/")[0]


DEPLOYMENT = Kind("apps/v1", "Deployment", "deployments")
SERVICE = Kind("v1", "Service", "services")
BUDGET = Kind("policy/v1", "PodDisruptionBudget", "poddisruptionbudgets")
NETWORK_POLICY = Kind("networking.k8s.io/v1", "NetworkPolicy", "networkpolicies")
AUTOSCALER = Kind("autoscaling/v2", "HorizontalPodAutoscaler", "horizontalpodautoscalers")
POD_MONITOR = Kind("monitoring.coreos.com/v1", "PodMonitor", "podmonitors")
SCALED_OBJECT = Kind("keda.sh/v1alpha1", "ScaledObject", "scaledobjects")
CONTEST = Kind(API_VERSION, "Contest", "contests")
ENDPOINT_SLICE = Kind("discovery.k8s.io/v1", "EndpointSlice", "endpointslices")

ALWAYS_THERE = (DEPLOYMENT, SERVICE, BUDGET, NETWORK_POLICY, AUTOSCALER)
"""Kinds of children that every cluster knows."""
WHERE_INSTALLED = (POD_MONITOR, SCALED_OBJECT)
"""Kinds of children that some clusters know."""
KINDS = {kind.kind: kind for kind in (*ALWAYS_THERE, *WHERE_INSTALLED, CONTEST, ENDPOINT_SLICE)}


@dataclass(frozen=True)
class Observed:
    """What there is for one contest."""

    children: Mapping[tuple[str, str], Object] = field(default_factory=dict)
    """By kind and name; only those that the contest owns."""
    installed: frozenset[str] = frozenset()
    """Which kinds of `WHERE_INSTALLED` the cluster knows."""

    def child(self, kind: Kind, name: str) -> Object | None:
        """Returns a child, or None."""
        return self.children.get((kind.kind, name))


@dataclass(frozen=True)
class Policy:
    """How far the contest document has come among the replicas of the services."""

    generation: int
    """The contest's generation that was published."""
    acknowledged: int
    """Replicas that have it in force."""
    total: int
    """Of this many."""
    missing: tuple[str, ...] = ()
    """Names of the replicas that have not acknowledged it."""
    problem: str = ""
    """Why it could not be published, for people."""

    @property
    def in_force(self) -> bool:
        """Every replica has it."""
        return self.total > 0 and self.acknowledged == self.total and not self.problem


@dataclass(frozen=True)
class Statistics:
    """Counts that people want to see in `kubectl get contest`; None where nobody could say."""

    participants: int | None = None
    submissions: int | None = None
    queue_wait_s: float | None = None
    top_nickname: str | None = None
    top_score: str | None = None
    targets: Mapping[str, document_pb2.TargetReport] | None = None
    """What a quick look at each target found, by its name; a target that nobody looked at is not there."""


def parse(body: Object) -> Contest:
    """Returns the Contest that the API server sent. Raises InvalidContest."""
    metadata = body["metadata"]
    resource = {name: body[name] for name in ("apiVersion", "kind", "metadata", "spec") if name in body}
    try:
        document = validated(ContestSpec, resource)
    except InvalidRequest as error:
        raise InvalidContest(f"the installed schema and this operator do not belong together: {error}") from None
    return Contest(
        name=metadata["name"],
        namespace=metadata["namespace"],
        uid=metadata["uid"],
        generation=metadata["generation"],
        document=document,
        status=body.get("status") or {},
    )


def key(body: Object) -> tuple[str, str]:
    """Returns what names an object within its namespace."""
    return body["kind"], body["metadata"]["name"]


def owned_by(body: Object, uid: str) -> bool:
    """Tells whether the contest with this uid owns the object."""
    return any(owner["uid"] == uid for owner in body["metadata"].get("ownerReferences", ()))


def version_of(body: Object) -> int:
    """Returns the resourceVersion; a larger one is newer (KEP-5504: they may be compared)."""
    return int(body["metadata"].get("resourceVersion") or 0)
