"""How kopf's requests end when the API server does not answer them; a plain HTTP server stands for it."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import pytest
from aiohttp import ClientConnectionError, ClientSession, web
from aiohttp.test_utils import BaseTestServer, TestServer, unused_port
from kopf._cogs.structs.ephemera import AnyMemo
from kopf._core.engines.indexing import OperatorIndexers
from kopf._core.engines.probing import health_reporter

from cygnet_operator import handlers
from cygnet_operator.app import Stuck
from cygnet_operator.cache import Cache
from cygnet_operator.cluster import Connection
from cygnet_operator.workqueue import Outcome, WorkQueue


@asynccontextmanager
async def api_server(answer: Any) -> AsyncIterator[tuple[BaseTestServer, Connection]]:
    app = web.Application()
    app.router.add_get("/watch", answer)
    async with TestServer(app) as server:
        tokens = iter(f"token-{n}" for n in range(10))
        yield server, Connection(server=str(server.make_url("")), token=lambda: next(tokens))


async def test_a_request_that_is_taken_and_not_answered_ends_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    server_is = SimpleNamespace(starting=True)

    async def starting(request: web.Request) -> web.Response:
        if server_is.starting:
            await asyncio.Event().wait()
        return web.Response(text="listed")

    async with api_server(starting) as (server, connection), handlers.session(connection) as session:
        monkeypatch.setattr(handlers, "RESPONSE_S", 0.2)
        with pytest.raises(TimeoutError):  # kopf asks again after this
            await session.get(server.make_url("/watch"))
        server_is.starting = False
        monkeypatch.setattr(handlers, "RESPONSE_S", 30.0)
        async with session.get(server.make_url("/watch")) as answer:
            assert await answer.text() == "listed"


async def test_a_watch_that_has_begun_may_be_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    silent = asyncio.Event()

    async def watched(request: web.Request) -> web.StreamResponse:
        stream = web.StreamResponse()
        await stream.prepare(request)
        await silent.wait()
        await stream.write(b"event")
        return stream

    async with api_server(watched) as (server, connection), handlers.session(connection) as session:
        monkeypatch.setattr(handlers, "RESPONSE_S", 1.0)
        async with session.get(server.make_url("/watch")) as answer:
            asyncio.get_running_loop().call_later(1.5, silent.set)
            assert await answer.content.read() == b"event"


async def test_a_watch_of_a_kind_that_has_gone_is_asked_for_again() -> None:
    async def gone(request: web.Request) -> web.Response:
        return web.Response(status=404, text="404 page not found")

    async with api_server(gone) as (server, connection), handlers.session(connection) as session:
        with pytest.raises(ClientConnectionError):  # kopf asks again after this, and ends after a 404
            await session.get(server.make_url("/watch?watch=true"))
        async with session.get(server.make_url("/watch")) as answer:
            assert answer.status == 404


async def test_every_request_carries_the_token_of_its_moment() -> None:
    async def who(request: web.Request) -> web.Response:
        return web.Response(text=request.headers["Authorization"])

    async with api_server(who) as (server, connection), handlers.session(connection) as session:
        said = [await (await session.get(server.make_url("/watch"))).text() for _ in range(2)]
    assert said == ["Bearer token-0", "Bearer token-1"]


async def liveness(alive: Callable[[], float]) -> tuple[int, str]:
    """Returns what the kubelet is answered."""

    async def nothing(*_: str) -> Outcome:
        raise AssertionError("nothing is due")

    probes = {"stuck_seconds": alive, "last_reconcile_age_seconds": lambda: 12.5}
    sinks = handlers.Sinks(Cache(), WorkQueue(nothing), probes, lambda: asyncio.sleep(0))
    port, ready = unused_port(), asyncio.Event()
    # kopf's own endpoint, which it starts only beside its watches.
    reporter = asyncio.create_task(
        health_reporter(
            f"http://127.0.0.1:{port}/healthz",
            memo=AnyMemo(object()),
            indices=OperatorIndexers().indices,
            registry=handlers.registry(sinks, Connection(server="", token=lambda: None), ()),
            settings=handlers.settings(()),
            ready_flag=ready,
        )
    )
    try:
        await ready.wait()
        async with ClientSession() as session, session.get(f"http://127.0.0.1:{port}/healthz") as answer:
            return answer.status, await answer.text()
    finally:
        reporter.cancel()


async def test_liveness_says_how_old_everything_is() -> None:
    status, said = await liveness(lambda: 1.5)
    assert (status, json.loads(said)) == (200, {"stuck_seconds": 1.5, "last_reconcile_age_seconds": 12.5})


async def test_liveness_fails_at_once_when_work_does_not_get_done() -> None:
    def stuck() -> float:
        raise Stuck("no work has got done for 181 s")

    status, _ = await asyncio.wait_for(liveness(stuck), 5)
    assert status == 500
