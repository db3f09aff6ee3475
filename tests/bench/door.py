"""How long does a member wait at the door while a load generator written in C sends what it can?

The real Envoy on one thread, before services that answer at once: what is measured is the door alone. The generator has
no session and shares the member's address and the machine's cores; the member opens a new connection for every Submit.
Needs h2load and wrk (apt-get install nghttp2-client wrk). Run it with `make bench-door`.
"""

import asyncio
import re
import shutil
import tempfile
import time
from pathlib import Path

import click
from tests.gateway.callers import session
from tests.gateway.door import Door, connection, open_door

from cygnet.v1 import submission_pb2, submission_pb2_grpc

SECONDS = 9
JOIN = "/cygnet.v1.SubmissionService/Join"
H2LOAD = ("h2load", f"--duration={SECONDS + 3}", "-t1", "-Hcontent-type: application/grpc", "-Hte: trailers")
WRK = ("wrk", f"-d{SECONDS + 3}s", "-t1")
CASES = {
    "nobody": (),
    "h2load, 100 connections, 32 Joins at once on each": (*H2LOAD, "-c100", "-m32"),
    "h2load, 1,000 connections, 10 on each": (*H2LOAD, "-c1000", "-m10"),
    "wrk, 100 connections, the page": (*WRK, "-c100"),
    "wrk, 1,000 connections": (*WRK, "-c1000"),
}


def _cpu_s(pid: int) -> float:
    return sum(map(int, Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13])) / 100


async def _member(door: Door) -> tuple[list[float], int]:
    """Submits for SECONDS; returns how long each answer took, and how many were refusals."""
    waits, refused, end = [], 0, time.monotonic() + SECONDS
    while time.monotonic() < end:
        async with connection(door) as channel:
            stub: submission_pb2_grpc.SubmissionServiceAsyncStub = submission_pb2_grpc.SubmissionServiceStub(channel)
            began = time.monotonic()
            call = stub.Submit(submission_pb2.SubmitRequest(), metadata=session("member"), timeout=60)
            refused += (await call.code()).name != "OK"
            waits.append(time.monotonic() - began)
        await asyncio.sleep(0.1)
    return sorted(waits), refused


async def measure(what: str, generator: tuple[str, ...], folder: Path) -> str:
    """Returns a row of the table."""
    async with open_door(folder) as door:
        body = folder / "body"
        body.write_bytes(b"\0\0\0\0\0")
        url = f"http://{door.address}"
        target = (f"-d{body}", f"{url}{JOIN}") if generator[:1] == ("h2load",) else (f"{url}/",)
        sending = None
        if generator:
            sending = await asyncio.create_subprocess_exec(*generator, *target, stdout=asyncio.subprocess.PIPE)
            await asyncio.sleep(1)
        cpu_s = _cpu_s(door.process.pid)
        waits, refused = await _member(door)
        cpu = (_cpu_s(door.process.pid) - cpu_s) / SECONDS
        said = (await sending.communicate())[0].decode() if sending else ""
        sent = re.search(r"([\d.]+) req/s|Requests/sec:\s*([\d.]+)", said)
        rate = float(sent[1] or sent[2]) if sent else 0.0
        passed = door.reached["Join"] + door.reached["page"]
        p50, p95 = (1000 * waits[int(len(waits) * part)] for part in (0.5, 0.95))
        return f"{what:<52}{rate:>8.0f}{passed:>8}{cpu:>6.0%}{len(waits):>7}{refused:>9}{p50:>9.1f}{p95:>9.1f}"


@click.command(help=__doc__)
def main() -> None:
    for needed, package in (("h2load", "nghttp2-client"), ("wrk", "wrk")):
        if shutil.which(needed) is None:
            raise click.ClickException(f"{needed} is not installed: apt-get install {package}")
    heads = ("sent/s", 8), ("passed", 8), ("CPU", 6), ("calls", 7), ("refused", 9), ("p50 ms", 9), ("p95 ms", 9)
    click.echo(f"{'who else sends':<52}" + "".join(f"{head:>{width}}" for head, width in heads))
    for what, generator in CASES.items():
        with tempfile.TemporaryDirectory() as folder:
            click.echo(asyncio.run(measure(what, generator, Path(folder))))


if __name__ == "__main__":
    main()
