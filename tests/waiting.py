"""How tests wait for what happens elsewhere: until a check holds, within a bound; none sleeps for a fixed time."""

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar, overload

T = TypeVar("T")

_PAUSE_S = 0.02


@overload
async def eventually(check: Callable[[], Awaitable[T | None]], within_s: float = 60.0, what: str = "") -> T: ...
@overload
async def eventually(check: Callable[[], T | None], within_s: float = 60.0, what: str = "") -> T: ...
async def eventually(
    check: Callable[[], Awaitable[T | None]] | Callable[[], T | None], within_s: float = 60.0, what: str = ""
) -> T:
    """Calls `check`, a function or a coroutine function, until its result is true; returns that result.

    Raises:
        AssertionError: it was not true within `within_s` seconds; the text names `what` was waited for.
    """
    try:
        async with asyncio.timeout(within_s):
            while True:
                result = check()
                found = await result if inspect.isawaitable(result) else result
                if found:
                    return found
                await asyncio.sleep(_PAUSE_S)
    except TimeoutError:
        raise _in_vain(within_s, what) from None


def wait_for(
    check: Callable[[], T | None], within_s: float = 60.0, what: str = "", *, until: Callable[[T], bool] = bool
) -> T:
    """Does the same where there is no event loop; `until` says of a result whether it is the one that is waited for.

    Raises:
        AssertionError: it was not within `within_s` seconds; the text names `what` was waited for, and the last result.
    """
    deadline = time.monotonic() + within_s
    while True:
        found = check()
        if found is not None and until(found):
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"{_in_vain(within_s, what)}; last seen: {found!r}")
        time.sleep(_PAUSE_S)


def _in_vain(within_s: float, what: str) -> AssertionError:
    return AssertionError(f"waited {within_s:g} s in vain{what and f' for {what}'}")
