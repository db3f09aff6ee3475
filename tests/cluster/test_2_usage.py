"""What each container needs while people play: the figures that the chart's requests and limits follow from.

Read from the kubelet, which measures every ten seconds or so; no metrics server is needed.
"""

import asyncio
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest

from .kube import Kube
from .test_2_while_playing import PLAYERS, Crowd, ensure_installed

pytestmark = pytest.mark.timeout(600)

PLAY_S = 45


@dataclass(frozen=True)
class Usage:
    """One reading of a container: seconds of CPU since it started, bytes in use, and when that was, in seconds."""

    cpu_s: float
    memory: int
    at: float


async def test_containers_stay_within_their_limits(kube: Kube) -> None:
    ensure_installed(kube)
    crowd = Crowd(kube.address())
    players = [asyncio.create_task(crowd.play(number)) for number in range(PLAYERS)]
    try:
        while not crowd.answered:
            await asyncio.sleep(0.1)
        before = await asyncio.to_thread(_read, kube)
        await asyncio.sleep(PLAY_S)
        after = await asyncio.to_thread(_read, kube)
    finally:
        crowd.stop.set()
    await asyncio.gather(*players)

    print(f"\n{PLAYERS} players for {PLAY_S} s, {crowd.answered} drawings; mean millicores, MiB")
    for name, now in sorted(after.items()):
        then = before[name]
        cpu = (now.cpu_s - then.cpu_s) / (now.at - then.at) if now.at > then.at else 0.0
        print(f"{'/'.join(name):24} {1000 * cpu:6.0f} {now.memory / 2**20:6.0f}")
    limits = _memory_limits(kube)
    assert set(limits) <= set(after)
    beyond = {name: after[name].memory for name, limit in limits.items() if after[name].memory > 0.8 * limit}
    assert not beyond, "close to the limit of memory"


def _read(kube: Kube) -> dict[tuple[str, str], Usage]:
    """Returns readings by (component, container)."""
    components = {
        pod["metadata"]["name"]: pod["metadata"]["labels"]["app.kubernetes.io/component"] for pod in _pods(kube)
    }
    readings = {}
    for node in kube.get("nodes"):
        path = f"/api/v1/nodes/{node['metadata']['name']}/proxy/stats/summary"
        for pod in json.loads(kube.kubectl("get", "--raw", path))["pods"]:
            component = components.get(pod["podRef"]["name"])
            for container in pod["containers"] if component else []:
                readings[str(component), container["name"]] = Usage(
                    container["cpu"]["usageCoreNanoSeconds"] / 1e9,
                    container["memory"]["workingSetBytes"],
                    datetime.fromisoformat(container["cpu"]["time"]).timestamp(),
                )
    return readings


def _memory_limits(kube: Kube) -> dict[tuple[str, str], int]:
    """Returns limits in bytes by (component, container); Triton has one where the contest says so."""
    units = {"Mi": 2**20, "Gi": 2**30}
    limits = {}
    for pod in _pods(kube):
        for container in pod["spec"]["containers"]:
            limit = container["resources"].get("limits", {}).get("memory")
            component = pod["metadata"]["labels"]["app.kubernetes.io/component"]
            if limit is not None:
                limits[component, container["name"]] = int(limit[:-2]) * units[limit[-2:]]
    return limits


def _pods(kube: Kube) -> list[dict[str, Any]]:
    return kube.get("pods", "-l", "app.kubernetes.io/component", "--field-selector", "status.phase=Running")
