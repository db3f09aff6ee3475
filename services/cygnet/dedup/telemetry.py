"""What an SRE sees of this service. Labels name the contest, never a player or a prompt."""

from prometheus_client import Counter, Gauge, Histogram

from cygnet.dedup.admission import OUTCOMES

ADMISSIONS = Counter("cygnet_dedup_admissions", "Submissions decided on, by what was decided.", ("contest", "outcome"))
JOBS_ENDED = Counter("cygnet_dedup_jobs_ended", "Drawings that ended, by how (done, failed).", ("contest", "outcome"))
LEASES_EXPIRED = Counter("cygnet_dedup_leases_expired", "Jobs taken away from silent workers.", ("contest",))
QUEUE_WAIT = Histogram(
    "cygnet_dedup_queue_wait_seconds",
    "How long jobs waited until a worker took them.",
    ("contest",),
    buckets=(0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300, 600, 1800),
)
QUEUE_LENGTH = Gauge("cygnet_dedup_queue_length", "Jobs that wait to be drawn.", ("contest",))
OLDEST_WAIT = Gauge("cygnet_dedup_oldest_wait_seconds", "How long the oldest waiting job has waited.", ("contest",))
OUTBOX = Gauge("cygnet_dedup_outbox_length", "Scores that are not with the leaderboard yet.", ("contest",))

_ENDS = ("done", "failed")


class Telemetry:
    """Counts for Prometheus. All series of a contest exist from when it is first heard of."""

    def __init__(self) -> None:
        self._known: set[str] = set()

    def admission(self, contest: str, outcome: str) -> None:
        """Counts a decision."""
        self._know(contest)
        ADMISSIONS.labels(contest, outcome).inc()

    def claimed(self, contest: str, waited_s: float) -> None:
        """Counts a job that a worker took."""
        self._know(contest)
        QUEUE_WAIT.labels(contest).observe(waited_s)

    def ended(self, contest: str, *, failed: bool) -> None:
        """Counts a job that its worker ended."""
        self._know(contest)
        JOBS_ENDED.labels(contest, _ENDS[failed]).inc()

    def lease_expired(self, contest: str, *, failed: bool) -> None:
        """Counts a job taken away from a silent worker, and whether that was once too often."""
        self._know(contest)
        LEASES_EXPIRED.labels(contest).inc()
        if failed:
            self.ended(contest, failed=True)

    def lengths(self, contest: str, *, waiting: int, outbox: int, oldest_wait_s: float) -> None:
        """Sets what only reading can tell. Every replica says the same: take the maximum."""
        self._know(contest)
        QUEUE_LENGTH.labels(contest).set(waiting)
        OUTBOX.labels(contest).set(outbox)
        OLDEST_WAIT.labels(contest).set(oldest_wait_s)

    def _know(self, contest: str) -> None:
        if contest in self._known:
            return
        self._known.add(contest)
        for outcome in OUTCOMES:
            ADMISSIONS.labels(contest, outcome)
        for end in _ENDS:
            JOBS_ENDED.labels(contest, end)
        LEASES_EXPIRED.labels(contest)
        QUEUE_WAIT.labels(contest)
        for gauge in (QUEUE_LENGTH, OLDEST_WAIT, OUTBOX):
            gauge.labels(contest)
