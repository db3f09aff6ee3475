"""What an SRE sees of this service: whether people can submit. Labels name the contest, never a player or a prompt."""

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager

from prometheus_client import Counter, Gauge

from cygnet.internal.v1 import document_pb2
from cygnet.platform.errors import Conflict, InvalidRequest, NotAllowed, NotFound, NotSignedIn, Refused
from cygnet.platform.heavy_hitters import HeavyHitters
from cygnet.v1 import submission_pb2

SUBMITS = Counter(
    "cygnet_submission_submits",
    "Submissions answered: accepted, coalesced, repeated; rejected (the caller's mistake); failed (ours); "
    "or the reason of a refusal, in capitals.",
    ("contest", "outcome"),
)
JOINS = Counter(
    "cygnet_submission_joins",
    "Joins answered: present, waiting (for the lot), outside, again (a session that was there); rejected, failed; "
    "or the reason of a refusal, in capitals.",
    ("contest", "outcome"),
)
GENERATION = Gauge(
    "cygnet_submission_contest_generation", "Generation of the contest document that this replica has.", ("contest",)
)
WAIT_LIMIT = Gauge(
    "cygnet_submission_wait_limit_seconds",
    "The contest's limit on the predicted wait: new work is refused beyond it.",
    ("contest",),
)
RECENT_CALLS = Gauge(
    "cygnet_submission_recent_calls",
    "Joins and submissions of the last half minute to minute that this replica saw, refused ones included.",
    ("contest",),
)
RECENT_OF_LARGEST_CLIENT = Gauge(
    "cygnet_submission_recent_calls_of_largest_client",
    "How many of cygnet_submission_recent_calls came from the busiest client, whichever that is.",
    ("contest",),
)
ENDED_CLIENTS = Gauge("cygnet_submission_ended_clients", "Clients that the organisers ended.", ("contest",))

CAPTCHA_CHECKS = Counter(
    "cygnet_submission_captcha_checks",
    "Tokens that a captcha provider was asked about: passed, failed, or outage (it did not answer, or not to us).",
    ("provider", "outcome"),
)

REFUSALS = (
    "SUBMIT_RATE", "NEW_WORK_RATE", "PENDING_LIMIT", "QUEUE_FULL", "CONTEST_CLOSED", "CONTEST_PAUSED", "NOTHING_READ",
    "PROOF_NEEDED", "CLIENT_ENDED",
)  # fmt: skip
JOIN_REFUSALS = ("PROOF_NEEDED", "CLIENT_ENDED", "PRESENCE_WAITING", "PRESENCE_REQUIRED")
_OTHER_REFUSAL = "OTHER"
_ADMITTED: dict[int, str] = {
    submission_pb2.ADMISSION_OUTCOME_ACCEPTED: "accepted",
    submission_pb2.ADMISSION_OUTCOME_COALESCED: "coalesced",
    submission_pb2.ADMISSION_OUTCOME_REPEATED: "repeated",
}
OUTCOMES = (*_ADMITTED.values(), "rejected", "failed", *REFUSALS, _OTHER_REFUSAL)
JOIN_OUTCOMES = ("present", "waiting", "outside", "again", "rejected", "failed", *JOIN_REFUSALS, _OTHER_REFUSAL)
_CALLERS_MISTAKES = (InvalidRequest, NotFound, NotSignedIn, NotAllowed, Conflict)


class Telemetry:
    """Counts for Prometheus. All series of a contest exist from when this replica has its document."""

    def __init__(self) -> None:
        self._callers: dict[str, HeavyHitters] = {}

    def document(self, document: document_pb2.ContestDocument) -> None:
        """Notes that a document is in force."""
        contest = document.contest.name
        for outcome in OUTCOMES:
            SUBMITS.labels(contest, outcome)
        if document.entry.HasField("provider"):
            for outcome in ("passed", "failed", "outage"):
                CAPTCHA_CHECKS.labels(document.entry.provider.name, outcome)
        for outcome in JOIN_OUTCOMES:
            JOINS.labels(contest, outcome)
        self._callers.setdefault(contest, HeavyHitters(time.monotonic))
        self.clients(contest, 0)
        GENERATION.labels(contest).set(document.contest.generation)
        WAIT_LIMIT.labels(contest).set(document.admission.max_predicted_wait_ms / 1000)

    def captcha(self, provider: str, outcome: str) -> None:
        """Counts what a captcha provider said."""
        CAPTCHA_CHECKS.labels(provider, outcome).inc()

    def call(self, contest: str, client: str) -> None:
        """Counts a Join or a Submit of a client."""
        self._callers[contest].add(client)

    def clients(self, contest: str, ended: int) -> None:
        """Sets what is known of clients, and how many were ended."""
        calls, of_largest = self._callers[contest].totals()
        RECENT_CALLS.labels(contest).set(calls)
        RECENT_OF_LARGEST_CLIENT.labels(contest).set(of_largest)
        ENDED_CLIENTS.labels(contest).set(ended)

    @contextmanager
    def submit(self, contest: str) -> Iterator[Callable[[submission_pb2.Submission], None]]:
        """Counts what becomes of one submission; yields what is called with it when it was admitted."""
        with _counted(SUBMITS, contest, REFUSALS) as answered:
            yield lambda submission: answered(_ADMITTED[submission.outcome])

    def join(self, contest: str) -> AbstractContextManager[Callable[[str], None]]:
        """Counts what becomes of one Join; yields what is called with the outcome when it was answered."""
        return _counted(JOINS, contest, JOIN_REFUSALS)


@contextmanager
def _counted(counter: Counter, contest: str, refusals: Sequence[str]) -> Iterator[Callable[[str], None]]:
    outcome = "failed"

    def answered(how: str) -> None:
        nonlocal outcome
        outcome = how

    try:
        yield answered
    except asyncio.CancelledError:
        # The caller hung up; nobody knows what would have become of it.
        outcome = ""
        raise
    except (Refused, *_CALLERS_MISTAKES) as error:
        other = _OTHER_REFUSAL if isinstance(error, Refused) else "rejected"
        outcome = error.reason if error.reason in refusals else other
        raise
    finally:
        if outcome:
            counter.labels(contest, outcome).inc()
