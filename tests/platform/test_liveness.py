"""Liveness sees an event loop that hangs, which a scrape of the metrics does not: in every service, as it is run."""

import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from cygnet.platform.grpc import LIVENESS, READINESS
from cygnet.platform.redis_users import PREFIXES

from ..ports import free_port
from ..redis_urls import as_user
from ..waiting import wait_for
from ..workloads import KEYS, worker_key_file

# A handler of Python runs in the main thread, as the event loop does: while it sleeps, other threads go on.
HANGS_ON_SIGUSR1 = """
import runpy, signal, sys, time
signal.signal(signal.SIGUSR1, lambda *_: time.sleep(600))
runpy.run_module(sys.argv[1], run_name="__main__")
"""
PROBE_S = 3.0
"""A probe that is not answered within so many seconds has failed."""


@dataclass
class Running:
    """A service as a process of its own."""

    process: "subprocess.Popen[bytes]"
    address: str
    metrics: str

    def hang(self) -> None:
        """Makes its event loop hang."""
        self.process.send_signal(signal.SIGUSR1)

    def health(self, service: str) -> int | None:
        """Returns what the health service says, as the kubelet asks; None when there is no answer in time."""
        with grpc.insecure_channel(self.address) as channel:
            # The stubs of this package know no methods.
            stub: Any = health_pb2_grpc.HealthStub(channel)
            try:
                answer = stub.Check(health_pb2.HealthCheckRequest(service=service), timeout=PROBE_S)
            except grpc.RpcError:
                return None
            return int(answer.status)

    def get(self, address: str, path: str) -> int | None:
        """Returns the status of a GET; None when there is no answer in time."""
        try:
            with urllib.request.urlopen(f"http://{address}{path}", timeout=PROBE_S) as answer:
                return int(answer.status)
        except (urllib.error.URLError, TimeoutError):
            return None


def settings_of(service: str, redis_url: str, folder: Path) -> dict[str, str]:
    nowhere = f"127.0.0.1:{free_port()}"
    redis, admin = {"INSTALLATION_KEYS": KEYS}, {"ADMIN_TOKEN": "a" * 32}
    if service in PREFIXES:
        redis["REDIS_URL"] = as_user(redis_url, service)
    pictures, dedup = {"PICTURES_URL": folder.as_uri()}, {"DEDUP_ADDRESS": nowhere}
    return {
        "submission": {**redis, **admin, **pictures, **dedup, "SESSION_KEYS": f"k1:{'s' * 32}"},
        "dedup": {**redis, "LEADERBOARD_ADDRESS": nowhere},
        "leaderboard": {**redis, **admin},
        "worker": {**pictures, **dedup, "TRITON_ADDRESS": nowhere, "WORKLOAD_KEY_FILE": str(worker_key_file(folder))},
        "gateway": pictures,
    }[service]


@pytest.fixture
def service(request: pytest.FixtureRequest, redis_url: str, tmp_path: Path) -> Iterator[Running]:
    """The service that the test names."""
    address, metrics = f"127.0.0.1:{free_port()}", f"127.0.0.1:{free_port()}"
    own = {"LISTEN": address, "METRICS_LISTEN": metrics, **settings_of(request.param, redis_url, tmp_path)}
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-c", HANGS_ON_SIGUSR1, f"cygnet.{request.param}"],
            env={**os.environ, **{f"CYGNET_{request.param.upper()}_{name}": value for name, value in own.items()}},
            stdout=log,
            stderr=log,
        )
    try:
        yield Running(process, address, metrics)
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize("service", ["submission", "dedup", "leaderboard", "worker"], indirect=True)
def test_the_liveness_of_a_service_fails_when_its_event_loop_hangs(service: Running) -> None:
    wait_for(lambda: service.health(LIVENESS) == health_pb2.HealthCheckResponse.SERVING)
    service.hang()
    assert service.health(LIVENESS) is None
    assert service.get(service.metrics, "/metrics") == 200


@pytest.mark.parametrize("service", ["gateway"], indirect=True)
def test_the_liveness_of_the_gateway_fails_when_its_event_loop_hangs(service: Running) -> None:
    wait_for(lambda: service.get(service.address, "/healthz") == 200)
    service.hang()
    assert service.get(service.address, "/healthz") is None
    assert service.get(service.metrics, "/metrics") == 200


@pytest.mark.parametrize("service", ["worker"], indirect=True)
def test_a_worker_whose_triton_is_away_lives_and_is_not_ready(service: Running) -> None:
    wait_for(lambda: service.health(LIVENESS) == health_pb2.HealthCheckResponse.SERVING)
    assert service.health(READINESS) == health_pb2.HealthCheckResponse.NOT_SERVING
