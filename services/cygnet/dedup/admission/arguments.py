"""What the script that decides on a submission is given."""

from collections.abc import Callable

from cygnet.dedup import classes, records
from cygnet.dedup.admission import identity
from cygnet.dedup.keys import keys
from cygnet.dedup.queue import eta
from cygnet.dedup.values import Admission, Bucket
from cygnet.internal.v1 import dedup_pb2
from cygnet.platform.scripts import Argument

COSTS = " ".join(map(str, classes.LEAST_COSTS))
"""What a drawing costs each class at least, as the scripts read it."""
OPENING_MS = 3_000
"""Whoever comes within this time after a window opened comes at the same time, and nothing is drawn before it is over:
as long as a phone on a crowded Wi-Fi may take to be heard."""
_TICKET_MS = 120_000
"""How much later than they were told somebody may come back to their place in line."""


def prepared(
    admission: Admission, submit_bucket: Bucket, now_ms: int
) -> tuple[Callable[[str], str], dict[str, Argument], dedup_pb2.OwnedSubmission]:
    """Returns keys and arguments of the admission script, and the record that it stores."""
    request, policy = admission.request, admission.request.policy
    record = records.record(admission, now_ms)
    arguments: dict[str, Argument] = {
        "now": now_ms,
        "contest": request.contest,
        "submission_id": admission.submission_id,
        "participant": request.participant_id,
        "nickname": request.nickname,
        "policy_generation": str(policy.generation),
        "fingerprint": admission.fingerprint,
        "canonical_prompt": admission.canonical_prompt,
        "ladder": "\n".join(request.ladder),
        "target": request.target.name,
        "target_sha256": request.target.picture_sha256,
        "model": admission.model.SerializeToString(),
        "lane": identity.lane(admission.model),
        "record": record.SerializeToString(),
        "every_ms": policy.every_ms,
        "burst": policy.burst,
        "max_pending": policy.pending,
        "max_queue": admission.max_queue,
        "present": int(request.present),
        "regular_after": classes.REGULAR_AFTER,
        "least_costs": COSTS,
        "per_place_ms": eta.per_place_ms(admission.pace),
        "most_wait_ms": policy.max_predicted_wait_ms,
        "ticket_ms": _TICKET_MS,
        **classes.REPEATS_KEPT,
        "opened_ms": request.opened_at.ToMilliseconds(),
        "opening_ms": OPENING_MS,
        "lot": admission.lot,
        "lots": identity.LOTS,
        "submit_every_ms": submit_bucket.every_ms,
        "submit_burst": submit_bucket.burst,
    }
    where = keys(request.contest, admission.fingerprint, admission.submission_id, request.participant_id)
    return where, arguments, record
