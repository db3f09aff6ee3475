"""What an SRE sees of this service. Labels name the contest, never a player or a prompt."""

from prometheus_client import Counter, Gauge

from cygnet.dedup.admission import OUTCOMES

ADMISSIONS = Counter("cygnet_dedup_admissions", "Submissions decided on, by what was decided.", ("contest", "outcome"))
LEASES_EXPIRED = Counter("cygnet_dedup_leases_expired", "Jobs taken away from silent workers.", ("contest",))
QUEUE_LENGTH = Gauge("cygnet_dedup_queue_length", "Jobs that wait to be drawn.", ("contest",))
OLDEST_WAIT = Gauge(
    "cygnet_dedup_oldest_wait_seconds", "For how long the oldest waiting job has been waiting.", ("contest",)
)
OUTBOX = Gauge("cygnet_dedup_outbox_length", "Scores that are not with the leaderboard yet.", ("contest",))


class Telemetry:
    """Counts for Prometheus. All series of a contest exist from when it is first heard of."""

    def __init__(self) -> None:
        self._known: set[str] = set()

    def admission(self, contest: str, outcome: str) -> None:
        """Counts a decision."""
        self._know(contest)
        ADMISSIONS.labels(contest, outcome).inc()

    def lease_expired(self, contest: str) -> None:
        """Counts a job taken away from a silent worker."""
        self._know(contest)
        LEASES_EXPIRED.labels(contest).inc()

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
        LEASES_EXPIRED.labels(contest)
        for gauge in (QUEUE_LENGTH, OLDEST_WAIT, OUTBOX):
            gauge.labels(contest)
