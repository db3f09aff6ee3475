"""What reaches a listener: bursts merged, slow readers have to read again, everybody is woken at the end."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any, cast

from cygnet.dedup.changes import MOST_WAITING, Changes, Listener
from cygnet.dedup.servicer import DedupServicer
from cygnet.dedup.values import Change
from cygnet.internal.v1 import dedup_pb2


class Source:
    """A source of changes that a test speaks into."""

    def __init__(self) -> None:
        self.sent: asyncio.Queue[Change | None] = asyncio.Queue()

    async def changes(self) -> AsyncIterator[Change | None]:
        while True:
            yield await self.sent.get()
            self.sent.task_done()


async def test_a_burst_is_one_change_a_contest() -> None:
    listener = Listener()
    listener.put(Change("one", ("a", "b")))
    listener.put(Change("two", ("x",), work_added=True))
    listener.put(Change("one", ("b", "c"), queue_moved=True))
    assert await listener.take(1) == (
        False,
        [Change("one", ("a", "b", "c"), queue_moved=True), Change("two", ("x",), work_added=True)],
    )
    assert await listener.take(0.001) == (False, [])


async def test_a_slow_reader_costs_a_bound_and_has_to_read_again() -> None:
    listener = Listener()
    for number in range(MOST_WAITING + 10):
        listener.put(Change("one", (str(number),)))
    assert await listener.take(1) == (True, [])
    listener.put(Change("one", ("a",)))
    assert await listener.take(1) == (False, [Change("one", ("a",))])


async def test_waiting_for_one_kind_of_change() -> None:
    listener = Listener()
    waiting = asyncio.create_task(listener.until(lambda change: change.work_added, timeout_s=60))
    listener.put(Change("one", ("a",), queue_moved=True))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert not waiting.done()
    listener.put(Change("one", work_added=True))
    await asyncio.wait_for(waiting, 5)
    # What may have been missed may have been what one waits for.
    listener.put(None)
    await asyncio.wait_for(listener.until(lambda change: False, timeout_s=60), 5)
    await asyncio.wait_for(listener.until(lambda change: True, timeout_s=0.001), 5)


async def test_changes_reach_all_and_the_end_wakes_them() -> None:
    source, stopping = Source(), asyncio.Event()
    changes = Changes(source)
    running = [asyncio.create_task(changes.run()), asyncio.create_task(changes.stop_when(stopping))]
    with changes.listening() as one, changes.listening() as other:
        source.sent.put_nowait(Change("contest", ("a",)))
        for listener in (one, other):
            assert await listener.take(5) == (False, [Change("contest", ("a",))])
        stopping.set()
        for listener in (one, other):
            assert await listener.take(5) == (True, [])
    with changes.listening():
        pass
    source.sent.put_nowait(Change("contest", ("nobody listens",)))
    await source.sent.join()
    for task in running:
        task.cancel()


async def test_a_stream_of_changes_shows_that_it_is_alive() -> None:
    changes, stopping = Changes(Source()), asyncio.Event()
    servicer = DedupServicer(
        cast(Any, None), cast(Any, None), cast(Any, None), changes, cast(Any, None), stopping=stopping, heartbeat_s=0.01
    )
    stream = servicer.WatchChanges(dedup_pb2.WatchChangesRequest(), cast(Any, None))
    got = [await anext(stream) for _ in range(3)]
    alive = dedup_pb2.WatchChangesResponse()
    assert got == [dedup_pb2.WatchChangesResponse(missed=True), alive, alive]
    stopping.set()
    async for last in stream:
        assert last == alive
