"""What an SRE sees of this service. Labels name the contest, never a player."""

from prometheus_client import Counter, Gauge

RESULTS = Counter(
    "cygnet_leaderboard_results", "Results received, by whether they were new or sent again.", ("contest", "outcome")
)
WATCHERS = Gauge("cygnet_leaderboard_watchers", "Streams that follow a leaderboard now.", ("contest",))
REFRESHES = Counter("cygnet_leaderboard_refreshes", "Reads of a watched leaderboard after a change.", ("contest",))


class Telemetry:
    """Counts for Prometheus. All series of a contest exist from when it is first heard of."""

    def recorded(self, contest: str, *, new: int, repeated: int) -> None:
        """Counts the results of one call."""
        RESULTS.labels(contest, "new").inc(new)
        RESULTS.labels(contest, "repeated").inc(repeated)

    def watchers(self, contest: str, change: int) -> None:
        """Counts a watcher that came (+1) or left (-1)."""
        WATCHERS.labels(contest).inc(change)
        REFRESHES.labels(contest)

    def refreshed(self, contest: str) -> None:
        """Counts a read for everybody who watches."""
        REFRESHES.labels(contest).inc()
