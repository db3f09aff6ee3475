"""Ports for the servers that tests start: each is given out once, and no other test process can be given the same."""

import os
import random
from collections.abc import Iterator

from cygnet.local.endpoints import why_not_free

# Below those of the local game, which chooses its own (`cygnet.local.endpoints`), and below those that Linux gives to
# outgoing connections: whoever calls a stopped server again and again would be given its port, and call itself.
_FIRST, _LAST = 10_000, 15_000


def _candidates() -> Iterator[int]:
    """Shuffled, so that two checkouts seldom meet; the processes of one run (pytest-xdist) share them out."""
    process = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    processes = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    ports = range(_FIRST + process, _LAST, processes)
    yield from random.sample(ports, len(ports))


_ports = _candidates()


def free_port() -> int:
    """Returns a loopback port on which nobody listens.

    Raises:
        StopIteration: all have been given out.
    """
    return next(port for port in _ports if why_not_free("127.0.0.1", port) is None)
