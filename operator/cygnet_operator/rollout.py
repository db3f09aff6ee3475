"""Which models jobs ask for while a changed one takes over. Pure.

The Deployment brings new replicas step by step: each must have served for the pause before it takes a former one's
place. Meanwhile the document that services hold names both models, and the new one's share of the jobs is its share of
the replicas that serve. So a model that cannot be loaded, or cannot score, is never asked for: the former one goes on,
for as long as it takes. Workers get jobs of their own model alone (docs/decisions/0009).
"""

from dataclasses import dataclass
from typing import Any

from cygnet.contest.document import to_model
from cygnet.internal.v1 import document_pb2
from cygnet_operator.drift import HASH_ANNOTATION
from cygnet_operator.model import DEPLOYMENT, Contest, Object, Observed
from cygnet_operator.plan import Plan, workload_name
from cygnet_operator.pods import resolved_sources

ALL = 1_000


@dataclass(frozen=True)
class Serving:
    """What jobs are to ask for now; the fields are those of the document."""

    model: document_pb2.Model
    """The one in use."""
    next_model: document_pb2.Model | None = None
    """The changed one, while it takes over."""
    next_share: int = 0
    """So many in a thousand jobs ask for it already."""


def serving_of(contest: Contest, observed: Observed, plan: Plan) -> Serving:
    """Returns what jobs are to ask for now."""
    desired = to_model(contest.spec.model)
    desired.generator_source, desired.scorer_source = (resolved.source for resolved in resolved_sources(contest))
    previous = _previous(contest, desired)
    deployment = observed.child(DEPLOYMENT, workload_name(contest))
    if previous is None or deployment is None or plan.replicas == 0:
        return Serving(desired)
    share = _share_of_the_new(deployment, plan)
    return Serving(desired) if share == ALL else Serving(previous, desired, share)


def model_status(model: document_pb2.Model) -> dict[str, Any]:
    """Returns the model in use as the status shows it, from where the next look reads it again."""
    return {
        "generator": model.generator_source,
        "scorer": model.scorer_source,
        "steps": model.steps,
        "size": model.size,
    }


def _previous(contest: Contest, desired: document_pb2.Model) -> document_pb2.Model | None:
    """Returns the model in use if another one is desired; steps and size alone need no other replicas."""
    seen = contest.status.get("model")
    if seen is None or (seen["generator"], seen["scorer"]) == (desired.generator_source, desired.scorer_source):
        return None
    return document_pb2.Model(
        generator_source=seen["generator"],
        scorer_source=seen["scorer"],
        steps=seen.get("steps", desired.steps),
        size=seen.get("size", desired.size),
    )


def _share_of_the_new(deployment: Object, plan: Plan) -> int:
    """Returns how many in a thousand of the replicas that serve have the present model.

    A Deployment does not say which of its replicas are ready. Those that are not may be old or new: they count as new,
    so the new model never gets more than it can draw.
    """
    desired = next(item for item in plan.objects if item["kind"] == DEPLOYMENT.kind)["metadata"]["annotations"]
    metadata, counts = deployment["metadata"], deployment.get("status", {})
    observed = counts.get("observedGeneration", 0) >= metadata.get("generation", 0)
    if metadata.get("annotations", {}).get(HASH_ANNOTATION) != desired[HASH_ANNOTATION] or not observed:
        return 0
    total, updated, ready = (counts.get(name, 0) for name in ("replicas", "updatedReplicas", "readyReplicas"))
    new_and_ready = ready - (total - updated)
    if new_and_ready <= 0:
        return 0
    # All of it only once no former replica is left: they end last, and draw what asked for them.
    return ALL if total == updated == ready else min(ALL - 1, new_and_ready * ALL // ready)
