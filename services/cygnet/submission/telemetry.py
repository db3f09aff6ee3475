"""What an SRE sees of this service: whether people can submit. Labels name the contest, never a player or a prompt."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager

from prometheus_client import Counter, Gauge

from cygnet.internal.v1 import document_pb2
from cygnet.platform.errors import Conflict, InvalidRequest, NotAllowed, NotFound, NotSignedIn, Refused
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

REFUSALS = (
    "SUBMIT_RATE", "NEW_WORK_RATE", "PENDING_LIMIT", "QUEUE_FULL", "CONTEST_CLOSED", "CONTEST_PAUSED", "NOTHING_READ",
    "PROOF_NEEDED",
)  # fmt: skip
JOIN_REFUSALS = ("PROOF_NEEDED", "PRESENCE_WAITING", "PRESENCE_REQUIRED")
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

    def document(self, document: document_pb2.ContestDocument) -> None:
        """Notes that a document is in force."""
        contest = document.contest.name
        for outcome in OUTCOMES:
            SUBMITS.labels(contest, outcome)
        for outcome in JOIN_OUTCOMES:
            JOINS.labels(contest, outcome)
        GENERATION.labels(contest).set(document.contest.generation)
        WAIT_LIMIT.labels(contest).set(document.admission.max_predicted_wait_ms / 1000)

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
