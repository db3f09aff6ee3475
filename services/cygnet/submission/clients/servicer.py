"""The organisers' side of clients: protobuf in, protobuf out."""

import asyncio
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

from cygnet.contest.store import ContestStore
from cygnet.internal.v1 import admin_pb2, admin_pb2_grpc, dedup_pb2
from cygnet.platform.errors import Conflict, NotFound
from cygnet.platform.grpc.interceptors import AioContext
from cygnet.platform.validation import CLIENT, Violations
from cygnet.submission.clients.store import JOIN, MOST_ENDED, SUBMIT, ClientStore, Report
from cygnet.submission.clients.watch import FRESH_S

if TYPE_CHECKING:
    from cygnet.internal.v1.dedup_pb2_grpc import DedupServiceAsyncStub

log = logging.getLogger(__name__)

MOST_LISTED = 100


class ClientAdminServicer(admin_pb2_grpc.ClientAdminServiceServicer):
    """Lets organisers see what clients do, and end it."""

    def __init__(
        self, contests: ContestStore, store: ClientStore, dedup: "DedupServiceAsyncStub", clock: Callable[[], int]
    ) -> None:
        """`clock` returns ms since the epoch."""
        self._contests = contests
        self._store = store
        self._dedup = dedup
        self._clock = clock

    async def ListClients(
        self, request: admin_pb2.ListClientsRequest, context: AioContext
    ) -> admin_pb2.ListClientsResponse:
        contest = self._contests.get(request.contest).contest.name
        report = await self._store.report(contest, self._clock())
        clients = sorted(
            (_client(name, report) for name in _known(report)),
            key=lambda client: (client.joins + client.submits, client.sessions),
            reverse=True,
        )
        listed = [each for rank, each in enumerate(clients) if rank < MOST_LISTED or each.HasField("ended_at")]
        return admin_pb2.ListClientsResponse(contest=contest, clients=listed, more=len(clients) - len(listed))

    async def EndClient(self, request: admin_pb2.EndClientRequest, context: AioContext) -> admin_pb2.EndClientResponse:
        Violations().matches("client", request.client, CLIENT).done()
        contest, now = self._contests.get(request.contest).contest.name, self._clock()
        report = await self._store.report(contest, now)
        if request.client not in _known(report):
            raise NotFound(
                f"no client {request.client} was seen in the last ten minutes: `cygnet clients` lists those that were",
                reason="CLIENT_NOT_FOUND",
            )
        if not request.dry_run:
            if not await self._store.end(contest, request.client, now):
                raise Conflict(f"{MOST_ENDED} clients are ended: allow some again", reason="TOO_MANY_ENDED")
            # Until all replicas know it, they let more of its drawings in.
            await asyncio.sleep(FRESH_S)
        withdrawn = await self._dedup.WithdrawClient(
            dedup_pb2.WithdrawClientRequest(
                contest=contest,
                client=request.client,
                present_participants=report.present.get(request.client, []),
                dry_run=request.dry_run,
            )
        )
        if not request.dry_run:
            log.info("a client was ended", extra={"contest": contest, "client": request.client})
        return admin_pb2.EndClientResponse(client=_client(request.client, report), drawings=withdrawn.drawings)

    async def AllowClient(
        self, request: admin_pb2.AllowClientRequest, context: AioContext
    ) -> admin_pb2.AllowClientResponse:
        Violations().matches("client", request.client, CLIENT).done()
        contest = self._contests.get(request.contest).contest.name
        return admin_pb2.AllowClientResponse(changed=await self._store.allow(contest, request.client))


def _known(report: Report) -> set[str]:
    return (
        {name.partition(" ")[0] for name in report.calls}
        | report.outside.keys()
        | report.present.keys()
        | set(report.ended)
    )


def _client(name: str, report: Report) -> admin_pb2.Client:
    client = admin_pb2.Client(
        id=name,
        joins=report.calls.get(f"{name} {JOIN}", 0),
        joins_last_minute=report.of_last_minute.get(f"{name} {JOIN}", 0),
        submits=report.calls.get(f"{name} {SUBMIT}", 0),
        submits_last_minute=report.of_last_minute.get(f"{name} {SUBMIT}", 0),
        sessions=report.outside.get(name, 0),
        present=len(report.present.get(name, ())),
    )
    if name in report.ended:
        client.ended_at.FromMilliseconds(report.ended[name])
    return client
