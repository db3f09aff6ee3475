"""What an SRE sees of this service. Labels name the contest, never a player or a prompt."""

from prometheus_client import Counter, Gauge, Histogram

from cygnet.worker.handling import Outcome

DRAWINGS = Counter(
    "cygnet_worker_drawings", "Jobs that this worker had, by what became of them.", ("contest", "outcome")
)
SECONDS = Histogram(
    "cygnet_worker_drawing_seconds",
    "How long completed jobs took from claim to completion.",
    ("contest",),
    buckets=(0.1, 0.2, 0.3, 0.5, 0.75, 1, 1.5, 2, 3, 5, 7.5, 10, 20, 30, 60),
)
IN_FLIGHT = Gauge("cygnet_worker_in_flight", "Jobs in hand now.", ("contest",))
READY = Gauge("cygnet_worker_ready", "1 while Triton answered the last probe and drew ever since, else 0.")
PROBES = Counter("cygnet_worker_probes", "Probes of Triton, by whether it drew.", ("outcome",))


class Telemetry:
    """Counts for Prometheus. All series of a contest exist from its first job on."""

    def __init__(self) -> None:
        self._known: set[str] = set()
        for outcome in ("answered", "failed"):
            PROBES.labels(outcome)

    def began(self, contest: str) -> None:
        """Counts a job that was claimed."""
        self._know(contest)
        IN_FLIGHT.labels(contest).inc()

    def ended(self, contest: str, outcome: Outcome, seconds: float) -> None:
        """Counts a job that ended; `seconds` since it was claimed."""
        IN_FLIGHT.labels(contest).dec()
        DRAWINGS.labels(contest, outcome.value).inc()
        if outcome is Outcome.COMPLETED:
            SECONDS.labels(contest).observe(seconds)

    def probed(self, *, answered: bool) -> None:
        """Counts a probe."""
        PROBES.labels("answered" if answered else "failed").inc()

    def ready(self, ready: bool) -> None:
        """Says whether jobs are claimed."""
        READY.set(ready)

    def _know(self, contest: str) -> None:
        if contest in self._known:
            return
        self._known.add(contest)
        for outcome in Outcome:
            DRAWINGS.labels(contest, outcome.value)
        SECONDS.labels(contest)
