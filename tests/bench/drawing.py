"""How long from a prompt to a scored picture, one at a time, through the real Triton?

Draws different prompts with the shipped weights and asks for each picture's score as a worker does; beside it, in the
same run, the scorer alone on a stored picture. Starts a tritonserver of its own; run it with `make bench-drawing`, on
an otherwise idle machine: the load average before the run is printed, because a busy neighbour doubles every figure.
"""

import asyncio
import json
import os
import statistics
import tempfile
import time
from dataclasses import asdict, dataclass
from importlib import resources
from pathlib import Path

import click
from tests.models.conftest import REPOSITORY, run_server

from cygnet.inference.triton import TritonClient
from cygnet.local.endpoints import any_free_port
from cygnet.local.triton import find_installation, plan_launch, prepare_backend

COLOURS = ("yellow", "white", "black", "red", "blue", "green", "pink", "orange")
NOUNS = ("duck on a pond", "swan at night", "cat with a hat", "penguin in the snow", "boat at sea")


@dataclass(frozen=True)
class Row:
    """One measurement, in seconds."""

    what: str
    calls: int
    median_s: float
    p90_s: float
    longest_s: float


async def measure(url: str, calls: int) -> list[Row]:
    """The rows; three drawings go before them unmeasured, so that everything is loaded."""
    defaults = json.loads((REPOSITORY / "weights" / "cygnet-tiny" / "cygnet.json").read_text())
    target = resources.files("cygnet.contest").joinpath("targets", "duck.png").read_bytes()
    client = TritonClient(url)
    try:
        await client.probe(patience_s=120)
        rows: dict[str, list[float]] = {"prompt to scored picture": [], "score of a stored picture": []}
        for index in range(-3, calls):
            prompt = f"a {COLOURS[index % len(COLOURS)]} {NOUNS[index % len(NOUNS)]}"
            began = time.perf_counter()
            await client.draw_and_score(prompt, index + 3, defaults["steps"], defaults["size"])
            drawn = time.perf_counter()
            await client.embed(target)
            if index >= 0:
                rows["prompt to scored picture"].append(drawn - began)
                rows["score of a stored picture"].append(time.perf_counter() - drawn)
    finally:
        await client.close()
    return [_row(what, took) for what, took in rows.items()]


def _row(what: str, took: list[float]) -> Row:
    nine_tenths = statistics.quantiles(took, n=10)[8]
    return Row(what, len(took), *(round(value, 3) for value in (statistics.median(took), nine_tenths, max(took))))


@click.command(help=__doc__)
@click.option("--calls", default=40, show_default=True, help="Pictures to draw.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def main(calls: int, as_json: bool) -> None:
    """Starts the server, measures, prints."""
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as folder:
        installation = find_installation()
        prepare_backend(installation, Path(folder))
        launch = plan_launch(
            installation,
            data_dir=Path(folder),
            models=REPOSITORY,
            grpc_url=f"unix:{folder}/triton.sock:1",
            metrics_port=any_free_port("127.0.0.1"),
            environment=os.environ,
        )
        server = run_server(launch, Path(folder) / "triton.log")
        try:
            rows = asyncio.run(measure(launch.grpc_url, calls))
        finally:
            server.kill()
    if as_json:
        click.echo(json.dumps({"load_before": load, "cores": os.cpu_count(), "rows": [asdict(row) for row in rows]}))
        return
    click.echo(f"{os.cpu_count()} cores, load average before the run {load:.2f}")
    for row in rows:
        click.echo(
            f"{row.what:28}{row.calls:4} calls  median {row.median_s:.3f} s  "
            f"p90 {row.p90_s:.3f} s  longest {row.longest_s:.3f} s"
        )


if __name__ == "__main__":
    main()
