"""The few calls to the API server that the operator makes.

kopf watches; everything else is here: server-side apply, the status, replicas, deletion, a list for the resync, an
Event now and then. A call that the server does not take raises `Refused`; one that does not reach it, `Unreachable`.
"""

import base64
import json
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import aiohttp

from cygnet_operator.model import CONTEST, DEPLOYMENT, FIELD_MANAGER, KINDS, Kind, Object

SCALE_MANAGER = f"{FIELD_MANAGER}-replicas"
"""A field manager of its own for a Deployment's replicas: leaving them to an autoscaler then drops nothing."""
_TIMEOUT = aiohttp.ClientTimeout(total=30, connect=5)


class ClusterError(Exception):
    """The API server did not do what was requested; worth trying again later."""


class Unreachable(ClusterError):
    """It did not answer."""


class Refused(ClusterError):
    """It answered with an error; `status` is the HTTP status."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class Connection:
    """Where the API server is and how it knows us."""

    server: str
    token: Callable[[], str | None]
    """Asked before every request: the token of a service account is renewed every hour."""
    ca_path: str | None = None
    """The certificate authority; None means the system's."""
    insecure: bool = False
    """Any certificate is good."""
    certificate: tuple[str, str] | None = None
    """Paths of the client's certificate and key."""

    def tls(self) -> ssl.SSLContext:
        """Returns how to speak TLS with it."""
        context = ssl.create_default_context(cafile=self.ca_path)
        if self.insecure:
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        if self.certificate is not None:
            context.load_cert_chain(*self.certificate)
        return context


class Cluster:
    """A client for one namespace. Close it."""

    def __init__(self, connection: Connection, namespace: str) -> None:
        self.namespace = namespace
        self._connection = connection
        self._session = aiohttp.ClientSession(
            timeout=_TIMEOUT, connector=aiohttp.TCPConnector(ssl=connection.tls(), limit=32)
        )

    async def close(self) -> None:
        """Closes all connections."""
        await self._session.close()

    async def apply(self, desired: Object) -> Object:
        """Makes an object so, by server-side apply; returns it as it is now."""
        kind = KINDS[desired["kind"]]
        return await self._apply(self._path(kind, desired["metadata"]["name"]), desired, FIELD_MANAGER)

    async def apply_status(self, contest: str, status: Object) -> Object:
        """Writes the status of a contest; returns the contest."""
        body = _bare(CONTEST, contest, self.namespace) | {"status": status}
        return await self._apply(self._path(CONTEST, contest) + "/status", body, FIELD_MANAGER)

    async def apply_replicas(self, deployment: str, replicas: int) -> Object:
        """Sets the replicas of a Deployment, as their own field manager; returns the Deployment."""
        body = _bare(DEPLOYMENT, deployment, self.namespace) | {"spec": {"replicas": replicas}}
        return await self._apply(self._path(DEPLOYMENT, deployment), body, SCALE_MANAGER)

    async def delete(self, kind: Kind, name: str, uid: str) -> None:
        """Deletes an object, if it is still the one with this uid; that it is gone already is no error."""
        try:
            await self._request("DELETE", self._path(kind, name), json={"preconditions": {"uid": uid}})
        except Refused as error:
            if error.status not in (404, 409):
                raise

    async def items(self, kind: Kind, selector: str = "") -> tuple[int, list[Object]]:
        """Lists a kind in the namespace; returns the list's resourceVersion and the objects, their kind filled in."""
        response = await self._request("GET", self._path(kind), params={"labelSelector": selector} if selector else {})
        of_kind = {"apiVersion": kind.api_version, "kind": kind.kind}
        return int(response["metadata"]["resourceVersion"]), [{**of_kind, **item} for item in response["items"]]

    async def pods(self, selector: str) -> list[Object]:
        """Lists pods."""
        path = f"/api/v1/namespaces/{self.namespace}/pods"
        response = await self._request("GET", path, params={"labelSelector": selector})
        items: list[Object] = response["items"]
        return items

    async def config_map(self, name: str) -> Object | None:
        """Reads a ConfigMap; None when there is none."""
        try:
            found: Object = await self._request("GET", f"/api/v1/namespaces/{self.namespace}/configmaps/{name}")
            return found
        except Refused as error:
            if error.status == 404:
                return None
            raise

    async def put_in_secret(self, secret: str, key: str, value: str) -> None:
        """Puts a value into a Secret that is there. Reading it would need a right that the operator does not have."""
        body = {"data": {key: base64.b64encode(value.encode()).decode()}}
        try:
            await self._request(
                "PATCH",
                f"/api/v1/namespaces/{self.namespace}/secrets/{secret}",
                data=json.dumps(body),
                headers={"Content-Type": "application/merge-patch+json"},
            )
        except Refused as error:
            if error.status == 404:
                raise Refused(404, f"there is no Secret {secret} for workers' keys: create one, empty") from error
            raise

    async def post_event(self, event: Object) -> None:
        """Records an Event."""
        await self._request("POST", f"/api/v1/namespaces/{self.namespace}/events", json=event)

    async def knows(self, kind: Kind) -> bool:
        """Tells whether the cluster knows a kind."""
        try:
            response = await self._request("GET", f"/apis/{kind.api_version}")
        except Refused as error:
            if error.status == 404:
                return False
            raise
        return any(resource["name"] == kind.plural for resource in response["resources"])

    def _path(self, kind: Kind, name: str = "") -> str:
        root = "/apis" if kind.group else "/api"
        path = f"{root}/{kind.api_version}/namespaces/{self.namespace}/{kind.plural}"
        return f"{path}/{name}" if name else path

    async def _apply(self, path: str, body: Object, manager: str) -> Object:
        response: Object = await self._request(
            "PATCH",
            path,
            params={"fieldManager": manager, "force": "true"},
            data=json.dumps(body),
            headers={"Content-Type": "application/apply-patch+yaml"},
        )
        return response

    async def _request(self, method: str, path: str, **options: Any) -> Any:
        token = self._connection.token()
        headers = {**options.pop("headers", {}), **({"Authorization": f"Bearer {token}"} if token else {})}
        try:
            url = self._connection.server + path
            async with self._session.request(method, url, headers=headers, **options) as response:
                if response.status < 400:
                    return await response.json()
                raise Refused(response.status, _message(await response.text()))
        except (TimeoutError, aiohttp.ClientError) as error:
            raise Unreachable(f"the API server does not answer: {type(error).__name__}: {error}") from error


def _bare(kind: Kind, name: str, namespace: str) -> dict[str, Any]:
    return {
        "apiVersion": kind.api_version,
        "kind": kind.kind,
        "metadata": {"name": name, "namespace": namespace},
    }


def _message(text: str) -> str:
    try:
        return str(json.loads(text)["message"])
    except (ValueError, KeyError, TypeError):
        return text[:500]
