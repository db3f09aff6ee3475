"""Which model draws which job, while models come and go."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from cygnet.dedup.store import Store
from cygnet.dedup.values import Bucket, Failure, Job, Model, Order, Record, State

pytestmark = pytest.mark.redis

MakeOrder = Callable[..., Order]
T0 = 1_800_000_000_000
AWAY_MS = 30_000
GENEROUS = Bucket(every_ms=1, burst=1_000)
OLD = Model("builtin://tiny", 4, 256, "builtin://clip")
NEW = Model("hf://big", 1, 512, "builtin://clip")
TYPO = Model("hf://bgi", 1, 512, "builtin://clip")
NOT_SERVED = Failure("MODEL_NOT_SERVED", "nobody")
tokens = iter(range(10**9))


async def claim(store: Store, model: Model, at_ms: int = 0) -> Job | None:
    return await store.claim("limits", f"{next(tokens)}", 10_000, T0 + at_ms, model.needs, AWAY_MS)


async def admit(store: Store, *orders: Order) -> None:
    for each in orders:
        assert (await store.admit(each, GENEROUS, T0)).outcome == "accepted"


async def drawn(store: Store, model: Model, at_ms: int = 0) -> list[str]:
    """Claims until there is nothing left for this model; returns the prompts."""
    prompts = []
    while (job := await claim(store, model, at_ms)) is not None:
        assert job.model == model
        prompts.append(job.prompt)
    return prompts


async def record(store: Store, order: Order) -> Record:
    [found], _ = await store.records("limits", [order.submission_id])
    return found


def many(order: MakeOrder, *wishes: tuple[str, Model]) -> list[Order]:
    return [order(prompt, pending=100, burst=100, model=model) for prompt, model in wishes]


async def test_a_worker_gets_its_own_models_jobs_in_the_queues_order(store: Store, order: MakeOrder) -> None:
    await claim(store, OLD)
    await admit(store, *many(order, ("1", OLD), ("2", NEW), ("3", OLD), ("4", NEW)))
    light = order("5", "b", model=NEW)
    await admit(store, light)
    assert (await record(store, light)).position == 1
    assert await drawn(store, NEW) == ["5", "2", "4"]
    assert await drawn(store, OLD) == ["1", "3"]


async def test_a_job_that_is_given_back_waits_for_its_model_again(store: Store, order: MakeOrder) -> None:
    await admit(store, *many(order, ("1", OLD), ("2", OLD)))
    job = await claim(store, OLD)
    assert job is not None
    assert await store.release(job.lease, None, T0)
    assert await claim(store, NEW) is None
    assert await drawn(store, OLD) == ["1", "2"]


async def test_the_jobs_of_a_model_that_is_gone_are_drawn_by_the_one_that_is_there_in_their_turn(
    store: Store, order: MakeOrder
) -> None:
    await claim(store, OLD)
    await admit(store, *many(order, ("1", OLD), ("2", NEW), ("3", OLD), ("4", NEW)))
    assert (first := await claim(store, NEW, AWAY_MS - 1)) is not None
    assert first.prompt == "2"
    # From here on nobody has asked for the old model's jobs for long enough. They come by their places.
    assert await drawn(store, NEW, AWAY_MS) == ["1", "3", "4"]


async def test_it_is_not_known_how_a_model_draws_that_nobody_asked_for(store: Store, order: MakeOrder) -> None:
    await claim(store, OLD)
    await admit(store, order("1", model=OLD))
    job = await claim(store, NEW, AWAY_MS)
    assert job is not None
    assert job.model == replace(NEW, steps=OLD.steps, size=OLD.size)


async def test_a_model_whose_workers_are_busy_is_not_gone(store: Store, order: MakeOrder) -> None:
    await admit(store, *many(order, ("1", OLD), ("2", OLD)))
    job = await claim(store, OLD)
    assert job is not None
    assert await store.heartbeat(job.lease, 10_000, T0 + AWAY_MS - 1)
    assert await claim(store, NEW, AWAY_MS) is None
    assert await claim(store, NEW, 2 * AWAY_MS) is not None


async def test_a_model_that_was_never_served_fails_its_jobs_while_others_are(store: Store, order: MakeOrder) -> None:
    wrong = order("1", model=TYPO, burst=1, every_ms=3_600_000)
    await admit(store, wrong)
    late = T0 + AWAY_MS
    assert await store.never_served("limits", AWAY_MS, late) == [], "nobody asks at all: closed, or still starting"
    await claim(store, OLD, 1)
    assert await store.never_served("limits", AWAY_MS, late - 1) == []
    assert await store.never_served("limits", AWAY_MS, late) == [wrong.fingerprint]
    assert await claim(store, OLD, AWAY_MS) is None, "a wrong name must not pass unnoticed"
    assert not await store.strand("limits", wrong.fingerprint, NOT_SERVED, AWAY_MS, late - 1)
    assert await store.strand("limits", wrong.fingerprint, NOT_SERVED, AWAY_MS, late)
    assert not await store.strand("limits", wrong.fingerprint, NOT_SERVED, AWAY_MS, late)
    ended = await record(store, wrong)
    assert (ended.state, ended.failure) == (State.FAILED, NOT_SERVED)
    again = order("1", model=OLD, burst=1, every_ms=3_600_000)
    assert (await store.admit(again, GENEROUS, late)).outcome == "accepted", "the token did not come back"


async def test_a_model_that_comes_to_be_served_just_in_time_draws(store: Store, order: MakeOrder) -> None:
    wanted = order("1", model=NEW)
    await admit(store, wanted)
    await claim(store, OLD, AWAY_MS)
    [found] = await store.never_served("limits", AWAY_MS, T0 + AWAY_MS)
    job = await claim(store, NEW, AWAY_MS)
    assert job is not None
    assert await store.release(job.lease, None, T0 + AWAY_MS)
    assert not await store.strand("limits", found, NOT_SERVED, AWAY_MS, T0 + AWAY_MS)
    assert await drawn(store, NEW, AWAY_MS) == ["1"]


async def test_when_a_worker_last_asked_is_told(store: Store, order: MakeOrder) -> None:
    wanted = order("1", model=OLD)
    await admit(store, wanted)
    _, pace = await store.records("limits", [wanted.submission_id])
    assert pace.asked_ms == 0
    await claim(store, NEW, 5)
    _, pace = await store.records("limits", [wanted.submission_id])
    assert pace.asked_ms == T0 + 5
