"""Renders Envoy's configuration, `envoy.yaml`: one for a laptop and for a cluster, but for addresses and bounds."""

import re
from dataclasses import dataclass
from importlib import resources
from string import Template

from cygnet.gateway.addresses import is_authority

_IPV6 = re.compile(r"[0-9A-Fa-f:.]{2,45}")


@dataclass(frozen=True, slots=True)
class Address:
    """A host (a name, or an IP address without brackets) and a port."""

    host: str
    port: int

    def __post_init__(self) -> None:
        name = f"[{self.host}]" if _IPV6.fullmatch(self.host) and ":" in self.host else self.host
        if not is_authority(f"{name}:{self.port}"):
            raise ValueError(f"{self.host!r} and {self.port} are no address")


@dataclass(frozen=True, slots=True)
class EnvoyBounds:
    """What Envoy refuses by itself, for all clients together."""

    max_connections: int = 8192
    """Open connections; each watching browser needs two or three. Must fit under the limit of open files, twice."""
    requests_per_s: int = 4000
    """Requests a second that are let through, streams not counted; a multiple of 10."""
    burst: int = 8000
    """Requests at once after a pause."""

    def __post_init__(self) -> None:
        if min(self.max_connections, self.burst) < 1 or self.requests_per_s < 10 or self.requests_per_s % 10:
            raise ValueError("bounds are positive, requests_per_s a multiple of 10")


def render(
    *,
    listen: Address,
    admin: Address,
    metrics: Address,
    submission: Address,
    leaderboard: Address,
    gateway: Address,
    bounds: EnvoyBounds | None = None,
) -> str:
    """Returns the configuration as YAML.

    `listen` is the port for everybody; `admin`, an IP address, must not be reachable from outside (it can stop
    Envoy); `metrics` serves its /stats/prometheus; the others are where the services listen.
    """
    bounds = bounds or EnvoyBounds()
    template = resources.files("cygnet.gateway").joinpath("envoy.yaml").read_text()
    return Template(template).substitute(
        listen_host=listen.host,
        listen_port=listen.port,
        admin_host=admin.host,
        admin_port=admin.port,
        metrics_host=metrics.host,
        metrics_port=metrics.port,
        submission_host=submission.host,
        submission_port=submission.port,
        leaderboard_host=leaderboard.host,
        leaderboard_port=leaderboard.port,
        gateway_host=gateway.host,
        gateway_port=gateway.port,
        max_connections=bounds.max_connections,
        burst=bounds.burst,
        requests_per_100ms=bounds.requests_per_s // 10,
    )
