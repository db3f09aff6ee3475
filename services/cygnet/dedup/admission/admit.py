"""Prepares submissions for the one script that decides on each, and explains what the script decided."""

import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TypeVar

from cygnet.dedup import records
from cygnet.dedup.admission import identity
from cygnet.dedup.admission.canonical import canonical_prompt
from cygnet.dedup.queue import eta
from cygnet.dedup.requests import check_admission
from cygnet.dedup.snapshots import Snapshots
from cygnet.dedup.store import Store
from cygnet.dedup.values import Admission, Bucket, Decision, Pace
from cygnet.internal.v1 import dedup_pb2, document_pb2
from cygnet.platform.errors import Conflict, DomainError, FieldViolation, InvalidRequest, Refused, Unavailable
from cygnet.platform.logs import prompt_hash
from cygnet.v1 import submission_pb2

log = logging.getLogger(__name__)

T = TypeVar("T")
Decided = submission_pb2.Submission | DomainError

OUTCOMES = (
    "accepted", "coalesced", "repeated", "known",
    "REQUEST_ID_REUSED", "SUBMIT_RATE", "PENDING_LIMIT", "NEW_WORK_RATE", "QUEUE_FULL",
)  # fmt: skip
"""All that may be decided."""

_FRESH_MS = 1_000
"""For how long a secret and a measured pace are used before they are read again."""

_REFUSALS = {
    "SUBMIT_RATE": "too many submissions; send the next one a little later",
    "PENDING_LIMIT": "too many of your drawings are unfinished; wait for one of them",
    "NEW_WORK_RATE": "you asked for a new drawing a moment ago; the next one is possible soon",
    "QUEUE_FULL": "too many drawings are waiting; your place in line is kept, so try again when it is nearer",
}


class AdmissionController:
    """Decides on submissions."""

    def __init__(
        self,
        store: Store,
        snapshots: Snapshots,
        *,
        submit_bucket: Bucket,
        clock: Callable[[], int],
        count: Callable[[str, str, str], None],
    ) -> None:
        """`clock` returns ms since the epoch; `count` takes (contest, participant, outcome) of every decision."""
        self._store = store
        self._snapshots = snapshots
        self._submit_bucket = submit_bucket
        self._clock = clock
        self._count = count
        self._active: dict[str, tuple[int, bytes, Pace]] = {}

    async def admit(self, requests: Sequence[dedup_pb2.AdmitRequest]) -> list[Decided]:
        """Decides on submissions, on each for itself: returns each as it stands, or the error that says why not.

        Errors are
            Refused: not now; with a reason and when to try again.
            Conflict: the request id belongs to another submission.
            InvalidRequest: a field is out of its bounds, or nothing of the prompt can be seen.
            NotFound: only a retry was to be answered, and this is none.

        Raises:
            Unavailable: the store does not answer; some may have been admitted.
        """
        prepared = [await _caught(self._prepare(request)) for request in requests]
        admissions = [each for each in prepared if isinstance(each, Admission)]
        decisions = iter(await self._store.admit(admissions, self._submit_bucket, self._clock()) if admissions else ())
        promised: dict[str, dict[str, int]] = defaultdict(dict)
        answers = [
            await _caught(self._explain(each, next(decisions), promised)) if isinstance(each, Admission) else each
            for each in prepared
        ]
        for contest, jobs in promised.items():
            await self._store.promise(contest, jobs)
        return answers

    async def _prepare(self, request: dedup_pb2.AdmitRequest) -> Admission | submission_pb2.Submission:
        """Returns what the script decides on; for what is only to be known, the submission."""
        check_admission(request)
        canonical = request.reading.caption or canonical_prompt(request.prompt)
        if not canonical:
            raise InvalidRequest(FieldViolation("prompt", "holds nothing that can be seen"))
        submission_id = identity.submission_id(request)
        if request.only_known:
            return await self._known(request, submission_id)
        secret, pace = await self._activated(request.contest)
        model = _drawing_model(request, secret, canonical)
        return Admission(
            request=request,
            model=model,
            submission_id=submission_id,
            fingerprint=identity.fingerprint(secret, request, model, canonical),
            canonical_prompt=canonical,
            pace=pace,
            max_queue=eta.longest_queue(request.policy.max_predicted_wait_ms, pace),
            lot=identity.lot(secret, request),
        )

    async def _explain(
        self, admission: Admission, decision: Decision, promised: Mapping[str, dict[str, int]]
    ) -> submission_pb2.Submission:
        """Returns a submission, and notes what its job was promised; or raises why not."""
        contest = admission.request.contest
        self._count(contest, admission.request.participant_id, decision.outcome)
        if decision.outcome == "REQUEST_ID_REUSED":
            raise _reused()
        if decision.outcome in _REFUSALS:
            raise Refused(
                _REFUSALS[decision.outcome],
                reason=decision.outcome,
                retry_after_s=_retry_ms(decision, admission) / 1000,
            )
        # A line for each new drawing; a flood of repeats must not fill the log.
        level = logging.INFO if decision.outcome == "accepted" else logging.DEBUG
        if log.isEnabledFor(level):
            log.log(
                level,
                "admitted",
                extra={
                    "contest": contest,
                    "submission": admission.submission_id,
                    "outcome": decision.outcome,
                    "prompt": prompt_hash(admission.canonical_prompt),
                },
            )
        if decision.submission is None or decision.pace is None:
            return await self._snapshots.one(contest, admission.submission_id)
        self._snapshots.add_waits(decision.submission, decision.pace, decision.place)
        if decision.outcome == "accepted" and (p90_ms := decision.submission.queue.p90_ms):
            created_ms = decision.submission.created_at.ToMilliseconds()
            promised[contest][admission.fingerprint] = created_ms + p90_ms - decision.away_ms
        return decision.submission

    async def _known(self, request: dedup_pb2.AdmitRequest, submission_id: str) -> submission_pb2.Submission:
        found = await self._snapshots.one(request.contest, submission_id)
        if not records.same(found, request):
            raise _reused()
        return found

    async def _activated(self, contest: str) -> tuple[bytes, Pace]:
        """Returns the contest's secret and pace."""
        now, read = self._clock(), self._active.get(contest)
        if read is None:
            await self._store.check_format()
        if read is None or not 0 <= now - read[0] < _FRESH_MS:
            read = self._active[contest] = (now, *await self._store.activate(contest, now))
        return read[1:]


async def _caught(work: Awaitable[T]) -> T | DomainError:
    """Returns what `work` returns, or the error that is about one submission alone."""
    try:
        return await work
    except Unavailable:
        raise
    except DomainError as error:
        return error


def _reused() -> Conflict:
    return Conflict("this request_id belongs to another submission; make a new one", reason="REQUEST_ID_REUSED")


def _drawing_model(request: dedup_pb2.AdmitRequest, secret: bytes, canonical: str) -> document_pb2.Model:
    """Returns the one model that draws this prompt now.

    While a changed model takes over, the drawing decides: the same prompt by anybody asks for the same model, and as
    the share grows a prompt moves on once. A choice anew for every submission would be a lottery.
    """
    if not request.next_share:
        return request.model
    drawing = identity.fingerprint(secret, request, request.model, canonical)
    return request.next_model if identity.thousandth(secret, drawing) < request.next_share else request.model


def _retry_ms(decision: Decision, admission: Admission) -> int:
    if decision.outcome == "PENDING_LIMIT":
        return eta.typical_ms(admission.pace) or eta.ASSUMED_DRAWING_MS
    return decision.wait_ms
