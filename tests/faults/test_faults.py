"""People play, something breaks, they play on; then everything that was promised is looked at (invariants.py).

`make test` has those without the mark `faults`; `make test-faults` all, one after another on one game. Each prints how
long nobody had an answer. A clock that jumps is not here: processes that are started as they are take the machine's.
"""

import asyncio
import os
import signal
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
import redis.asyncio as aioredis

from cygnet.local.triton import shm_prefix

from ..prompts import unique
from ..stack.player import DONE, DRAWING, Player, connection
from ..stackrunner import Stack, descendants, is_running
from ..waiting import eventually, wait_for
from .disks import SmallDisk
from .faulty import faulty
from .play import Play

pytestmark = pytest.mark.timeout(600)

PROCESSES = ("redis", "dedup", "submission", "leaderboard", "gateway", "worker", "triton", "envoy")
STOPPED_S = 12.0
"""Longer than a lease of 10 s, shorter than what counts as hung."""
FULL_S = 5.0


async def _killed(stack: Stack, name: str) -> None:
    """Kills a process, and returns when it serves again."""
    seen, killed = len(stack.events), stack.pid(name)
    os.kill(killed, signal.SIGKILL)
    await asyncio.to_thread(stack.until, "process-ready", name, seen)
    assert stack.pid(name) != killed


async def _stopped(pids: list[int], seconds: float) -> None:
    """Stops processes for a while; one that was killed meanwhile is none any more."""
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        await asyncio.sleep(seconds)
    finally:
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)


def _group(stack: Stack, name: str) -> list[int]:
    """A process and its helpers."""
    pid = stack.pid(name)
    return [pid, *descendants(pid)]


def _stub(stack: Stack, model: str) -> int:
    """The process in which Triton runs a model."""
    (pid,) = (
        pid
        for pid in descendants(stack.pid("triton"))
        if f"/{model}/" in (argv := Path(f"/proc/{pid}/cmdline").read_text()) and "python_backend_stub" in argv
    )
    return pid


async def test_each_process_killed_in_turn(own_stack: Stack) -> None:
    async def fault(play: Play) -> None:
        for name in PROCESSES:
            await _killed(own_stack, name)

    await faulty(own_stack, "each killed in turn", fault)


async def test_everything_killed_at_once(own_stack: Stack) -> None:
    async def fault(play: Play) -> None:
        await asyncio.to_thread(own_stack.kill9_everything)
        await asyncio.to_thread(own_stack.start)

    await faulty(own_stack, "everything killed", fault)


@pytest.mark.faults
@pytest.mark.parametrize("name", PROCESSES)
async def test_a_process_killed(own_stack: Stack, name: str) -> None:
    async def fault(play: Play) -> None:
        await _killed(own_stack, name)

    await faulty(own_stack, f"{name} killed", fault)


@pytest.mark.faults
@pytest.mark.parametrize("name", PROCESSES)
async def test_a_process_stopped_for_a_while(own_stack: Stack, name: str) -> None:
    async def fault(play: Play) -> None:
        await _stopped(_group(own_stack, name), STOPPED_S)

    await faulty(own_stack, f"{name} stopped", fault)


@pytest.mark.faults
async def test_everything_stopped_for_a_while(own_stack: Stack) -> None:
    async def fault(play: Play) -> None:
        await _stopped([own_stack.process.pid, *own_stack.descendants()], STOPPED_S)

    await faulty(own_stack, "everything stopped", fault)


async def test_a_process_that_hangs_is_started_again(own_stack: Stack) -> None:
    async def fault(play: Play) -> None:
        hung, seen = own_stack.pid("dedup"), len(own_stack.events)
        os.kill(hung, signal.SIGSTOP)
        ended = await asyncio.to_thread(own_stack.until, "process-ended", "dedup", seen)
        assert "did not answer within" in ended["text"] and "starts again" in ended["text"]
        await asyncio.to_thread(own_stack.until, "process-ready", "dedup", seen)
        assert not is_running(hung)

    await faulty(own_stack, "dedup hangs", fault)


@pytest.mark.faults
@pytest.mark.parametrize("model", ["diffusion", "scorer"])
async def test_the_process_of_a_model_dies(own_stack: Stack, model: str) -> None:
    async def fault(play: Play) -> None:
        stub = _stub(own_stack, model)
        os.kill(stub, signal.SIGKILL)
        await eventually(lambda: not is_running(stub), 90, f"the end of the process of {model}")

    await faulty(own_stack, f"{model}'s process killed", fault)


@pytest.mark.faults
async def test_the_process_of_a_model_never_answers(own_stack: Stack) -> None:
    """A drawing is waited for a minute at most; when others have waited for another one, Triton is started again."""

    async def fault(play: Play) -> None:
        seen = len(own_stack.events)
        os.kill(_stub(own_stack, "diffusion"), signal.SIGSTOP)
        ended = await asyncio.to_thread(own_stack.until, "process-ended", "triton", seen)
        assert "did not answer within 60 s" in ended["text"]
        await asyncio.to_thread(own_stack.until, "process-ready", "triton", seen)

    await faulty(own_stack, "diffusion's process hangs", fault)


@pytest.mark.faults
async def test_triton_is_slow(own_stack: Stack) -> None:
    async def fault(play: Play) -> None:
        for _ in range(8):
            await _stopped(_group(own_stack, "triton"), 1.2)
            await asyncio.sleep(0.3)

    await faulty(own_stack, "Triton is slow", fault)


@pytest.mark.parametrize(
    ("refuses", "again"),
    [
        pytest.param({"maxmemory": "1"}, {"maxmemory": "1gb"}, id="full"),
        pytest.param(
            {"min-replicas-to-write": "1"}, {"min-replicas-to-write": "0"}, id="no replica", marks=pytest.mark.faults
        ),
    ],
)
async def test_redis_refuses_writes(own_stack: Stack, refuses: dict[str, str], again: dict[str, str]) -> None:
    async def fault(play: Play) -> None:
        async with aioredis.Redis.from_url(own_stack.redis_admin_url) as client:
            await client.config_set(*refuses.popitem())
            await asyncio.sleep(FULL_S)
            await client.config_set(*again.popitem())

    await faulty(own_stack, "Redis refuses writes", fault)


@pytest.mark.faults
async def test_redis_is_restarted(own_stack: Stack) -> None:
    async def fault(play: Play) -> None:
        seen = len(own_stack.events)
        async with aioredis.Redis.from_url(own_stack.redis_admin_url) as client:
            await client.shutdown()
        await asyncio.to_thread(own_stack.until, "process-ready", "redis", seen)

    await faulty(own_stack, "Redis restarted", fault)


@pytest.mark.faults
@pytest.mark.parametrize("fsync", ["always", "everysec"])
async def test_the_disk_of_redis_is_full(own_stack: Stack, disks: dict[str, SmallDisk], fsync: str) -> None:
    """With `always` Redis ends, and again at each start; with `everysec` it refuses writes (MISCONF)."""

    async def fault(play: Play) -> None:
        async with aioredis.Redis.from_url(own_stack.redis_admin_url) as client:
            await client.config_set("appendfsync", fsync)
            disks["redis"].fill()
            await asyncio.sleep(FULL_S)
            disks["redis"].free()

    _need(disks)
    await faulty(own_stack, f"the disk of Redis is full, fsync {fsync}", fault)


@pytest.mark.faults
async def test_the_picture_store_is_full(own_stack: Stack, disks: dict[str, SmallDisk]) -> None:
    async def fault(play: Play) -> None:
        disks["pictures"].fill()
        await asyncio.sleep(FULL_S)
        disks["pictures"].free()

    _need(disks)
    await faulty(own_stack, "the picture store is full", fault)


async def test_a_worker_killed_in_the_middle_of_a_drawing(own_stack: Stack) -> None:
    stack = own_stack
    async with connection(stack.address) as channel:
        player = await Player.join(channel, "Survivor")
        # A stopped Triton holds the drawing open for as long as the test needs.
        triton = stack.pid("triton")
        os.kill(triton, signal.SIGSTOP)
        try:
            submitted = await player.submit(unique())
            async for state in player.states(submitted):
                if state.state == DRAWING:
                    break
            seen = len(stack.events)
            worker = stack.pid("worker")
            os.kill(worker, signal.SIGKILL)
            await eventually(lambda: not is_running(worker), what="the worker's end")
        finally:
            os.kill(triton, signal.SIGCONT)
        done = await player.result(submitted)
        ended = await asyncio.to_thread(stack.until, "process-ended", "worker", seen)
        assert "signal 9 (SIGKILL)" in ended["text"] and "starts again" in ended["text"]
        assert stack.pid("worker") != worker
        standing = await player.standing_of(done)
        assert standing.picture_sha256 == done.result.picture_sha256
        (only,) = await player.list()
        assert (only.submission_id, only.state) == (submitted.submission_id, DONE)


def test_a_second_game_on_the_same_data_is_refused_in_one_line(own_stack: Stack) -> None:
    second = Stack(own_stack.data_dir, None)
    with pytest.raises(pytest.fail.Exception) as refused:
        second.start()
    assert f"another cygnet (process {own_stack.process.pid}) runs with the data in" in str(refused.value)
    assert second.process.wait(10) == 1 and "Traceback" not in str(refused.value)


def test_stopped_in_good_order_it_leaves_nothing_and_starts_again(
    own_stack: Stack, record_property: Callable[[str, object], None]
) -> None:
    stack = own_stack
    before = descendants(stack.process.pid)
    assert len(before) >= 10 and _shared_memory(stack)
    assert stack.stop(signal.SIGINT) == 0
    wait_for(lambda: not any(is_running(pid) for pid in before), 5, "the end of all processes")
    assert _shared_memory(stack) == []
    assert not (stack.data_dir / "run" / "endpoints.json").exists()
    stack.start()
    record_property("seconds_to_ready", round(stack.seconds_to_ready, 1))
    print(f"a second start took {stack.seconds_to_ready:.1f} s to ready")
    assert stack.stop(signal.SIGTERM) == 0
    assert _shared_memory(stack) == []


def _need(disks: dict[str, SmallDisk]) -> None:
    if not disks:
        pytest.skip("filling a disk needs one of its own: run as root, where file systems may be mounted")


def _shared_memory(stack: Stack) -> list[str]:
    return [path.name for path in Path("/dev/shm").glob(f"{shm_prefix(stack.data_dir)}*")]
