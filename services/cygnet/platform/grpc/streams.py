"""How many streams one caller may have open at once: a stream lasts, so that a rate alone would let them add up."""

from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from cygnet.platform.errors import Refused
from cygnet.platform.grpc.interceptors import AioContext, WrappingInterceptor

MOST_OF_SESSION = 16
"""A page has one or two streams open, a phone a few pages."""
MOST_OF_ADDRESS = 2048
"""Of people without a session: a whole hall may be behind one address, and it is not all that there are."""
RETRY_S = 15.0


class StreamShareInterceptor(WrappingInterceptor):
    """Refuses a caller's next stream where they have enough. Envoy says who calls; a call from inside has no bound."""

    def __init__(self) -> None:
        self._open: Counter[tuple[str, str | bytes]] = Counter()

    @asynccontextmanager
    async def around(self, method: str, kind: str, context: AioContext) -> AsyncIterator[None]:
        caller, most = _caller(dict(context.invocation_metadata() or ()))
        if kind != "server_stream" or caller is None:
            yield
            return
        if self._open[caller] >= most:
            words = "there are too many streams open from here; close some pages"
            raise Refused(words, reason="TOO_MANY_STREAMS", retry_after_s=RETRY_S)
        self._open[caller] += 1
        try:
            yield
        finally:
            self._open[caller] -= 1
            if not self._open[caller]:
                del self._open[caller]


def _caller(metadata: Mapping[str, str | bytes]) -> tuple[tuple[str, str | bytes] | None, int]:
    """Returns who calls, if Envoy says so, and how many streams that is good for."""
    for header, most in (("x-cygnet-session", MOST_OF_SESSION), ("x-cygnet-address", MOST_OF_ADDRESS)):
        if value := metadata.get(header):
            return (header, value), most
    return None, 0
