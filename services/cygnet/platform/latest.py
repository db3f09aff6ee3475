"""The latest value of many things, for many watchers in one process.

A slow watcher misses values in between and never slows another one: each holds one slot, not a queue.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Hashable, Iterator
from contextlib import contextmanager
from enum import Enum
from typing import Generic, Protocol, TypeVar

from google.protobuf.message import Message

HEARTBEAT_S = 15.0
"""A stream that has nothing to say says so this often."""


class Revisioned(Protocol):
    """Anything whose newer values have larger revisions."""

    @property
    def revision(self) -> int: ...


K = TypeVar("K", bound=Hashable)
V = TypeVar("V", bound=Revisioned)


class StreamEvent(Enum):
    """What a watcher hears besides values."""

    ALIVE = "alive"
    STOPPING = "stopping"


class Watch(Generic[V]):
    """One watcher's slot."""

    def __init__(self) -> None:
        self._value: V | None = None
        self._changed = asyncio.Event()

    def offer(self, value: V) -> None:
        """Puts a value into the slot unless a newer one is there."""
        if self._value is None or value.revision > self._value.revision:
            self._value = value
            self._changed.set()

    async def take(self, timeout_s: float) -> V | None:
        """Returns the newest value that was not taken yet, or None after `timeout_s`."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._changed.wait()
        except TimeoutError:
            return None
        self._changed.clear()
        return self._value

    def wake(self) -> None:
        """Ends the wait for a value."""
        self._changed.set()


class Watches(Generic[K, V]):
    """All watchers of a process, by what they watch."""

    def __init__(self, stopping: asyncio.Event) -> None:
        self._by_key: dict[K, set[Watch[V]]] = defaultdict(set)
        self._stopping = stopping
        self._at_stop: asyncio.Task[None] | None = None

    @property
    def keys(self) -> list[K]:
        """What is being watched now."""
        return list(self._by_key)

    def __len__(self) -> int:
        return sum(len(watches) for watches in self._by_key.values())

    def publish(self, key: K, value: V) -> None:
        """Offers a value to all who watch `key`."""
        for watch in self._by_key.get(key, ()):
            watch.offer(value)

    @contextmanager
    def watching(self, key: K) -> Iterator[Watch[V]]:
        """Registers a watcher for as long as the block lasts."""
        watch: Watch[V] = Watch()
        if self._at_stop is None:
            self._at_stop = asyncio.create_task(self._wake_all_at_stop())
        self._by_key[key].add(watch)
        try:
            yield watch
        finally:
            self._by_key[key].discard(watch)
            if not self._by_key[key]:
                del self._by_key[key]
            if not self._by_key:
                self._at_stop.cancel()
                self._at_stop = None

    async def events(self, watch: Watch[V], *, heartbeat_s: float = HEARTBEAT_S) -> AsyncIterator[V | StreamEvent]:
        """Yields each new value, ALIVE after `heartbeat_s` of silence, STOPPING as the last when the service stops."""
        while not self._stopping.is_set():
            value = await watch.take(heartbeat_s)
            if not self._stopping.is_set():
                yield StreamEvent.ALIVE if value is None else value
        yield StreamEvent.STOPPING

    async def _wake_all_at_stop(self) -> None:
        # One task for all: each watcher's own would be a tenth of its memory.
        await self._stopping.wait()
        for watches in self._by_key.values():
            for watch in watches:
                watch.wake()


def shows_the_same(older: Message, newer: Message) -> bool:
    """Tells whether two messages differ in their `revision` alone: no news for who watches."""
    unnumbered = type(older)()
    unnumbered.CopyFrom(older)
    unnumbered.revision = newer.revision  # type: ignore[attr-defined]
    return bool(unnumbered == newer)
