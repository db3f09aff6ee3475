"""What an SRE sees of the operator."""

from prometheus_client import Counter, Gauge, Histogram

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

for _outcome in ("settled", "pending", "failed"):
    RECONCILES.labels(_outcome)
for _what in ("object", "replicas", "status", "delete", "event"):
    WRITES.labels(_what)
