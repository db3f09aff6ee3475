"""Organisers see what clients do and end one, without touching anybody else."""

import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import grpc
import pytest
import redis.asyncio as aioredis
from prometheus_client import REGISTRY

from cygnet.contest.client import AdminApis
from cygnet.internal.v1 import admin_pb2
from cygnet.platform.errors import Conflict, InvalidRequest, NotAllowed, NotFound
from cygnet.platform.grpc.status import from_rpc_error
from cygnet.platform.signing_keys import parse_keys
from cygnet.submission.clients import store as store_module
from cygnet.submission.clients.metadata import client_of
from cygnet.submission.clients.store import JOIN, MINUTES, SUBMIT, ClientStore
from cygnet.submission.clients.watch import ClientNames
from cygnet.submission.signing import derived
from cygnet.v1 import presence_pb2, submission_pb2

from ..waiting import eventually
from ..workloads import ADMIN_TOKEN
from .environment import Game, bearer, playing, raised_by

NAMES = ClientNames(derived(parse_keys("k1:" + "s" * 32), "client name"))
NOW = 1_790_000_000_000
HALL, HOME = "203.0.112.7", "198.51.97.9"
FAILED = submission_pb2.SUBMISSION_STATE_FAILED


def subscriber(address: str, browser: str = "phone") -> str:
    return client_of([("x-cygnet-address", address), ("user-agent", browser)]).subscriber


def test_a_client_is_a_subscriber_whatever_its_browser_calls_itself() -> None:
    assert subscriber(HALL, "one") == subscriber(HALL, "other") == HALL
    assert subscriber(HALL) != subscriber("203.0.112.8")
    assert (
        subscriber("2a00:1450:4001:82a::1") == subscriber("2a00:1450:4001:ffff::2") != subscriber("2a00:1450:4002::1")
    )
    assert subscriber("10.0.0.1") != subscriber("10.0.0.2")
    assert subscriber("::ffff:10.0.0.1") != subscriber("fd00::1")
    assert subscriber("nonsense") == "nonsense"


def test_a_name_tells_nothing_without_the_key_and_outlives_a_rotation() -> None:
    [name] = NAMES.of(HALL)
    assert store_module.__doc__ and len(name) == 10 and HALL not in name
    assert ClientNames(derived(parse_keys("k1:" + "x" * 32), "client name")).of(HALL) != [name]
    rotated = ClientNames(derived(parse_keys("k2:" + "y" * 32 + ",k1:" + "s" * 32), "client name"))
    assert rotated.of(HALL)[1] == name != rotated.of(HALL)[0]


async def test_counts_are_of_the_last_minutes_and_bounded(
    redis_client: aioredis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_module, "_MOST_CLIENTS", 2)
    monkeypatch.setattr(store_module, "MOST_SESSIONS", 3)
    store, start = ClientStore(redis_client), NOW - NOW % 60_000
    await store.note("c", {"a join": 5, "a submit": 2}, ["a one"], ["a two"], start)
    await store.note("c", {"a join": 1}, ["a one", "a three"], [], start + 90_000)
    report = await store.report("c", start + 90_000)
    # Of the minute before, the half that is not over a minute ago.
    assert (report.calls["a join"], report.of_last_minute["a join"]) == (6, 1 + round(5 / 2))
    assert (report.outside, report.present) == ({"a": 2}, {"a": ["two"]})
    later = await store.report("c", start + MINUTES * 60_000 + 90_001)
    assert (later.calls, later.outside, later.present) == ({}, {}, {})

    minute = start + 3_600_000
    await store.note("c", {f"{name} {call}": 1 for name in "abcdef" for call in (JOIN, SUBMIT)}, [], [], minute)
    await store.note("c", {"a join": 1, "b join": 1}, [f"a {i}" for i in range(9)], [], minute)
    report = await store.report("c", minute)
    assert len(report.calls) == 4 and report.outside == {"a": 3}
    assert 0 < await redis_client.pttl(f"sub:{{c}}:clients:{minute // 60_000}") <= (MINUTES + 2) * 60_000


async def test_so_many_clients_are_ended_at_most(redis_client: aioredis.Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_module, "MOST_ENDED", 1)
    store = ClientStore(redis_client)
    assert await store.end("c", "a", NOW) and await store.end("c", "a", NOW + 1)
    assert not await store.end("c", "b", NOW)
    assert (await store.report("c", NOW)).ended == {"a": NOW}
    assert await store.allow("c", "a") and not await store.allow("c", "a")


@pytest.fixture
async def game(redis_url: str, redis_client: aioredis.Redis, tmp_path: Path) -> AsyncIterator[Game]:
    async with playing(redis_url, tmp_path) as running:
        await running.apply()
        yield running


def apis(game: Game) -> AdminApis:
    return AdminApis(game.admin_address, "127.0.0.1:1", ADMIN_TOKEN)


def at(address: str, token: str | None = None, browser: str = "phone") -> tuple[tuple[str, str], ...]:
    return (("x-cygnet-address", address), ("user-agent", browser), *bearer(token))


async def join(game: Game, address: str, ticket: str = "", token: str | None = None) -> submission_pb2.JoinResponse:
    ticket, _, device = ticket.partition(" ")
    request = submission_pb2.JoinRequest(contest="test", nickname="Ada", device=device, ticket=ticket)
    return await game.players.Join(request, metadata=at(address, token))


async def submit(game: Game, address: str, token: str, prompt: str) -> submission_pb2.Submission:
    request = submission_pb2.SubmitRequest(contest="test", target="duck", prompt=prompt, request_id=uuid.uuid4().hex)
    return (await game.players.Submit(request, metadata=at(address, token))).submission


async def ticket(game: Game) -> str:
    """Returns a ticket of a device of its own, and the device."""
    code = (await game.boards.MakePass(admin_pb2.MakePassRequest(contest="test"), metadata=bearer(ADMIN_TOKEN))).code
    request = presence_pb2.ExchangeCodeRequest(contest="test", code=code, device=uuid.uuid4().hex)
    return f"{(await game.presence.ExchangeCode(request)).ticket} {request.device}"


async def states(game: Game, token: str) -> list[submission_pb2.Submission]:
    request = submission_pb2.ListSubmissionsRequest(contest="test", limit=100)
    return list((await game.players.ListSubmissions(request, metadata=bearer(token))).submissions)


async def test_organisers_see_clients_and_end_one_without_touching_the_hall(game: Game) -> None:
    [hall], [home] = NAMES.of(HALL), NAMES.of(HOME)
    present = await join(game, HALL, await ticket(game))
    assert present.present
    visitor = await join(game, HOME)
    sybils = [await join(game, HALL) for _ in range(5)]
    for number, sybil in enumerate(sybils):
        await submit(game, HALL, sybil.session_token, f"flood {number}")
    mine = await submit(game, HALL, present.session_token, "a duck of the hall")
    theirs = await submit(game, HOME, visitor.session_token, "a duck from home")

    async def counted() -> bool:
        clients = {each.id: each for each in (await apis(game).list_clients("")).clients}
        seen = {name: (each.joins, each.submits, each.sessions, each.present) for name, each in clients.items()}
        return seen == {hall: (6, 6, 5, 1), home: (1, 1, 1, 0)}

    await eventually(counted, 10)
    listed = await apis(game).list_clients("test")
    assert ([each.id for each in listed.clients], listed.more) == ([hall, home], 0)
    # All within two minutes: how much is of the last one depends on the seconds.
    assert 0 < listed.clients[0].joins_last_minute <= 6 and not listed.clients[0].HasField("ended_at")

    tried = await apis(game).end_client("test", hall, dry_run=True)
    assert (tried.drawings, tried.client.sessions, tried.client.present) == (5, 5, 1)
    await submit(game, HALL, sybils[0].session_token, "still allowed")

    ended = await apis(game).end_client("test", hall, dry_run=False)
    assert ended.drawings == 6
    for sybil in sybils:
        assert {each.failure.reason for each in await states(game, sybil.session_token)} == {"CLIENT_ENDED"}
    refused = await raised_by(join(game, HALL))
    assert isinstance(refused, NotAllowed) and refused.reason == "CLIENT_ENDED"
    assert "ask them" in refused.message and hall in refused.message
    assert (await raised_by(join(game, HALL, token=sybils[0].session_token))).reason == "CLIENT_ENDED"
    assert (await raised_by(submit(game, HALL, sybils[0].session_token, "more"))).reason == "CLIENT_ENDED"
    # The hall and everybody elsewhere go on, whatever waits there waits on, and who scans comes in.
    assert [each.state for each in await states(game, present.session_token)] == [mine.state]
    assert [each.state for each in await states(game, visitor.session_token)] == [theirs.state]
    await submit(game, HALL, present.session_token, "another duck of the hall")
    await submit(game, HOME, visitor.session_token, "another duck from home")
    late = await join(game, HALL, await ticket(game), token=sybils[1].session_token)
    assert late.present
    await submit(game, HALL, late.session_token, "I was in the hall all the time")
    assert REGISTRY.get_sample_value("cygnet_submission_ended_clients", {"contest": "test"}) == 1
    busiest = REGISTRY.get_sample_value("cygnet_submission_recent_calls_of_largest_client", {"contest": "test"})
    assert busiest is not None and busiest >= 12

    [again, _] = (await apis(game).list_clients("test")).clients
    assert again.id == hall and again.HasField("ended_at")
    assert await apis(game).allow_client("test", hall)
    assert not await apis(game).allow_client("test", hall)

    async def plays_again() -> bool:
        try:
            await submit(game, HALL, sybils[0].session_token, "once more")
        except grpc.aio.AioRpcError as refused:
            assert from_rpc_error(refused).reason == "CLIENT_ENDED"
            return False
        return True

    # Replicas hear of it within a second.
    await eventually(plays_again, 5)


async def test_what_cannot_be_ended_is_said(game: Game, monkeypatch: pytest.MonkeyPatch) -> None:
    async def end(client: str) -> admin_pb2.EndClientResponse:
        return await apis(game).end_client("test", client, dry_run=False)

    with pytest.raises(InvalidRequest, match="cygnet clients"):
        await end(HALL)
    with pytest.raises(NotFound, match="cygnet clients"):
        await end("a" * 10)
    await join(game, HALL)
    [hall] = NAMES.of(HALL)

    async def known() -> bool:
        return bool((await apis(game).list_clients("test")).clients)

    await eventually(known, 10)
    monkeypatch.setattr(store_module, "MOST_ENDED", 0)
    with pytest.raises(Conflict, match="allow some"):
        await end(hall)
