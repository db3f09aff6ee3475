"""Nodes with GPUs that are not there: pods that the scheduler binds to them become ready, or do not, by their model.

A pod whose generator has `broken` in its name never becomes ready, as with a model that cannot be loaded.
"""

import asyncio
import contextlib
import threading
from typing import Any

import aiohttp

from cygnet_operator.cluster import Connection

_EVERY_S = 0.1


class FakeKubelet:
    """Some nodes, looked after by a thread of their own."""

    def __init__(self, connection: Connection, *, nodes: int, gpus: int) -> None:
        self._connection, self._nodes, self._gpus = connection, nodes, gpus
        self._stop = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), daemon=True)

    def __enter__(self) -> "FakeKubelet":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(30)

    async def _run(self) -> None:
        headers = {"Authorization": f"Bearer {self._connection.token()}"}
        connector = aiohttp.TCPConnector(ssl=self._connection.tls())
        async with aiohttp.ClientSession(self._connection.server, headers=headers, connector=connector) as session:
            for i in range(self._nodes):
                await self._make_node(session, f"gpu-{i}")
            while not self._stop.is_set():
                with contextlib.suppress(aiohttp.ClientError):  # a test has stopped the API server; it comes back
                    await self._look_after_pods(session)
                await asyncio.sleep(_EVERY_S)

    async def _make_node(self, session: aiohttp.ClientSession, name: str) -> None:
        amounts = {"cpu": "64", "memory": "256Gi", "pods": "500", "nvidia.com/gpu": str(self._gpus)}
        node = {
            "metadata": {"name": name, "labels": {"kubernetes.io/hostname": name, "pool": "gpu"}},
            "spec": {"taints": [{"key": "nvidia.com/gpu", "value": "present", "effect": "NoSchedule"}]},
        }
        while True:
            async with session.post("/api/v1/nodes", json=node) as answer:
                if answer.status in (201, 409):
                    break
            await asyncio.sleep(_EVERY_S)  # a fresh API server may still be filling its caches
        conditions = [{"type": "Ready", "status": "True", "reason": "Fake", "message": "as good as real"}]
        status = {"capacity": amounts, "allocatable": amounts, "conditions": conditions}
        await self._patch(session, f"/api/v1/nodes/{name}/status", {"status": status})

    async def _look_after_pods(self, session: aiohttp.ClientSession) -> None:
        async with session.get("/api/v1/pods") as answer:
            pods = (await answer.json())["items"]
        for pod in pods:
            path = f"/api/v1/namespaces/{pod['metadata']['namespace']}/pods/{pod['metadata']['name']}"
            if "nodeName" not in pod["spec"]:
                continue
            if "deletionTimestamp" in pod["metadata"]:
                await session.delete(path, json={"gracePeriodSeconds": 0})
            elif pod["status"].get("phase") == "Pending" and "containerStatuses" not in pod["status"]:
                await self._patch(session, f"{path}/status", {"status": _status(pod)})

    @staticmethod
    async def _patch(session: aiohttp.ClientSession, path: str, body: object) -> None:
        kind = {"Content-Type": "application/merge-patch+json"}
        async with session.patch(path, json=body, headers=kind) as answer:
            if answer.status not in (200, 404, 409):
                raise RuntimeError(f"{path}: {await answer.text()}")


def _status(pod: dict[str, Any]) -> dict[str, Any]:
    containers = [*pod["spec"].get("initContainers", ()), *pod["spec"]["containers"]]
    ready = not any("broken" in value.get("value", "") for c in containers for value in c.get("env", ()))
    word = "True" if ready else "False"
    kinds = ("Initialized", "ContainersReady", "Ready")
    return {
        "phase": "Running" if ready else "Pending",
        "podIP": "10.244.0.9",
        "podIPs": [{"ip": "10.244.0.9"}],
        "startTime": pod["metadata"]["creationTimestamp"],
        "conditions": [
            *(
                {"type": kind, "status": word, "lastTransitionTime": pod["metadata"]["creationTimestamp"]}
                for kind in kinds
            ),
            {"type": "PodScheduled", "status": "True", "lastTransitionTime": pod["metadata"]["creationTimestamp"]},
        ],
        "initContainerStatuses": [_container(c, ready) for c in pod["spec"].get("initContainers", ())],
        "containerStatuses": [_container(c, ready) for c in pod["spec"]["containers"]],
    }


def _container(container: dict[str, Any], ready: bool) -> dict[str, Any]:
    broken = {"waiting": {"reason": "CrashLoopBackOff", "message": "model source: there is no folder"}}
    return {
        "name": container["name"],
        "image": container["image"],
        "imageID": "",
        "ready": ready,
        "started": ready,
        "restartCount": 0,
        "state": {"running": {}} if ready else broken,
    }
