"""One real tritonserver for all tests of the models: it needs longer to import torch than most tests run.

It serves the shipped weights where they are there, and otherwise a pipeline and a CLIP of a few hundred thousand
random parameters made here in a second. Their pictures are noise, but noise obeys the same rules of bytes, bounds and
batches. `CYGNET_TEST_WEIGHTS` selects them in any case (`random`), or names another folder to take the shipped
weights' place, for models that are still being trained.
"""

import json
import os
import select
import signal
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from cygnet.inference.triton import TritonClient
from cygnet.local.triton import (
    TritonLaunch,
    clean_shared_memory,
    find_installation,
    kill_strays,
    plan_launch,
    prepare_backend,
)

from ..ports import free_port

# Before a test imports torch: other processes use the cores too, and a spinning OpenMP thread takes them away.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

REPOSITORY = Path(__file__).parents[2] / "triton_models"
START_PATIENCE_S = 240.0


@dataclass(frozen=True)
class Weights:
    """The model sources a server is started with; `size` is the pictures' width and height in pixels."""

    generator: str
    scorer: str
    generator_path: Path
    scorer_path: Path
    shipped: bool
    size: int
    steps: int


@dataclass(frozen=True)
class Server:
    """A started tritonserver and its log."""

    process: subprocess.Popen[bytes]
    launch: TritonLaunch
    log: Path

    @property
    def url(self) -> str:
        return self.launch.grpc_url

    def kill(self) -> None:
        """End the whole group, as the supervisor does, and sweep up."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        kill_strays(self.launch.shm_prefix)
        clean_shared_memory(self.launch.shm_prefix)


StartTriton = Callable[[str], Server]


@pytest.fixture(scope="session")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Weights:
    wanted = os.environ.get("CYGNET_TEST_WEIGHTS", "")
    shelf = Path(wanted) if os.path.sep in wanted else REPOSITORY / "weights"
    generator, scorer = shelf / "cygnet-tiny", shelf / "cygnet-clip"
    if wanted != "random" and (generator / "model_index.json").exists() and (scorer / "config.json").exists():
        shipped = shelf == REPOSITORY / "weights"
        sources = ("builtin://cygnet-tiny", "builtin://cygnet-clip") if shipped else (str(generator), str(scorer))
        defaults = json.loads((generator / "cygnet.json").read_text())
        return Weights(*sources, generator, scorer, shipped, defaults["size"], defaults["steps"])
    from .random_weights import make_clip, make_pipeline  # imports torch: only where it is needed

    folder = tmp_path_factory.mktemp("weights")
    generator, scorer = make_pipeline(folder / "generator"), make_clip(folder / "scorer")
    return Weights(str(generator), str(scorer), generator, scorer, False, 64, 2)


@pytest.fixture(scope="session")
def start_triton(weights: Weights, tmp_path_factory: pytest.TempPathFactory) -> Iterator[StartTriton]:
    """Starts a server under a name of the caller's; what still runs at the end is killed."""
    servers: list[Server] = []

    def start(name: str) -> Server:
        data_dir = tmp_path_factory.mktemp(name)
        installation = find_installation()
        prepare_backend(installation, data_dir)
        launch = plan_launch(
            installation,
            data_dir=data_dir,
            models=REPOSITORY,
            grpc_url=f"unix:{data_dir}/triton.sock:1",
            metrics_port=free_port(),
            environment=os.environ,
            generator=weights.generator,
            scorer=weights.scorer,
        )
        servers.append(run_server(launch, data_dir / "triton.log"))
        return servers[-1]

    yield start
    for server in servers:
        server.kill()


@pytest.fixture(scope="session")
def server(start_triton: StartTriton) -> Server:
    return start_triton("triton")


@pytest.fixture
async def triton(server: Server) -> AsyncIterator[TritonClient]:
    client = TritonClient(server.url)
    yield client
    await client.close()


def run_server(launch: TritonLaunch, log: Path) -> Server:
    """Start what was planned, and return once it listens."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            launch.argv,
            env=dict(launch.env),
            cwd=launch.cwd,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    server = Server(process, launch, log)
    try:
        _wait_until_it_listens(server)
    except BaseException:
        server.kill()
        raise
    return server


def _wait_until_it_listens(server: Server) -> None:
    """Wait for the line that follows the last model's loading, or for the process's end."""
    ended = select.poll()
    handle = os.pidfd_open(server.process.pid)
    ended.register(handle, select.POLLIN)
    try:
        for _ in range(int(START_PATIENCE_S / 0.1)):
            if b"Started GRPCInferenceService" in server.log.read_bytes():
                return
            if ended.poll(100):
                break
    finally:
        os.close(handle)
    pytest.fail(f"tritonserver did not start:\n{server.log.read_text(errors='replace')[-4000:]}")
