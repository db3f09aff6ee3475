"""Which models jobs ask for while a changed one takes over. Pure.

The Deployment brings new replicas step by step: each must have served for the pause before it takes a former one's
place. Meanwhile the document that services hold names both models, and the new one's share of the jobs is its share of
the replicas that serve. So a model that cannot be loaded, or cannot score, is never asked for: the former one goes on,
for as long as it takes. Workers get jobs of their own model alone (docs/decisions/0009).
"""

from dataclasses import dataclass

from cygnet.contest.spec import DEFAULT_STEPS
from cygnet.internal.v1 import document_pb2
from cygnet_operator.drift import HASH_ANNOTATION
from cygnet_operator.model import DEPLOYMENT, Contest, Object, Observed
from cygnet_operator.plan import Plan, workload_name
from cygnet_operator.pods import placed

ALL = 1_000


@dataclass(frozen=True)
class Model:
    """How pictures are drawn: the names by which replicas know their models, and two inputs."""

    generator: str
    scorer: str
    steps: int
    size: int

    def message(self) -> document_pb2.Model:
        """Returns it as the document has it."""
        return document_pb2.Model(
            generator_source=self.generator, scorer_source=self.scorer, steps=self.steps, size=self.size
        )


@dataclass(frozen=True)
class Serving:
    """What jobs are to ask for now."""

    model: Model
    """The one in use."""
    coming: Model | None = None
    """The changed one, while it takes over."""
    share: int = 0
    """So many in a thousand jobs ask for it already."""


def serving_of(contest: Contest, observed: Observed, wanted: Plan) -> Serving:
    """Returns what jobs are to ask for now."""
    generator, scorer = placed(contest)
    drawn = contest.spec.model.generator
    asked = Model(generator.source, scorer.source, DEFAULT_STEPS if drawn.steps is None else drawn.steps, drawn.size)
    former = _former(contest, asked)
    there = observed.child(DEPLOYMENT, workload_name(contest))
    if former is None or there is None or wanted.replicas == 0:
        return Serving(asked)
    share = _share_of_the_new(there, wanted)
    return Serving(asked) if share == ALL else Serving(former, asked, share)


def _former(contest: Contest, asked: Model) -> Model | None:
    """Returns the model in use if another one is asked for; steps and size alone need no other replicas."""
    seen = contest.status.get("model")
    if seen is None or (seen["generator"], seen["scorer"]) == (asked.generator, asked.scorer):
        return None
    return Model(seen["generator"], seen["scorer"], seen.get("steps", asked.steps), seen.get("size", asked.size))


def _share_of_the_new(there: Object, wanted: Plan) -> int:
    """Returns how many in a thousand of the replicas that serve have the present model.

    A Deployment does not say which of its replicas are ready. Those that are not may be old or new: they count as new,
    so the new model never gets more than it can draw.
    """
    mark = next(item for item in wanted.objects if item["kind"] == DEPLOYMENT.kind)["metadata"]["annotations"]
    metadata, counts = there["metadata"], there.get("status", {})
    seen = counts.get("observedGeneration", 0) >= metadata.get("generation", 0)
    if metadata.get("annotations", {}).get(HASH_ANNOTATION) != mark[HASH_ANNOTATION] or not seen:
        return 0
    total, updated, ready = (counts.get(name, 0) for name in ("replicas", "updatedReplicas", "readyReplicas"))
    new_and_ready = ready - (total - updated)
    if new_and_ready <= 0:
        return 0
    # All of it only once no former replica is left: they end last, and draw what asked for them.
    return ALL if total == updated == ready else min(ALL - 1, new_and_ready * ALL // ready)
