"""What an SRE sees of the operator. Labels name the contest, and words of a fixed list."""

from collections.abc import Callable

from prometheus_client import Counter, Gauge, Histogram

from cygnet.contest.status import Phase
from cygnet_operator.model import Object

RECONCILES = Counter("cygnet_operator_reconciles", "Reconciliations, by how they ended.", ("outcome",))
RECONCILE_SECONDS = Histogram(
    "cygnet_operator_reconcile_seconds",
    "How long a reconciliation took.",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
QUEUED = Gauge("cygnet_operator_queue_length", "Contests that are due now.")
OLDEST_DUE = Gauge("cygnet_operator_oldest_due_seconds", "How long the longest due contest has been due.")
LAST_RECONCILE = Gauge("cygnet_operator_last_reconcile_timestamp_seconds", "When a reconciliation last ended.")
LAST_RESYNC = Gauge("cygnet_operator_last_resync_timestamp_seconds", "When everything was last looked at again.")
CONTESTS = Gauge("cygnet_operator_contests", "Contests there are.")
WRITES = Counter("cygnet_operator_writes", "Writes to the API server, by what was written.", ("what",))
ACKNOWLEDGED = Histogram(
    "cygnet_operator_policy_acknowledged_seconds",
    "From looking at a changed contest to the acknowledgement of every replica of the services.",
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30),
)

POLICY_IN_FORCE = Gauge(
    "cygnet_operator_policy_in_force",
    "1 while every replica of the services has the contest's present generation, else 0.",
    ("contest",),
)
PHASE = Gauge("cygnet_operator_contest_phase", "1 for the phase that a contest is in, else 0.", ("contest", "phase"))

for _outcome in ("settled", "pending", "failed"):
    RECONCILES.labels(_outcome)
for _what in ("object", "replicas", "status", "delete", "event"):
    WRITES.labels(_what)


def show(queued: Callable[[], float], oldest_due_s: Callable[[], float], contests: Callable[[], float]) -> None:
    """Takes where the numbers of the moment come from. They are asked at each scrape, by the thread that answers it:
    so a scrape tells the truth even of an event loop that hangs.
    """
    QUEUED.set_function(queued)
    OLDEST_DUE.set_function(oldest_due_s)
    CONTESTS.set_function(contests)


def note_status(contest: str, generation: int, status: Object) -> None:
    """Shows what is said about a contest of this generation."""
    # A contest that cannot even be read keeps what was said of an earlier generation.
    in_force = any(
        condition["type"] == "PolicyInForce"
        and condition["status"] == "True"
        and condition["observedGeneration"] == generation
        for condition in status.get("conditions", ())
    )
    POLICY_IN_FORCE.labels(contest).set(in_force)
    for phase in Phase:
        PHASE.labels(contest, str(phase)).set(phase == status.get("phase"))


def forget(contest: str) -> None:
    """Shows nothing more of a contest that is gone."""
    POLICY_IN_FORCE.remove_by_labels({"contest": contest})
    PHASE.remove_by_labels({"contest": contest})
