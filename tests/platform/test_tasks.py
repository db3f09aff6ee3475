"""Waiting for one thing unless another happens first: nothing is left running, and nothing is cancelled by accident."""

import asyncio

import pytest

from cygnet.worker.waiting import unless


async def test_what_ends_first_is_told() -> None:
    event = asyncio.Event()
    assert await unless(event, asyncio.sleep(0))
    event.set()
    assert not await unless(event, asyncio.sleep(60))


async def test_the_event_cancels_the_wait_and_not_what_is_waited_for() -> None:
    event = asyncio.Event()
    event.set()
    work = asyncio.create_task(asyncio.sleep(60))
    assert not await unless(event, asyncio.wait({work}))
    assert not work.done()
    work.cancel()


async def test_a_failure_comes_through() -> None:
    async def fail() -> None:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await unless(asyncio.Event(), fail())


async def test_being_cancelled_leaves_nothing_behind() -> None:
    ended = asyncio.Event()

    async def work() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            ended.set()

    waiting = asyncio.create_task(unless(asyncio.Event(), work()))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert ended.is_set()
    assert len(asyncio.all_tasks()) == 1
