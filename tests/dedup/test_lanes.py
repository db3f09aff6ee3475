"""Which model draws which job, while models come and go."""

from collections.abc import Callable

from cygnet.dedup.store import Store
from cygnet.dedup.values import Admission, Bucket
from cygnet.internal.v1 import dedup_pb2
from cygnet.internal.v1.document_pb2 import Model
from cygnet.v1.submission_pb2 import SUBMISSION_STATE_FAILED, Failure, Submission

from .environment import CLIP, decide

MakeAdmission = Callable[..., Admission]
T0 = 1_800_000_000_000
AWAY_MS = 30_000
GENEROUS = Bucket(every_ms=1, burst=1_000)
OLD = Model(generator_source="builtin://tiny", steps=4, size=256, scorer_source=CLIP)
NEW = Model(generator_source="hf://big", steps=1, size=512, scorer_source=CLIP)
TYPO = Model(generator_source="hf://bgi", steps=1, size=512, scorer_source=CLIP)
NOT_SERVED = Failure(reason="MODEL_NOT_SERVED", message="nobody")
tokens = iter(range(10**9))


async def claim(store: Store, model: Model, at_ms: int = 0) -> dedup_pb2.Job | None:
    claimed = await store.claim("limits", f"{next(tokens)}", 10_000, T0 + at_ms, model, AWAY_MS)
    return claimed.job if claimed is not None else None


async def admit(store: Store, *admissions: Admission) -> None:
    for each in admissions:
        assert (await decide(store, each, GENEROUS, T0)).outcome == "accepted"


async def drawn(store: Store, model: Model, at_ms: int = 0) -> list[str]:
    """Claims until there is nothing left for this model; returns the prompts."""
    prompts = []
    while (job := await claim(store, model, at_ms)) is not None:
        assert job.model == model
        prompts.append(job.canonical_prompt)
    return prompts


async def read(store: Store, admission: Admission) -> Submission:
    [found], *_ = await store.submissions("limits", [admission.submission_id])
    return found.submission


def many(admission: MakeAdmission, *prompts: tuple[str, Model]) -> list[Admission]:
    return [admission(prompt, pending=100, burst=100, model=model) for prompt, model in prompts]


async def test_a_worker_gets_its_own_models_jobs_in_the_queues_order(store: Store, admission: MakeAdmission) -> None:
    await claim(store, OLD)
    await admit(store, *many(admission, ("1", OLD), ("2", NEW), ("3", OLD), ("4", NEW)))
    light = admission("5", "b", model=NEW)
    await admit(store, light)
    assert (await read(store, light)).queue.position == 1
    assert await drawn(store, NEW) == ["5", "2", "4"]
    assert await drawn(store, OLD) == ["1", "3"]


async def test_a_job_that_is_given_back_waits_for_its_model_again(store: Store, admission: MakeAdmission) -> None:
    await admit(store, *many(admission, ("1", OLD), ("2", OLD)))
    job = await claim(store, OLD)
    assert job is not None
    assert await store.release(job, None, T0)
    assert await claim(store, NEW) is None
    assert await drawn(store, OLD) == ["1", "2"]


async def test_the_jobs_of_a_model_that_is_gone_are_drawn_by_the_one_that_is_there_in_their_turn(
    store: Store, admission: MakeAdmission
) -> None:
    await claim(store, OLD)
    await admit(store, *many(admission, ("1", OLD), ("2", NEW), ("3", OLD), ("4", NEW)))
    assert (first := await claim(store, NEW, AWAY_MS - 1)) is not None
    assert first.canonical_prompt == "2"
    # From here on nobody has asked for the old model's jobs for long enough. They come by their places.
    assert await drawn(store, NEW, AWAY_MS) == ["1", "3", "4"]


async def test_it_is_not_known_how_a_model_draws_that_nobody_asked_for(store: Store, admission: MakeAdmission) -> None:
    await claim(store, OLD)
    await admit(store, admission("1", model=OLD))
    job = await claim(store, NEW, AWAY_MS)
    assert job is not None
    assert job.model == Model(
        generator_source=NEW.generator_source, steps=OLD.steps, size=OLD.size, scorer_source=NEW.scorer_source
    )


async def test_a_model_whose_workers_are_busy_is_not_gone(store: Store, admission: MakeAdmission) -> None:
    await admit(store, *many(admission, ("1", OLD), ("2", OLD)))
    job = await claim(store, OLD)
    assert job is not None
    assert await store.heartbeat(job, 10_000, T0 + AWAY_MS - 1)
    assert await claim(store, NEW, AWAY_MS) is None
    assert await claim(store, NEW, 2 * AWAY_MS) is not None


async def test_a_model_that_was_never_served_fails_its_jobs_while_others_are(
    store: Store, admission: MakeAdmission
) -> None:
    wrong = admission("1", model=TYPO, burst=1, every_ms=3_600_000)
    await admit(store, wrong)
    late = T0 + AWAY_MS
    assert await store.waiting_jobs.never_served("limits", AWAY_MS, late) == [], (
        "nobody asks at all: closed, or still starting"
    )
    await claim(store, OLD, 1)
    assert await store.waiting_jobs.never_served("limits", AWAY_MS, late - 1) == []
    assert await store.waiting_jobs.never_served("limits", AWAY_MS, late) == [wrong.fingerprint]
    assert await claim(store, OLD, AWAY_MS) is None, "a wrong name must not pass unnoticed"
    assert not await store.waiting_jobs.fail_unservable("limits", wrong.fingerprint, NOT_SERVED, AWAY_MS, late - 1)
    assert await store.waiting_jobs.fail_unservable("limits", wrong.fingerprint, NOT_SERVED, AWAY_MS, late)
    assert not await store.waiting_jobs.fail_unservable("limits", wrong.fingerprint, NOT_SERVED, AWAY_MS, late)
    ended = await read(store, wrong)
    assert (ended.state, ended.failure) == (SUBMISSION_STATE_FAILED, NOT_SERVED)
    again = admission("1", model=OLD, burst=1, every_ms=3_600_000)
    assert (await decide(store, again, GENEROUS, late)).outcome == "accepted", "the token did not come back"


async def test_a_model_that_comes_to_be_served_just_in_time_draws(store: Store, admission: MakeAdmission) -> None:
    wanted = admission("1", model=NEW)
    await admit(store, wanted)
    await claim(store, OLD, AWAY_MS)
    [found] = await store.waiting_jobs.never_served("limits", AWAY_MS, T0 + AWAY_MS)
    job = await claim(store, NEW, AWAY_MS)
    assert job is not None
    assert await store.release(job, None, T0 + AWAY_MS)
    assert not await store.waiting_jobs.fail_unservable("limits", found, NOT_SERVED, AWAY_MS, T0 + AWAY_MS)
    assert await drawn(store, NEW, AWAY_MS) == ["1"]


async def test_when_a_worker_last_polled_is_known(store: Store, admission: MakeAdmission) -> None:
    wanted = admission("1", model=OLD)
    await admit(store, wanted)
    _, pace, _ = await store.submissions("limits", [wanted.submission_id])
    assert pace.last_poll_ms == 0
    await claim(store, NEW, 5)
    _, pace, _ = await store.submissions("limits", [wanted.submission_id])
    assert pace.last_poll_ms == T0 + 5
