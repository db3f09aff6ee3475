"""The way of a document to every replica, with real admin ports on a real Redis and no cluster."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from cygnet.contest.document import to_document
from cygnet.internal.v1 import document_pb2
from cygnet.platform.grpc.workloads import OPERATOR, InstallationKeys, Workload
from cygnet_operator.model import Policy
from cygnet_operator.publish import Publisher, replicas_of

from ..workloads import INSTALLATION
from .builders import contest
from .services import Services, png, replicas

TOKEN = "an admin token that is long enough for it"
OPERATOR_TOKEN = INSTALLATION.tokens_of(Workload(OPERATOR))


@pytest.fixture
def services(redis_url: str, redis_client: object, tmp_path: Path) -> Iterator[Services]:
    """Two services with two replicas each on an empty Redis."""
    with replicas(redis_url, TOKEN, tmp_path, count=2) as running:
        yield running


def document(generation: int, **spec: Any) -> document_pb2.ContestDocument:
    subject = contest(**spec)
    made = to_document(subject.document, [png()])
    made.contest.generation = made.admission.generation = generation
    return made


@asynccontextmanager
async def publishing(
    where: Callable[[], Any], *, token: Callable[[], str] = OPERATOR_TOKEN, acknowledge_s: float = 2.0
) -> AsyncIterator[Publisher]:
    publisher = Publisher(token, where, acknowledge_s=acknowledge_s)
    try:
        yield publisher
    finally:
        await publisher.close()


async def published(publisher: Publisher, wanted: document_pb2.ContestDocument) -> Policy:
    return await publisher.publish(wanted, [png()])


def chars(services: Services) -> set[int]:
    return {there.contest.max_prompt_chars for there in services.documents("pycon")}


async def test_every_replica_acknowledges(services: Services) -> None:
    async with publishing(services.addresses) as publisher:
        assert await published(publisher, document(1, maxPromptChars=50)) == Policy(1, acknowledged=4, total=4)
        assert chars(services) == {50}
        assert await published(publisher, document(2, maxPromptChars=60)) == Policy(2, acknowledged=4, total=4)
        assert chars(services) == {60}


async def test_publishing_again_changes_nothing(services: Services) -> None:
    async with publishing(services.addresses) as publisher:
        await published(publisher, document(1))
        before = services.documents("pycon")
        assert (await published(publisher, document(1))).in_force
        assert services.documents("pycon") == before


async def test_a_contest_that_was_made_again_prevails(services: Services) -> None:
    """Kubernetes counts its generations from 1 again; the services have 7."""
    async with publishing(services.addresses) as publisher:
        await published(publisher, document(7, maxPromptChars=70))
        assert (await published(publisher, document(1, maxPromptChars=10))).in_force
        assert chars(services) == {10}
        assert {there.contest.generation for there in services.documents("pycon")} == {8}
        assert (await published(publisher, document(2, maxPromptChars=20))).in_force
        assert chars(services) == {20}


async def test_a_replica_that_is_away_is_counted_as_such(services: Services) -> None:
    def with_a_dead_one() -> dict[str, dict[str, str]]:
        board = services.addresses()["leaderboard"]
        return {**services.addresses(), "leaderboard": {**board, "127.0.0.1:1": "leaderboard-x"}}

    async with publishing(with_a_dead_one, acknowledge_s=0.2) as publisher:
        policy = await asyncio.wait_for(published(publisher, document(1)), 10)
        assert policy == Policy(1, acknowledged=4, total=5, missing=("leaderboard-x",))
        assert not policy.in_force


async def test_the_first_replica_may_be_the_dead_one(services: Services) -> None:
    def with_a_dead_one() -> dict[str, dict[str, str]]:
        return {"submission": {"127.0.0.1:1": "submission-x", **services.addresses()["submission"]}}

    async with publishing(with_a_dead_one, acknowledge_s=0.2) as publisher:
        assert (await published(publisher, document(1, maxPromptChars=33))).acknowledged == 2


async def test_a_wrong_token_is_said(services: Services) -> None:
    async with publishing(
        services.addresses, token=InstallationKeys("k1:" + "j" * 32).tokens_of(Workload(OPERATOR))
    ) as publisher:
        policy = await published(publisher, document(1))
        assert policy.acknowledged == 0
        assert "submission: " in policy.problem and "admin token" in policy.problem


async def test_nobody_there() -> None:
    async with publishing(dict) as publisher:
        assert await published(publisher, document(1)) == Policy(1, acknowledged=0, total=0)


async def test_a_service_that_lost_all_its_replicas_is_named() -> None:
    async with publishing(lambda: {"submission": {}}) as publisher:
        policy = await published(publisher, document(1))
        assert not policy.in_force and "submission" in policy.problem


def piece(service: str, *endpoints: dict[str, Any], port: str = "admin") -> dict[str, Any]:
    return {
        "metadata": {"name": f"{service}-x", "labels": {"kubernetes.io/service-name": service}},
        "ports": [{"name": "grpc", "port": 1}, {"name": port, "port": 8001}],
        "endpoints": list(endpoints),
    }


def test_replicas_are_found_in_slices() -> None:
    slices = [
        piece("a", {"addresses": ["10.0.0.2"]}, {"addresses": ["10.0.0.1"], "targetRef": {"name": "a-1"}}),
        piece("a", {"addresses": ["10.0.0.3"], "conditions": {"ready": False}}),
        piece("b", {"addresses": ["fd00::1"]}),
        piece("c", {"addresses": ["10.0.0.4"]}, port="metrics"),
    ]
    assert replicas_of(slices) == {
        "a": {"10.0.0.1:8001": "a-1", "10.0.0.2:8001": "10.0.0.2:8001"},
        "b": {"[fd00::1]:8001": "[fd00::1]:8001"},
    }
