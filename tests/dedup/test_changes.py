"""What a listener hears: bursts merged, slow readers told to read again, everybody woken at the end."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any, cast

from cygnet.dedup.changes import MOST_UNHEARD, Changes, Listener
from cygnet.dedup.servicer import DedupServicer
from cygnet.dedup.values import Change
from cygnet.internal.v1 import dedup_pb2


class Told:
    """A source of changes that a test speaks into."""

    def __init__(self) -> None:
        self.said: asyncio.Queue[Change | None] = asyncio.Queue()

    async def changes(self) -> AsyncIterator[Change | None]:
        while True:
            yield await self.said.get()
            self.said.task_done()


async def test_a_burst_is_one_change_a_contest() -> None:
    listener = Listener()
    listener.hear(Change("one", ("a", "b")))
    listener.hear(Change("two", ("x",), work_added=True))
    listener.hear(Change("one", ("b", "c"), queue_moved=True))
    assert await listener.heard(1) == (
        False,
        [Change("one", ("a", "b", "c"), queue_moved=True), Change("two", ("x",), work_added=True)],
    )
    assert await listener.heard(0.001) == (False, [])


async def test_a_slow_reader_costs_a_bound_and_is_told_to_read_again() -> None:
    listener = Listener()
    for number in range(MOST_UNHEARD + 10):
        listener.hear(Change("one", (str(number),)))
    assert await listener.heard(1) == (True, [])
    listener.hear(Change("one", ("a",)))
    assert await listener.heard(1) == (False, [Change("one", ("a",))])


async def test_waiting_for_one_kind_of_change() -> None:
    listener = Listener()
    waiting = asyncio.create_task(listener.until(lambda change: change.work_added, timeout_s=60))
    listener.hear(Change("one", ("a",), queue_moved=True))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert not waiting.done()
    listener.hear(Change("one", work_added=True))
    await asyncio.wait_for(waiting, 5)
    # What may have been missed may have been what one waits for.
    listener.hear(None)
    await asyncio.wait_for(listener.until(lambda change: False, timeout_s=60), 5)
    await asyncio.wait_for(listener.until(lambda change: True, timeout_s=0.001), 5)


async def test_all_hear_and_the_end_wakes_them() -> None:
    source, stopping = Told(), asyncio.Event()
    changes = Changes(source)
    running = [asyncio.create_task(changes.run()), asyncio.create_task(changes.stop_when(stopping))]
    with changes.listening() as one, changes.listening() as other:
        source.said.put_nowait(Change("contest", ("a",)))
        for listener in (one, other):
            assert await listener.heard(5) == (False, [Change("contest", ("a",))])
        stopping.set()
        for listener in (one, other):
            assert await listener.heard(5) == (True, [])
    with changes.listening():
        pass
    source.said.put_nowait(Change("contest", ("nobody listens",)))
    await source.said.join()
    for task in running:
        task.cancel()


async def test_a_stream_of_changes_shows_that_it_is_alive() -> None:
    changes, stopping = Changes(Told()), asyncio.Event()
    servicer = DedupServicer(
        cast(Any, None), cast(Any, None), cast(Any, None), changes, stopping=stopping, heartbeat_s=0.01
    )
    stream = servicer.WatchChanges(dedup_pb2.WatchChangesRequest(), cast(Any, None))
    said = [await anext(stream) for _ in range(3)]
    alive = dedup_pb2.WatchChangesResponse()
    assert said == [dedup_pb2.WatchChangesResponse(missed=True), alive, alive]
    stopping.set()
    async for last in stream:
        assert last == alive
