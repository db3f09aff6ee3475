"""Every expression of the dashboard and of the alerts, put to a real Prometheus that scraped a real game: Triton draws,
people play and repeat, somebody floods, the store refuses to write, Triton dies. None comes back empty.

What only a cluster has comes from elsewhere: the operator's series from a real operator (tests/operator/
test_observed.py), and NVIDIA's DCGM from its exporter's documented format, as there is no GPU here.
"""

import asyncio
import json
import os
import signal
import urllib.request
from collections.abc import Iterator
from contextlib import AsyncExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
import redis.asyncio

from cygnet.contest.client import AdminApis
from cygnet.platform.errors import InvalidRequest, Refused, Unavailable

from ..prompts import unique
from ..stack.player import Player, connection
from ..stackrunner import Stack, started_stack
from ..waiting import eventually, wait_for
from .expressions import ALL_CONTESTS, ONE_CONTEST, Query, panel_queries, rule_queries, selectors
from .prometheus import Prometheus, program, running

pytestmark = pytest.mark.timeout(600)

DCGM = Path(__file__).with_name("dcgm_exporter.txt")


@pytest.fixture(scope="module")
def own_stack() -> Iterator[Stack]:
    """A game of its own: it ends badly."""
    program("prometheus")
    with started_stack() as stack:
        yield stack


@pytest.fixture(scope="module")
def prometheus(own_stack: Stack, dcgm_exporter: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    """A Prometheus that scrapes everything there is."""
    targets = {**own_stack.endpoints.metrics, "dcgm": dcgm_exporter}
    with running(tmp_path_factory.mktemp("prometheus"), targets) as server:
        wait_for(lambda: set(server.targets_up().values()) == {"up"}, 30, "a scrape of every target")
        yield server


@pytest.fixture(scope="module")
def dcgm_exporter() -> Iterator[str]:
    """A stand-in for NVIDIA's exporter: it always says the same."""

    class Exporter(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.end_headers()
            self.wfile.write(DCGM.read_bytes())

        def log_message(self, format: str, *args: object) -> None:
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Exporter) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/metrics"
        server.shutdown()


@pytest.fixture(scope="module")
def played(own_stack: Stack, prometheus: Prometheus) -> Prometheus:
    """The Prometheus, after some play and a flood."""
    asyncio.run(_play(own_stack, prometheus))
    # A rate needs two scrapes after the last event.
    scraped = prometheus.query("max(timestamp(up))")[0].value
    wait_for(lambda: prometheus.query("min(timestamp(up))")[0].value > scraped + 2, what="two more scrapes")
    return prometheus


@pytest.fixture(scope="module")
def then(played: Prometheus) -> float:
    """When the play had just ended: a slow machine asks about that moment, too."""
    return played.query("time()")[0].value


async def _play(own_stack: Stack, prometheus: Prometheus) -> None:
    async with AsyncExitStack() as opened:
        ada, grace, macro = [
            await Player.join(await opened.enter_async_context(connection(own_stack.address)), name)
            for name in ("Ada", "Grace", "Macro")
        ]
        first = await ada.result(await ada.submit(unique()))
        # A rate does not see the event with which a counter first shows.
        await eventually(
            lambda: prometheus.query("cygnet_dedup_admissions_total"), what="a scrape that knows the contest"
        )
        shared = unique("swan")
        asked = [await ada.submit(shared, "swan"), await grace.submit(shared, "swan")]
        await grace.submit(first.prompt)
        with pytest.raises(InvalidRequest):
            await grace.submit("")
        refused = await _flood(macro, first.prompt)
        for submission in asked:
            await ada.result(submission) if submission is asked[0] else await grace.result(submission)
        assert {"SUBMIT_RATE", "PENDING_LIMIT"} <= refused


async def _flood(macro: Player, prompt: str) -> set[str]:
    """Sends far more than a participant may; returns why it was refused."""
    new = [await _refusal(macro, unique()) for _ in range(5)]
    again = await asyncio.gather(*(_refusal(macro, prompt) for _ in range(55)))
    return {reason for reason in (*new, *again) if reason}


async def _refusal(player: Player, prompt: str) -> str:
    try:
        await player.submit(prompt)
    except Refused as refused:
        return refused.reason
    except Unavailable:
        # The door has no words of its own.
        return "ENVOY"
    return ""


@pytest.mark.parametrize("contest", [ALL_CONTESTS, ONE_CONTEST], ids=["all contests", "one contest"])
@pytest.mark.parametrize("query", panel_queries(), ids=lambda query: query.where)
def test_no_panel_is_empty(played: Prometheus, then: float, query: Query, contest: str) -> None:
    asked = query.of(contest).expr
    assert played.query(asked, then), asked


def test_the_contest_can_be_chosen(played: Prometheus) -> None:
    url = f"{played.url}/api/v1/label/contest/values?match[]=cygnet_submission_contest_generation"
    with urllib.request.urlopen(url, timeout=10) as answer:
        assert json.load(answer)["data"] == [ONE_CONTEST]


def test_the_numbers_say_what_happened(played: Prometheus, then: float) -> None:
    queries = {query.where: query.of(ALL_CONTESTS).expr for query in panel_queries()}

    def value(where: str) -> float:
        (sample,) = played.query(queries[where], then)
        return sample.value

    assert value("Can people submit? A") == 1
    assert 0 < value("Picture after (p95) A") < 300
    assert value("Triton serves A") == value("Policy in force A") == 1
    # Macro sent sixty, the others a handful.
    assert 0.7 < value("Largest client's share A") < 1
    outcomes = {
        sample.labels["outcome"] for sample in played.query(queries["Submissions a minute, by outcome A"], then)
    }
    assert outcomes == {"accepted", "coalesced", "repeated", "rejected", "failed"}
    by_reason = played.query(f"{queries['Refusals a minute, by reason A']} > 0", then)
    assert {"SUBMIT_RATE", "PENDING_LIMIT"} <= {sample.labels["outcome"] for sample in by_reason}
    models = {sample.labels["model"] for sample in played.query(queries["Where Triton's time goes B"], then)}
    assert models == {"diffusion", "scorer"}


def test_nothing_that_is_scraped_names_a_person_or_a_prompt(played: Prometheus) -> None:
    series = played.series('{__name__=~"cygnet_.+|grpc_server_.+|nv_.+|envoy_.+"}')
    assert len(series) > 1_000
    names = {name for labels in series for name in labels}
    assert not names & {"participant", "participant_id", "player", "nickname", "prompt", "submission_id", "session"}
    values = {value for labels in series for value in labels.values()}
    for written in ("Ada", "Grace", "Macro", "two swans"):
        assert [value for value in values if written in value] == []


@pytest.mark.parametrize("query", rule_queries(), ids=lambda query: query.where)
def test_what_alerts_look_at_is_there(played: Prometheus, query: Query) -> None:
    for selector in selectors(query.expr):
        name = selector.name or ""
        if name.startswith("contest:") or name.startswith("cygnet_operator_"):
            continue  # recorded from what is looked at here; or see tests/operator/test_observed.py
        if name == "cygnet_worker_ready":
            continue  # one of its two selectors is for clusters; the alert itself is seen below
        assert played.query(str(selector.prettify())), selector.prettify()
    played.query(query.expr)  # it is an expression


def test_all_is_quiet_while_all_is_well(played: Prometheus) -> None:
    assert played.alerts() == set()


def test_submissions_that_fail_are_noticed(own_stack: Stack, played: Prometheus) -> None:
    asyncio.run(_fail(own_stack, times=15))
    alert = ("CygnetSubmissionsFailing", ONE_CONTEST)
    wait_for(lambda: alert in played.alerts(), 20, "the alert that submissions fail")
    (share,) = played.query(panel_queries()[0].of(ONE_CONTEST).expr)
    assert share.value < 0.5


async def _fail(own_stack: Stack, times: int) -> None:
    store = redis.asyncio.Redis.from_url(own_stack.redis_admin_url)
    async with connection(own_stack.address) as channel:
        player = await Player.join(channel, "Hopeful")
        await store.config_set("min-replicas-to-write", 1)  # there is none: Redis takes no write
        for _ in range(times):
            with pytest.raises(Unavailable):
                await player.submit(unique())
        await store.config_set("min-replicas-to-write", 0)
    await store.aclose()


def test_a_triton_that_is_gone_and_a_wait_beyond_the_limit_are_noticed(own_stack: Stack, played: Prometheus) -> None:
    seen = len(own_stack.events)
    os.kill(own_stack.pid("triton"), signal.SIGKILL)
    own_stack.until("process-ended", "triton", seen)
    asyncio.run(_wait_in_vain(own_stack))
    expected = {("CygnetTritonNotServing", ONE_CONTEST), ("CygnetQueueTooOld", ONE_CONTEST)}
    wait_for(lambda: expected <= played.alerts(), 30, f"{expected} pending")
    serving = next(query for query in panel_queries() if query.where.startswith("Triton serves"))
    assert [sample.value for sample in played.query(serving.of(ONE_CONTEST).expr)] == [0]


async def _wait_in_vain(own_stack: Stack) -> None:
    async with AsyncExitStack() as opened:
        for _ in range(3):
            player = await Player.join(await opened.enter_async_context(connection(own_stack.address)), "Patient")
            await player.submit(unique())
    at = own_stack.endpoints
    apis = AdminApis(at.submission_admin, at.leaderboard_admin, Path(at.admin_token_file).read_text().strip())
    document = await apis.get("")
    document.admission.max_predicted_wait_ms = 1_000
    document.contest.generation = document.admission.generation = 0
    await apis.apply(document, [])
