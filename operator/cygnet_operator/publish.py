"""Brings the contest document to the services, and finds out which of their replicas have it in force.

One ApplyContest to any replica of a service reaches all of them through Redis; reading the document back from each
replica is the acknowledgement. The resource is the truth: where a service has a newer generation of another content
(the Contest was deleted and made again, or somebody used `cygnet apply`), the document is published as the next one.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

import grpc

from cygnet.contest.document import numbered
from cygnet.internal.v1 import admin_pb2, admin_pb2_grpc, document_pb2
from cygnet.platform.errors import Conflict, DomainError, Unavailable
from cygnet.platform.grpc.client import channel
from cygnet_operator.model import Object, Policy

if TYPE_CHECKING:
    from cygnet.internal.v1.admin_pb2_grpc import ContestAdminServiceAsyncStub

log = logging.getLogger(__name__)

_POLL_S = 0.02
_GRACE_S = 5.0
_CHANNEL_OPTIONS = [
    # A dead replica must not hold up the others: a call to it fails at once, and is not repeated by the channel.
    ("grpc.service_config", "{}"),
    # A replica that was started again is found again at once; gRPC's own pauses grow to two minutes.
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 1_000),
]
_CALL_S = 1.5
"""Deadline of one call to a replica, in seconds."""
_Response = TypeVar("_Response")


def replicas_of(slices: Sequence[Object]) -> dict[str, dict[str, str]]:
    """Returns all replicas that serve, by service, from EndpointSlices: host:port of the admin port, and the pod's name
    (where the slice does not say it, the address again).
    """
    found: dict[str, dict[str, str]] = {}
    for item in slices:
        service = item["metadata"].get("labels", {}).get("kubernetes.io/service-name", item["metadata"]["name"])
        port = next((port["port"] for port in item.get("ports") or () if port.get("name") == "admin"), None)
        if port is None:
            continue
        replicas = found.setdefault(service, {})
        for endpoint in item.get("endpoints") or ():
            if (endpoint.get("conditions") or {}).get("ready") is not False:
                ip = endpoint["addresses"][0]
                address = f"[{ip}]:{port}" if ":" in ip else f"{ip}:{port}"
                replicas[address] = (endpoint.get("targetRef") or {}).get("name") or address
    return {service: dict(sorted(replicas.items())) for service, replicas in sorted(found.items())}


@dataclass
class _Replica:
    address: str
    name: str
    """For people."""
    channel: grpc.aio.Channel
    stub: "ContestAdminServiceAsyncStub" = field(repr=False)


class Publisher:
    """Holds a channel to every replica that is known. Close it."""

    def __init__(
        self,
        token: Callable[[], str],
        replicas: Callable[[], Mapping[str, Mapping[str, str]]],
        *,
        acknowledge_s: float,
    ) -> None:
        """`token` gives the operator's; `replicas` says which replicas each service has, as `replicas_of` does."""
        self._token = token
        self._replicas = replicas
        self._acknowledge_s = acknowledge_s
        self._known: dict[str, _Replica] = {}

    async def close(self) -> None:
        """Closes all channels."""
        known, self._known = self._known, {}
        await asyncio.gather(*(replica.channel.close() for replica in known.values()))

    async def publish(self, document: document_pb2.ContestDocument, pictures: Sequence[bytes]) -> Policy:
        """Puts the document (with the generation of its Contest) in force and says how far that has come."""
        services = {
            name: [self._replica(*address_and_pod) for address_and_pod in replicas.items()]
            for name, replicas in self._replicas().items()
        }
        await self._forget_others(services)
        empty = [name for name, replicas in services.items() if not replicas]
        deadline = time.monotonic() + self._acknowledge_s
        present = {name: replicas for name, replicas in services.items() if replicas}
        outcomes = await asyncio.gather(
            *(self._to_service(replicas, document, pictures, deadline) for replicas in present.values())
        )
        problems = [f"{name}: {problem}" for name, (_, problem) in zip(present, outcomes, strict=True) if problem]
        problems += [f"{name}: no replica serves" for name in empty]
        missing = tuple(replica.name for without, _ in outcomes for replica in without)
        total = sum(map(len, services.values()))
        return Policy(
            generation=document.contest.generation,
            acknowledged=total - len(missing),
            total=total,
            missing=missing,
            problem="; ".join(problems),
        )

    async def _to_service(
        self,
        replicas: Sequence[_Replica],
        document: document_pb2.ContestDocument,
        pictures: Sequence[bytes],
        deadline: float,
    ) -> tuple[list[_Replica], str]:
        """Returns the replicas that do not have it, and what went wrong, if anything did."""
        without = await self._which_lack(replicas, document)
        problem = ""
        if len(without) == len(replicas):
            problem = await self._to_any(replicas, document, pictures)
        while without and not problem:
            without = await self._which_lack(replicas, document)
            if not without or time.monotonic() > deadline:
                break
            await asyncio.sleep(_POLL_S)
        return without, problem

    async def _to_any(
        self, replicas: Sequence[_Replica], document: document_pb2.ContestDocument, pictures: Sequence[bytes]
    ) -> str:
        """Gives the document to the first replica that takes it; returns why none did."""
        problem = ""
        for replica in replicas:
            try:
                await self._apply(replica, document, pictures)
                return ""
            except DomainError as error:
                problem = error.message
        return problem

    async def _apply(
        self, replica: _Replica, document: document_pb2.ContestDocument, pictures: Sequence[bytes]
    ) -> None:
        request = admin_pb2.ApplyContestRequest(document=document, target_pictures=pictures)
        try:
            await _response(replica.stub.ApplyContest(request, timeout=_CALL_S))
        except Conflict:
            request.document.contest.generation = 0
            await _response(replica.stub.ApplyContest(request, timeout=_CALL_S))

    async def _which_lack(self, replicas: Sequence[_Replica], document: document_pb2.ContestDocument) -> list[_Replica]:
        answers = await asyncio.gather(*(self._has(replica, document) for replica in replicas))
        return [replica for replica, has in zip(replicas, answers, strict=True) if not has]

    async def _has(self, replica: _Replica, document: document_pb2.ContestDocument) -> bool:
        request = admin_pb2.GetContestDocumentRequest(contest=document.contest.name)
        try:
            live = (await _response(replica.stub.GetContestDocument(request, timeout=_CALL_S))).document
        except DomainError as error:
            # NotFound: it has no document yet. Anything else: it does not answer, and the status counts it so.
            log.debug("no acknowledgement", extra={"replica": replica.address, "error": error.message})
            return False
        return live.contest.generation >= document.contest.generation and numbered(live, 0) == numbered(document, 0)

    def _replica(self, address: str, name: str) -> _Replica:
        if address not in self._known:
            opened = channel(address, token=self._token, options=_CHANNEL_OPTIONS)
            self._known[address] = _Replica(address, name, opened, admin_pb2_grpc.ContestAdminServiceStub(opened))
        known = self._known[address]
        known.name = name  # another pod may have been given the address
        return known

    async def _forget_others(self, services: Mapping[str, Sequence[_Replica]]) -> None:
        present = {replica.address for replicas in services.values() for replica in replicas}
        gone = [self._known.pop(address) for address in list(self._known) if address not in present]
        await asyncio.gather(*(replica.channel.close(_GRACE_S) for replica in gone))


async def _response(call: Awaitable[_Response]) -> _Response:
    """Returns what a replica answers.

    Raises:
        DomainError: why it did not.
    """
    try:
        return await call
    except grpc.aio.UsageError as error:
        raise Unavailable("the replica went away, and its channel was closed") from error
