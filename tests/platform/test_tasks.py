"""Waiting for one thing unless another happens first: nothing is left running, nothing is cancelled by accident."""

import asyncio

import pytest

from cygnet.platform.tasks import Backoff, wait_unless


async def test_what_ends_first_is_told() -> None:
    event = asyncio.Event()
    assert await wait_unless(event, asyncio.sleep(0))
    event.set()
    assert not await wait_unless(event, asyncio.sleep(60))


async def test_the_event_cancels_the_wait_and_not_what_is_waited_for() -> None:
    event = asyncio.Event()
    event.set()
    work = asyncio.create_task(asyncio.sleep(60))
    assert not await wait_unless(event, asyncio.wait({work}))
    assert not work.done()
    work.cancel()


async def test_a_failure_comes_through() -> None:
    async def fail() -> None:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await wait_unless(asyncio.Event(), fail())


async def test_being_cancelled_leaves_nothing_behind() -> None:
    ended = asyncio.Event()

    async def work() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            ended.set()

    waiting = asyncio.create_task(wait_unless(asyncio.Event(), work()))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert ended.is_set()
    assert len(asyncio.all_tasks()) == 1


def test_a_pause_doubles_up_to_the_longest_and_begins_again_after_a_success() -> None:
    backoff = Backoff(0.25, 5)
    assert [backoff.next_s() for _ in range(7)] == [0.25, 0.5, 1, 2, 4, 5, 5]
    backoff.reset()
    assert backoff.next_s() == 0.25


def test_a_pause_stays_the_longest_however_often_it_failed() -> None:
    backoff = Backoff(0.25, 5)
    assert [backoff.next_s() for _ in range(2000)][-1] == 5
