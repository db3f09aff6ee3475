"""One seed a target: whoever may draw first chooses its counter, and the secret is given away once."""

import hashlib
from typing import Any

import pytest
import redis.asyncio as aioredis

from cygnet.dedup.admission import identity
from cygnet.dedup.requests import MOST_SEEDS
from cygnet.dedup.store import Store
from cygnet.dedup.values import Admission
from cygnet.internal.v1 import dedup_pb2

from .conftest import MakeAdmission
from .environment import decide
from .test_active import GENEROUS, T0

CONTEST = "limits"
LADDER = ["a duck", "a red duck"]


async def claimed(store: Store) -> dedup_pb2.Job:
    found = await store.claim(CONTEST, "token", 10_000, T0)
    assert found is not None
    return found.job


async def secret_of(redis_client: aioredis.Redis) -> bytes:
    found = await redis_client.get(f"dedup:{{{CONTEST}}}:secret")
    assert isinstance(found, bytes)
    return found


@pytest.fixture
def described(admission: MakeAdmission) -> MakeAdmission:
    """Makes admissions for a target with a ladder."""

    def make(**fields: Any) -> Admission:
        made = admission(**fields)
        made.request.ladder.extend(LADDER)
        return made

    return make


async def test_without_a_description_the_first_seed_holds_for_every_prompt(
    store: Store, admission: MakeAdmission, redis_client: aioredis.Redis
) -> None:
    await decide(store, admission(), GENEROUS, T0)
    job = await claimed(store)
    assert job.seed == identity.seed(await secret_of(redis_client), job.target.picture_sha256, 0)
    assert not job.candidate_seeds
    # A description that comes later changes nothing that was drawn.
    assert await store.seeds.settle(CONTEST, job.target.picture_sha256, 2) == 0


async def test_with_a_description_whoever_draws_first_chooses(
    store: Store, described: MakeAdmission, redis_client: aioredis.Redis
) -> None:
    await decide(store, described(), GENEROUS, T0)
    job = await claimed(store)
    secret, target = await secret_of(redis_client), job.target.picture_sha256
    assert not job.seed
    assert list(job.candidate_seeds) == [identity.seed(secret, target, number) for number in range(MOST_SEEDS)]
    assert list(job.ladder) == LADDER
    assert await store.seeds.settle(CONTEST, target, None) is None
    assert await store.seeds.settle(CONTEST, target, 3) == 3
    assert await store.seeds.settle(CONTEST, target, 1) == 3, "who was first decides"
    await decide(store, described(prompt="a swan"), GENEROUS, T0)
    again = await claimed(store)
    assert (again.seed, list(again.candidate_seeds), list(again.ladder)) == (identity.seed(secret, target, 3), [], [])


async def test_players_see_a_hash_until_the_secret_is_given_away_for_good(
    store: Store, described: MakeAdmission, redis_client: aioredis.Redis
) -> None:
    bound = await store.seeds.public(CONTEST)
    secret = await secret_of(redis_client)
    assert (bound.commitment, bound.revealed_secret) == (hashlib.sha256(secret).hexdigest(), b"")
    await decide(store, described(), GENEROUS, T0)
    target = (await claimed(store)).target.picture_sha256
    await store.seeds.settle(CONTEST, target, 2)

    await store.seeds.reveal(CONTEST)
    revealed = await store.seeds.public(CONTEST)
    assert (revealed.commitment, revealed.revealed_secret) == (bound.commitment, secret)
    assert dict(revealed.counters) == {target: 2}
    assert await secret_of(redis_client) != secret, "what is drawn later follows from another"

    await store.seeds.reveal(CONTEST)
    assert await store.seeds.public(CONTEST) == revealed


async def test_giving_away_before_anything_was_drawn_is_no_error(store: Store) -> None:
    await store.seeds.reveal(CONTEST)
    revealed = await store.seeds.public(CONTEST)
    assert hashlib.sha256(revealed.revealed_secret).hexdigest() == revealed.commitment
    assert not revealed.counters


async def test_a_seed_may_be_settled_before_anybody_draws(
    store: Store, admission: MakeAdmission, redis_client: aioredis.Redis
) -> None:
    asked = admission().request
    wanted = dedup_pb2.Job(contest=CONTEST, target=asked.target, model=asked.model, ladder=LADDER)
    models = (asked.model.generator_source, asked.model.scorer_source)
    assert await store.seeds.next("", *models) is None
    await store.seeds.request([wanted, wanted])
    found = await store.seeds.next("", *models)
    assert found is not None
    assert (len(found.candidate_seeds), list(found.ladder)) == (MOST_SEEDS, LADDER)
    assert await store.seeds.next("", "builtin://other", models[1]) is None
    await store.seeds.settle(CONTEST, asked.target.picture_sha256, 1)
    assert await store.seeds.next("", *models) is None
    await decide(store, admission(), GENEROUS, T0)
    job = await claimed(store)
    assert job.seed == identity.seed(await secret_of(redis_client), asked.target.picture_sha256, 1)
