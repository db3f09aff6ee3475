"""What the tests of this service share: a store on an empty Redis, admissions with few words, two live replicas."""

from collections.abc import AsyncIterator, Callable

import pytest
import redis.asyncio as aioredis

from cygnet.dedup.store import Store
from cygnet.dedup.values import Admission
from cygnet.internal.v1 import document_pb2

from .environment import CLIP, Replica, ResultLog, admission_of, admit_request, two_replicas

MakeAdmission = Callable[..., Admission]
TINY = document_pb2.Model(generator_source="builtin://tiny", steps=4, size=256, scorer_source=CLIP)


@pytest.fixture
def store(redis_client: aioredis.Redis) -> Store:
    return Store(redis_client)


@pytest.fixture
def admission() -> MakeAdmission:
    """Makes an admission; every one is a request of its own unless `request_id` says otherwise."""

    def make(
        prompt: str = "a duck",
        who: str = "a",
        *,
        request_id: str = "",
        nickname: str = "Ada",
        max_queue: int = 100,
        contest: str = "limits",
        model: document_pb2.Model = TINY,
        **policy: int,
    ) -> Admission:
        request = admit_request(prompt, request_id=request_id, contest=contest, model=model, **policy)
        request.participant_id, request.nickname = who * 26, nickname
        return admission_of(request, max_queue=max_queue)

    return make


@pytest.fixture
async def results() -> ResultLog:
    return ResultLog()


@pytest.fixture
async def two(
    redis_client: aioredis.Redis, redis_url: str, results: ResultLog
) -> AsyncIterator[tuple[Replica, Replica]]:
    async with two_replicas(redis_url, results) as replicas:
        yield replicas
