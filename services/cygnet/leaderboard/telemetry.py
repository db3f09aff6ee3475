"""What an SRE sees of this service. Labels name the contest, never a player."""

from prometheus_client import Counter, Gauge

from cygnet.internal.v1 import document_pb2

RESULTS = Counter(
    "cygnet_leaderboard_results", "Results received, by whether they were new or sent again.", ("contest", "outcome")
)
WATCHERS = Gauge("cygnet_leaderboard_watchers", "Streams that follow a leaderboard now.", ("contest",))
REFRESHES = Counter("cygnet_leaderboard_refreshes", "Reads of a watched leaderboard after a change.", ("contest",))
GENERATION = Gauge(
    "cygnet_leaderboard_contest_generation", "Generation of the contest document that this replica has.", ("contest",)
)


class Telemetry:
    """Counts for Prometheus. All series of a contest exist from when this replica has its document."""

    def document(self, document: document_pb2.ContestDocument) -> None:
        """Notes that a document is in force."""
        contest = document.contest.name
        GENERATION.labels(contest).set(document.contest.generation)
        for outcome in ("new", "repeated"):
            RESULTS.labels(contest, outcome)
        WATCHERS.labels(contest)
        REFRESHES.labels(contest)

    def recorded(self, contest: str, *, new: int, repeated: int) -> None:
        """Counts the results of one call."""
        RESULTS.labels(contest, "new").inc(new)
        RESULTS.labels(contest, "repeated").inc(repeated)

    def watchers(self, contest: str, change: int) -> None:
        """Counts a watcher that came (+1) or left (-1)."""
        WATCHERS.labels(contest).inc(change)

    def refreshed(self, contest: str) -> None:
        """Counts a read for everybody who watches."""
        REFRESHES.labels(contest).inc()
