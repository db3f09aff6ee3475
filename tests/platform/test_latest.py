"""Watchers get the latest value, a sign of life, and a goodbye; a slow one misses values and slows nobody."""

import asyncio
from dataclasses import dataclass

from cygnet.platform.latest import StreamEvent, Watches, shows_the_same
from cygnet.v1 import submission_pb2


@dataclass(frozen=True)
class Value:
    revision: int


async def test_a_watcher_gets_only_the_newest_value() -> None:
    watches: Watches[str, Value] = Watches(asyncio.Event())
    with watches.watching("a") as watch:
        for revision in (1, 3, 2):
            watches.publish("a", Value(revision))
        assert await watch.take(1) == Value(3)


async def test_silence_is_filled_with_heartbeats_and_stopping_ends_it() -> None:
    stopping = asyncio.Event()
    watches: Watches[str, Value] = Watches(stopping)
    with watches.watching("a") as watch:
        events = watches.events(watch, heartbeat_s=0.01)
        assert await anext(events) is StreamEvent.ALIVE
        watches.publish("a", Value(1))
        assert await anext(events) == Value(1)
        stopping.set()
        assert [event async for event in events][-1] is StreamEvent.STOPPING


async def test_who_left_is_forgotten() -> None:
    watches: Watches[str, Value] = Watches(asyncio.Event())
    with watches.watching("a"), watches.watching("a"):
        assert len(watches) == 2
    assert len(watches) == 0
    assert watches.keys == []


async def test_a_value_that_comes_while_nobody_takes_is_not_lost_by_cancelling() -> None:
    watches: Watches[str, Value] = Watches(asyncio.Event())
    with watches.watching("a") as watch:
        taking = asyncio.create_task(watch.take(60))
        await asyncio.sleep(0)
        taking.cancel()
        await asyncio.gather(taking, return_exceptions=True)
        watches.publish("a", Value(1))
        assert await watch.take(1) == Value(1)


def test_a_revision_alone_is_no_news_and_nothing_received_is_written_to() -> None:
    first = submission_pb2.Submission(revision=1, queue=submission_pb2.QueuePlace(position=3))
    same = submission_pb2.Submission(revision=2, queue=submission_pb2.QueuePlace(position=3))
    other = submission_pb2.Submission(revision=2, queue=submission_pb2.QueuePlace(position=2))
    assert shows_the_same(first, same)
    assert not shows_the_same(first, other)
    assert (first.revision, same.revision) == (1, 2)
