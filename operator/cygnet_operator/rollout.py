"""Which model jobs ask for while a changed one rolls out. Pure.

The document that services hold names the former model until every replica serves the new one. So a model that cannot
be loaded, or that cannot score, is never asked for: the former one goes on, for as long as it takes.
"""

from dataclasses import dataclass

from cygnet_operator.drift import HASH_ANNOTATION
from cygnet_operator.model import DEPLOYMENT, Contest, Object, Observed
from cygnet_operator.plan import Plan, workload_name
from cygnet_operator.pods import placed


@dataclass(frozen=True)
class Serving:
    """The names by which replicas know their models."""

    generator: str
    scorer: str


def model_in_force(contest: Contest, observed: Observed, wanted: Plan) -> Serving:
    """Returns the model that jobs are to ask for now."""
    generator, scorer = placed(contest)
    asked = Serving(generator.source, scorer.source)
    former = contest.status.get("model")
    there = observed.child(DEPLOYMENT, workload_name(contest))
    if former is None or there is None or wanted.replicas == 0 or _all_new(there, wanted):
        return asked
    return Serving(former["generator"], former["scorer"])


def _all_new(there: Object, wanted: Plan) -> bool:
    mark = next(item for item in wanted.objects if item["kind"] == DEPLOYMENT.kind)["metadata"]["annotations"]
    metadata, counts = there["metadata"], there.get("status", {})
    total = counts.get("replicas", 0)
    return bool(
        metadata.get("annotations", {}).get(HASH_ANNOTATION) == mark[HASH_ANNOTATION]
        and counts.get("observedGeneration", 0) >= metadata.get("generation", 0)
        and 0 < total == counts.get("updatedReplicas", 0) == counts.get("readyReplicas", 0)
    )
