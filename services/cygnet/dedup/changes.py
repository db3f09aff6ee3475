"""One subscription a process, many listeners in it.

A listener holds one slot, not a queue: what it has not taken yet is merged, and beyond a bound replaced by "you may
have missed something". So a slow reader costs a bounded amount of memory and slows nobody.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol

from cygnet.dedup.values import Change

MOST_WAITING = 5_000
"""Submissions that a listener may have waiting before it has to read everything again."""


class ChangeSource(Protocol):
    """Where changes come from: None means that some may have been missed."""

    def changes(self) -> AsyncIterator[Change | None]: ...


@dataclass
class _Merged:
    """What happened in one contest since the listener last looked. A dict keeps the order and holds each id once."""

    submission_ids: dict[str, None] = field(default_factory=dict)
    queue_moved: bool = False
    work_added: bool = False
    outbox_grew: bool = False


class Listener:
    """One listener's slot."""

    def __init__(self) -> None:
        self._merged: dict[str, _Merged] = {}
        self._missed = False
        self._woken = asyncio.Event()

    def put(self, change: Change | None) -> None:
        """Puts a change into the slot."""
        if change is None:
            self._miss()
        elif not self._missed:
            merged = self._merged.setdefault(change.contest, _Merged())
            merged.submission_ids.update(dict.fromkeys(change.submission_ids))
            merged.queue_moved |= change.queue_moved
            merged.work_added |= change.work_added
            merged.outbox_grew |= change.outbox_grew
            if sum(len(each.submission_ids) for each in self._merged.values()) > MOST_WAITING:
                self._miss()
        self._woken.set()

    def _miss(self) -> None:
        self._missed = True
        self._merged.clear()

    async def take(self, timeout_s: float) -> tuple[bool, list[Change]]:
        """Waits for a change; returns whether changes were missed, and one change a contest.

        Returns (False, []) after `timeout_s` seconds of silence.
        """
        try:
            async with asyncio.timeout(timeout_s):
                await self._woken.wait()
        except TimeoutError:
            return False, []
        self._woken.clear()
        missed, merged = self._missed, self._merged
        self._missed, self._merged = False, {}
        return missed, [
            Change(contest, tuple(each.submission_ids), each.queue_moved, each.work_added, each.outbox_grew)
            for contest, each in merged.items()
        ]

    async def until(self, wanted: Callable[[Change], bool], timeout_s: float) -> None:
        """Returns once a wanted change came or may have been missed, at the latest after `timeout_s` seconds."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout_s
        while (left_s := deadline - loop.time()) > 0:
            missed, changes = await self.take(left_s)
            if missed or any(map(wanted, changes)):
                return


class Changes:
    """Hands what the one subscription hears to all listeners of the process."""

    def __init__(self, source: ChangeSource) -> None:
        self._source = source
        self._listeners: set[Listener] = set()

    @contextmanager
    def listening(self) -> Iterator[Listener]:
        """Registers a listener for as long as the block lasts."""
        listener = Listener()
        self._listeners.add(listener)
        try:
            yield listener
        finally:
            self._listeners.discard(listener)

    async def run(self) -> None:
        """Listens for ever."""
        async for change in self._source.changes():
            for listener in self._listeners:
                listener.put(change)

    async def stop_when(self, stopping: asyncio.Event) -> None:
        """Waits for `stopping` and wakes all listeners, so that they notice."""
        await stopping.wait()
        for listener in self._listeners:
            listener.put(None)
