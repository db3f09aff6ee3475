"""What an SRE sees of this service. Labels name the contest, never a player or a prompt."""

import time

from prometheus_client import Counter, Gauge, Histogram

from cygnet.dedup.admission.admit import OUTCOMES
from cygnet.dedup.classes import CLASSES
from cygnet.dedup.values import Lengths
from cygnet.platform.heavy_hitters import HeavyHitters

ADMISSIONS = Counter("cygnet_dedup_admissions", "Submissions decided on, by what was decided.", ("contest", "outcome"))
JOBS_ENDED = Counter("cygnet_dedup_jobs_ended", "Drawings that ended, by how (done, failed).", ("contest", "outcome"))
LEASES_EXPIRED = Counter("cygnet_dedup_leases_expired", "Jobs taken away from silent workers.", ("contest",))
QUEUE_WAIT = Histogram(
    "cygnet_dedup_queue_wait_seconds",
    "How long jobs waited until a worker took them.",
    ("contest",),
    buckets=(0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300, 600, 1800),
)
TIME_TO_PICTURE = Histogram(
    "cygnet_dedup_time_to_picture_seconds",
    "From a new prompt's admission to its picture and score.",
    ("contest",),
    buckets=(0.25, 0.5, 0.75, 1, 1.5, 2, 3, 5, 7.5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 300, 600, 1800),
)
PROMISES = Counter(
    "cygnet_dedup_promises",
    "Drawings that ended within the wait that nine in ten were promised at admission (kept), or later (broken).",
    ("contest", "outcome"),
)
QUEUE_LENGTH = Gauge("cygnet_dedup_queue_length", "Jobs that wait to be drawn.", ("contest",))
CLASS_QUEUE_LENGTH = Gauge(
    "cygnet_dedup_class_queue_length",
    "Jobs that wait to be drawn, by the class of whoever wants them.",
    ("contest", "class"),
)
FAIRNESS_GAP = Gauge(
    "cygnet_dedup_fairness_gap",
    "How many drawings more than somebody who waits another one of their class got meanwhile, at most.",
    ("contest",),
)
STUCK = Gauge(
    "cygnet_stuck_submissions",
    "Drawings that were taken, have not ended, and are neither in the queue nor with a worker: always 0.",
    ("contest",),
)
OLDEST_WAIT = Gauge("cygnet_dedup_oldest_wait_seconds", "How long the oldest waiting job has waited.", ("contest",))
SUBMISSIONS = Gauge("cygnet_dedup_submissions", "Submissions that were ever admitted.", ("contest",))
PARTICIPANTS = Gauge("cygnet_dedup_participants", "Participants who ever made a submission.", ("contest",))
OUTBOX = Gauge("cygnet_dedup_outbox_length", "Scores that are not with the leaderboard yet.", ("contest",))
RECENT = Gauge(
    "cygnet_dedup_recent_submissions",
    "Submissions of the last half minute to minute that this replica decided on, refused ones included.",
    ("contest",),
)
RECENT_OF_LARGEST = Gauge(
    "cygnet_dedup_recent_submissions_of_largest",
    "How many of cygnet_dedup_recent_submissions came from the busiest participant, whoever that is.",
    ("contest",),
)
STORE_USED = Gauge("cygnet_dedup_store_used_bytes", "Memory that Redis uses.")
STORE_MOST = Gauge("cygnet_dedup_store_max_bytes", "Memory that Redis may use before it refuses writes; 0: no bound.")

_ENDS = ("done", "failed")
_PROMISES = ("broken", "kept")
"""By whether it was."""


class Telemetry:
    """Counts for Prometheus. All series of a contest exist from its first event."""

    def __init__(self) -> None:
        self._senders: dict[str, HeavyHitters] = {}

    def admission(self, contest: str, participant: str, outcome: str) -> None:
        """Counts a decision."""
        self._know(contest)
        ADMISSIONS.labels(contest, outcome).inc()
        self._senders[contest].add(participant)

    def claimed(self, contest: str, waited_s: float) -> None:
        """Counts a job that a worker took."""
        self._know(contest)
        QUEUE_WAIT.labels(contest).observe(waited_s)

    def completed(self, contest: str, after_s: float, *, kept: bool | None) -> None:
        """Counts a job that ended with its picture, `after_s` seconds after its admission, and whether that was within
        what was promised (None: nothing was)."""
        self._know(contest)
        JOBS_ENDED.labels(contest, "done").inc()
        TIME_TO_PICTURE.labels(contest).observe(after_s)
        if kept is not None:
            PROMISES.labels(contest, _PROMISES[kept]).inc()

    def failed(self, contest: str) -> None:
        """Counts a job that ended without a picture."""
        self._know(contest)
        JOBS_ENDED.labels(contest, "failed").inc()

    def lease_expired(self, contest: str, *, failed: bool) -> None:
        """Counts a job taken away from a silent worker, and whether that was once too often."""
        self._know(contest)
        LEASES_EXPIRED.labels(contest).inc()
        if failed:
            self.failed(contest)

    def lengths(self, contest: str, lengths: Lengths, oldest_wait_s: float) -> None:
        """Sets what only reading can tell. Every replica reads the same: take the maximum."""
        self._know(contest)
        QUEUE_LENGTH.labels(contest).set(lengths.waiting)
        for name, waiting in zip(CLASSES, lengths.by_class, strict=True):
            CLASS_QUEUE_LENGTH.labels(contest, name).set(waiting)
        FAIRNESS_GAP.labels(contest).set(lengths.fairness_gap)
        STUCK.labels(contest).set(lengths.stuck)
        OUTBOX.labels(contest).set(lengths.outbox)
        SUBMISSIONS.labels(contest).set(lengths.submissions)
        PARTICIPANTS.labels(contest).set(lengths.participants)
        OLDEST_WAIT.labels(contest).set(oldest_wait_s)

    def shares(self) -> None:
        """Sets who sends how much. Every replica counts what it decided on itself: take the sum."""
        for contest, senders in self._senders.items():
            everybody, largest = senders.totals()
            RECENT.labels(contest).set(everybody)
            RECENT_OF_LARGEST.labels(contest).set(largest)

    def memory(self, used_bytes: int, most_bytes: int) -> None:
        """Sets how full Redis is. Every replica reads the same: take the maximum."""
        STORE_USED.set(used_bytes)
        STORE_MOST.set(most_bytes)

    def _know(self, contest: str) -> None:
        if contest in self._senders:
            return
        self._senders[contest] = HeavyHitters(time.monotonic)
        for outcome in OUTCOMES:
            ADMISSIONS.labels(contest, outcome)
        for end in _ENDS:
            JOBS_ENDED.labels(contest, end)
        for outcome in _PROMISES:
            PROMISES.labels(contest, outcome)
        LEASES_EXPIRED.labels(contest)
        for histogram in (QUEUE_WAIT, TIME_TO_PICTURE):
            histogram.labels(contest)
        for name in CLASSES:
            CLASS_QUEUE_LENGTH.labels(contest, name)
        for gauge in (
            QUEUE_LENGTH,
            FAIRNESS_GAP,
            STUCK,
            OLDEST_WAIT,
            SUBMISSIONS,
            PARTICIPANTS,
            OUTBOX,
            RECENT,
            RECENT_OF_LARGEST,
        ):
            gauge.labels(contest)
