"""Sends the admissions of one moment to dedup in one message.

A call between two services costs both of them far more than what is in it, so under load calls wait for one another: up
to IN_FLIGHT go out at once, as each comes; what comes meanwhile goes out together as soon as one is answered. A lone
admission waits for nothing. (Databases call it group commit.)
"""

import asyncio
from typing import TYPE_CHECKING

from google.rpc import status_pb2

from cygnet.internal.v1 import dedup_pb2
from cygnet.platform.errors import DomainError
from cygnet.platform.grpc.status import from_status
from cygnet.v1 import submission_pb2

if TYPE_CHECKING:
    from cygnet.internal.v1.dedup_pb2_grpc import DedupServiceAsyncStub

IN_FLIGHT = 2
"""Calls at a time. More of them: smaller messages and more work; one: a call that hangs would hold up everybody."""
MOST = 128
"""Admissions in one message."""

_Waiting = tuple[dedup_pb2.AdmitRequest, "asyncio.Future[submission_pb2.Submission]"]


class Admissions:
    """Asks dedup to admit submissions."""

    def __init__(self, dedup: "DedupServiceAsyncStub") -> None:
        self._dedup = dedup
        self._waiting: list[_Waiting] = []
        self._sending: set[asyncio.Task[None]] = set()

    async def admit(self, request: dedup_pb2.AdmitRequest) -> submission_pb2.Submission:
        """Returns the submission as it stands.

        Raises:
            DomainError: why it was not admitted; Unavailable when dedup does not answer.
        """
        decided: asyncio.Future[submission_pb2.Submission] = asyncio.get_running_loop().create_future()
        self._waiting.append((request, decided))
        self._send()
        return await decided

    def _send(self) -> None:
        while self._waiting and len(self._sending) < IN_FLIGHT:
            together, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
            task = asyncio.create_task(self._decide(together))
            self._sending.add(task)
            task.add_done_callback(self._sent)

    def _sent(self, task: asyncio.Task[None]) -> None:
        self._sending.discard(task)
        self._send()

    async def _decide(self, together: list[_Waiting]) -> None:
        try:
            message = dedup_pb2.AdmitManyRequest(requests=[request for request, _ in together])
            results = (await self._dedup.AdmitMany(message)).results
            for (_, decided), result in zip(together, results, strict=True):
                _settle(decided, result)
        except Exception as error:
            for _, decided in together:
                if not decided.done():
                    decided.set_exception(error)


def _settle(decided: "asyncio.Future[submission_pb2.Submission]", result: dedup_pb2.AdmitResult) -> None:
    if decided.done():
        # Its caller has hung up.
        return
    if result.HasField("submission"):
        decided.set_result(result.submission)
    else:
        error: DomainError = from_status(status_pb2.Status.FromString(result.status))
        decided.set_exception(error)
