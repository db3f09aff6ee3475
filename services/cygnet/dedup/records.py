"""How values lie in Redis, and are read back. No keys here, and no connection."""

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from cygnet.dedup.values import (
    Answer,
    Change,
    Delivery,
    Failure,
    Job,
    Lease,
    Model,
    Record,
    Result,
    Served,
    State,
    Target,
)

JOB_FIELDS = ("state", "run", "started_ms", "result")
"""What a submission's record needs of its job, in the order that `record` expects; the run's failure follows."""


def job(contest: str, fingerprint: str, lease_ms: int, fields: Sequence[bytes]) -> Job:
    """Reads what claim.lua returns."""
    fence, attempts, prompt, seed, target, target_sha256, model, queued_ms = fields
    return Job(
        lease=Lease(contest, fingerprint, int(fence)),
        lease_ms=lease_ms,
        prompt=prompt.decode(),
        seed=int(seed),
        target=Target(target.decode(), target_sha256.decode()),
        model=Model(**json.loads(model)),
        attempt=int(attempts),
        queued_ms=int(queued_ms),
    )


def drawn_with(wanted: Job, served: Served, model: bytes) -> Job:
    """Returns the job of a model that is gone, to be drawn with what is served.

    `model` is how the contest draws with that one; where it never did (b''), the job's own steps and size have to do.
    """
    sources = asdict(served)
    if model:
        return replace(wanted, model=Model(**{**json.loads(model), **sources}))
    return replace(wanted, model=replace(wanted.model, **sources))


def result_document(value: Result) -> str:
    """Writes a result. JSON keeps every bit of a Python float."""
    return json.dumps({**asdict(value), "heat": base64.b64encode(value.heat).decode()})


def result(document: bytes) -> Result:
    """Reads a result, also one from before there were sub-scores and heat maps."""
    fields = json.loads(document)
    return Result(**{**fields, "heat": base64.b64decode(fields.get("heat", ""))})


def record(
    submission_id: str,
    asked: Mapping[str, str],
    job_fields: Sequence[bytes | None],
    position: int | None,
    revision: int,
) -> Record:
    """Puts together what was asked for and how its job stands."""
    state_now, run_now, started_ms, drawn, failed = job_fields
    if state_now is None or run_now is None:
        raise LookupError(f"submission {submission_id} has no job")
    # A later run belongs to whoever asked again: this one's run failed, and that is how it ended.
    state = State(state_now.decode()) if run_now.decode() == asked["run"] else State.FAILED
    return Record(
        submission_id=submission_id,
        participant_id=asked["participant_id"],
        revision=revision,
        target=asked["target"],
        prompt=asked["prompt"],
        state=state,
        answer=Answer(asked["answer"]),
        created_ms=int(asked["created_ms"]),
        policy_generation=int(asked["policy_generation"]),
        position=position if state is State.QUEUED and position is not None else 0,
        started_ms=int(started_ms) if state is State.DRAWING and started_ms is not None else 0,
        result=result(drawn) if state is State.DONE and drawn is not None else None,
        failure=Failure(**json.loads(failed)) if state is State.FAILED and failed is not None else None,
    )


def delivery(entry_id: bytes, fields: Mapping[bytes, bytes]) -> Delivery:
    """Reads an entry of the outbox."""
    return Delivery(
        entry_id=entry_id.decode(),
        submission_id=fields[b"submission_id"].decode(),
        participant_id=fields[b"participant_id"].decode(),
        nickname=fields[b"nickname"].decode(),
        target=fields[b"target"].decode(),
        policy_generation=int(fields[b"policy_generation"]),
        delivered_ms=int(fields[b"delivered_ms"]),
        result=result(fields[b"result"]),
    )


def change(message: bytes) -> Change:
    """Reads what prelude.lua announces."""
    said: dict[str, Any] = json.loads(message)
    return Change(
        contest=said["contest"],
        # Lua cannot tell an empty list from an empty table, and says {}.
        submission_ids=tuple(said.get("submission_ids") or ()),
        queue_moved=said.get("queue_moved", False),
        work_added=said.get("work_added", False),
        outbox_grew=said.get("outbox_grew", False),
    )
