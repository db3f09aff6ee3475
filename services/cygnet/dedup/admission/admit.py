"""Prepares a submission for the one script that decides on it, and explains what the script said."""

import dataclasses
import logging
from collections.abc import Callable
from typing import Protocol

from cygnet.dedup.admission import identity
from cygnet.dedup.admission.canonical import canonical_prompt
from cygnet.dedup.queue import eta
from cygnet.dedup.values import Bucket, Decision, Order, Pace, Record, Snapshot, Wish
from cygnet.platform.errors import Conflict, FieldViolation, InvalidRequest, Refused
from cygnet.platform.logs import prompt_hash

log = logging.getLogger(__name__)

OUTCOMES = (
    "accepted", "coalesced", "repeated", "known",
    "REQUEST_ID_REUSED", "SUBMIT_RATE", "PENDING_LIMIT", "NEW_WORK_RATE", "QUEUE_FULL",
)  # fmt: skip
"""All that the script may say."""

_PACE_HOLDS_MS = 1_000
"""For how long a measured pace bounds the queue before it is read again."""

_REFUSALS = {
    "SUBMIT_RATE": "too many submissions; send the next one a little later",
    "PENDING_LIMIT": "too many of your drawings are unfinished; wait for one of them",
    "NEW_WORK_RATE": "you asked for a new drawing a moment ago; the next one is possible soon",
    "QUEUE_FULL": "so many drawings are waiting that yours would take too long; try again later",
}


class AdmissionStore(Protocol):
    """What admission needs of the store."""

    async def secret(self, contest: str) -> bytes: ...
    async def admit(self, order: Order, submit_bucket: Bucket, now_ms: int) -> Decision: ...
    async def pace(self, contest: str) -> Pace: ...


class SnapshotReader(Protocol):
    """What tells how a submission stands."""

    async def one(self, contest: str, submission_id: str) -> Snapshot: ...
    def of(self, record: Record, pace: Pace) -> Snapshot: ...


class Admission:
    """Decides on submissions."""

    def __init__(
        self,
        store: AdmissionStore,
        snapshots: SnapshotReader,
        *,
        submit_bucket: Bucket,
        clock: Callable[[], int],
        count: Callable[[str, str, str], None],
    ) -> None:
        """`clock` returns ms since the epoch; `count` is told (contest, participant, outcome) of every decision."""
        self._store = store
        self._snapshots = snapshots
        self._submit_bucket = submit_bucket
        self._clock = clock
        self._count = count
        self._secrets: dict[str, bytes] = {}
        self._paces: dict[str, tuple[int, Pace]] = {}

    async def admit(self, wish: Wish) -> Snapshot:
        """Returns the submission as it stands.

        Raises `Refused` with a reason and when to try again, `Conflict` when the request id belongs to another
        submission, `InvalidRequest` when nothing of the prompt can be seen, `NotFound` when only a retry was to be
        answered and this is none.
        """
        canonical = canonical_prompt(wish.prompt)
        if not canonical:
            raise InvalidRequest(FieldViolation("prompt", "holds nothing that can be seen"))
        if wish.only_known:
            return await self._known(wish)
        pace = await self._pace(wish.contest)
        seed = identity.seed(await self._secret(wish.contest), canonical)
        wish = _with_its_model(wish, seed)
        order = Order(
            wish=wish,
            submission_id=_submission_id(wish),
            fingerprint=identity.fingerprint(wish, canonical),
            canonical_prompt=canonical,
            seed=seed,
            max_queue=eta.longest_queue(wish.policy.max_predicted_wait_ms, pace),
        )
        decision = await self._store.admit(order, self._submit_bucket, self._clock())
        self._count(wish.contest, wish.participant_id, decision.outcome)
        if decision.outcome == "REQUEST_ID_REUSED":
            raise Conflict("this request_id belongs to another submission; make a new one", reason=decision.outcome)
        if decision.outcome in _REFUSALS:
            raise Refused(
                _REFUSALS[decision.outcome],
                reason=decision.outcome,
                retry_after_s=_retry_ms(decision, order, pace) / 1000,
            )
        log.info(
            "admitted",
            extra={
                "contest": wish.contest,
                "submission": order.submission_id,
                "answer": decision.outcome,
                "prompt": prompt_hash(canonical),
            },
        )
        if decision.record is None or decision.pace is None:
            return await self._snapshots.one(wish.contest, order.submission_id)
        return self._snapshots.of(decision.record, decision.pace)

    async def _known(self, wish: Wish) -> Snapshot:
        found = await self._snapshots.one(wish.contest, _submission_id(wish))
        if (found.record.prompt, found.record.target) != (wish.prompt, wish.target.name):
            raise Conflict("this request_id belongs to another submission; make a new one", reason="REQUEST_ID_REUSED")
        return found

    async def _secret(self, contest: str) -> bytes:
        if contest not in self._secrets:
            self._secrets[contest] = await self._store.secret(contest)
        return self._secrets[contest]

    async def _pace(self, contest: str) -> Pace:
        now = self._clock()
        held = self._paces.get(contest)
        if held is None or not 0 <= now - held[0] < _PACE_HOLDS_MS:
            held = self._paces[contest] = (now, await self._store.pace(contest))
        return held[1]


def _submission_id(wish: Wish) -> str:
    return identity.submission_id(wish.contest, wish.participant_id, wish.request_id)


def _with_its_model(wish: Wish, seed: int) -> Wish:
    """Returns the wish with the one model that draws this prompt now.

    While a changed model takes over, the seed decides: the same prompt by anybody asks for the same model, which nobody
    can guess, and as the share grows a prompt moves on once. A choice anew for every submission would be a lottery.
    """
    if wish.next_model is None or seed % 1_000 >= wish.next_share:
        return wish
    return dataclasses.replace(wish, model=wish.next_model)


def _retry_ms(decision: Decision, order: Order, pace: Pace) -> int:
    # A bucket's wait is exact. The others end when drawings do: the first of one's own, or as many as are too many.
    if decision.outcome == "PENDING_LIMIT":
        return eta.typical_ms(pace) or eta.ASSUMED_DRAWING_MS
    if decision.outcome == "QUEUE_FULL":
        return eta.per_place_ms(pace) * (decision.queue_length - order.max_queue + 1)
    return decision.wait_ms
