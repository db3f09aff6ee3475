"""What is left when processes are killed: nothing acknowledged is gone, nothing is counted twice. The last of the
stack's tests, in a file of their own with a game of their own: they stop and kill it."""

import asyncio
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cygnet.local.triton import shm_prefix

from ..prompts import unique
from ..stackrunner import Stack, descendants, is_running, started_stack
from ..waiting import eventually, wait_for
from .player import DONE, DRAWING, Player, connection

pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def own_stack() -> Iterator[Stack]:
    """A game that these tests may kill."""
    with started_stack() as stack:
        yield stack


def shared_memory(stack: Stack) -> list[str]:
    return [path.name for path in Path("/dev/shm").glob(f"{shm_prefix(stack.data_dir)}*")]


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


@pytest.mark.parametrize("name", ["submission", "dedup", "leaderboard", "gateway", "envoy", "redis"])
async def test_any_part_that_is_killed_comes_back(own_stack: Stack, name: str) -> None:
    stack = own_stack
    async with connection(stack.address) as channel:
        player = await Player.join(channel, "Patient")
        killed = stack.pid(name)
        seen = len(stack.events)
        os.kill(killed, signal.SIGKILL)
        await asyncio.to_thread(stack.until, "process-ready", name, seen)
        assert stack.pid(name) != killed
        await player.standing_of(await player.result(await player.submit_patiently(unique())))


@pytest.mark.parametrize("name", ["gateway", "dedup"])
async def test_any_part_that_hangs_is_started_again(own_stack: Stack, name: str) -> None:
    stack = own_stack
    async with connection(stack.address) as channel:
        player = await Player.join(channel, "Enduring")
        hung = stack.pid(name)
        seen = len(stack.events)
        os.kill(hung, signal.SIGSTOP)
        ended = await asyncio.to_thread(stack.until, "process-ended", name, seen)
        assert "did not answer within" in ended["text"] and "starts again" in ended["text"]
        await asyncio.to_thread(stack.until, "process-ready", name, seen)
        assert not is_running(hung) and stack.pid(name) != hung
        await player.standing_of(await player.result(await player.submit_patiently(unique())))


async def test_everything_killed_at_once_and_nothing_acknowledged_is_gone(own_stack: Stack) -> None:
    stack = own_stack
    async with connection(stack.address) as channel:
        player = await Player.join(channel, "Persistent")
        done = await player.result(await player.submit_patiently(unique("swan")))
        standing = await player.standing_of(done)
        waiting = await player.submit_patiently(unique("swan"))
        await asyncio.to_thread(stack.kill9_everything)
    await asyncio.to_thread(stack.start)
    async with connection(stack.address) as channel:
        again = Player(channel, "", player.participant_id, player.nickname, player.token)
        finished = await again.result(waiting)
        assert await again.standing() is not None
        mine = {submission.submission_id: submission for submission in await again.list()}
        assert set(mine) == {done.submission_id, waiting.submission_id}
        assert mine[done.submission_id].result == done.result
        best = max((done, finished), key=lambda submission: submission.result.score)
        kept = await again.standing_of(best)
        assert (kept.nickname, kept.picture_sha256) == (standing.nickname, best.result.picture_sha256)
        repeated = await again.submit(done.prompt)
        assert repeated.result == done.result


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
    assert len(before) >= 10 and shared_memory(stack)
    assert stack.stop(signal.SIGINT) == 0
    wait_for(lambda: not any(is_running(pid) for pid in before), 5, "the end of all processes")
    assert shared_memory(stack) == []
    assert not (stack.data_dir / "run" / "endpoints.json").exists()
    stack.start()
    record_property("seconds_to_ready", round(stack.seconds_to_ready, 1))
    print(f"a second start took {stack.seconds_to_ready:.1f} s to ready")
    assert stack.stop(signal.SIGTERM) == 0
    assert shared_memory(stack) == []
