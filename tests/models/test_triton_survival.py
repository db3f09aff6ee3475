"""What happens when something dies, on a real server of its own: it is reported, recovered, and leaves nothing."""

import asyncio
import os
import signal
from pathlib import Path

import pytest
from tritonclient.grpc import InferenceServerClient

from cygnet.inference.triton import TritonClient, TritonUnavailable
from cygnet.local.triton import clean_shared_memory, kill_strays

from .conftest import Server, StartTriton, Weights, run_server


def processes_of(prefix: str) -> dict[int, str]:
    """Process id and program of everything alive that carries the prefix in its arguments."""
    found = {}
    for entry in Path("/proc").iterdir():
        try:
            argv = (entry / "cmdline").read_bytes().decode(errors="replace")
        except OSError:
            continue
        if entry.name.isdigit() and prefix in argv:
            found[int(entry.name)] = Path(argv.split("\0")[0]).name
    return found


@pytest.mark.timeout(900)  # it starts the server three times, each in 10 s on idle cores and a minute on busy ones
async def test_a_dead_model_is_loaded_again_and_a_killed_server_leaves_nothing_and_is_replaced(
    start_triton: StartTriton, weights: Weights
) -> None:
    server = start_triton("mortal")
    triton = TritonClient(server.url)
    prefix = server.launch.shm_prefix
    await triton.probe(patience_s=60)

    kill_stub(server, "diffusion")
    assert InferenceServerClient(server.url).is_server_ready(), "the health endpoint has begun to tell the truth"
    with pytest.raises(TritonUnavailable) as failure:
        await triton.probe(patience_s=60)
    assert failure.value.dead_model == "diffusion"

    await triton.recover("diffusion")
    await triton.probe(patience_s=60)

    drawing = asyncio.ensure_future(triton.draw_and_score("a duck", 1, 50, weights.size + 64))
    await asyncio.sleep(0)  # the call is on its way; whether it has arrived makes no difference to what follows
    server.process.kill()
    with pytest.raises(TritonUnavailable):
        await drawing
    with pytest.raises(TritonUnavailable):
        await triton.probe()
    server.process.wait()
    kill_strays(prefix)
    assert clean_shared_memory(prefix), "a killed server leaves shared memory: nothing was found to clean"
    assert processes_of(prefix) == {}
    assert list(Path("/dev/shm").glob(f"{prefix}*")) == []

    again = run_server(server.launch, server.log)
    try:
        async with asyncio.timeout(30):
            await until_it_answers(triton)
    finally:
        await triton.close()
        again.kill()


async def until_it_answers(triton: TritonClient) -> None:
    """The same client finds the new server by itself, within its channel's two seconds between attempts."""
    while True:
        try:
            await triton.probe(patience_s=30)
            return
        except TritonUnavailable:
            await asyncio.sleep(0.1)


def kill_stub(server: Server, model: str) -> None:
    (pid,) = [
        pid
        for pid, program in processes_of(server.launch.shm_prefix).items()
        if program == "triton_python_backend_stub" and f"/{model}/" in Path(f"/proc/{pid}/cmdline").read_text()
    ]
    os.kill(pid, signal.SIGKILL)
