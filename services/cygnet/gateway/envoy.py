"""Renders Envoy's configuration, `envoy.yaml`: one for a laptop and for a cluster, but for addresses and bounds.

`python -m cygnet.gateway.envoy FILE` writes it, for an init container: Envoy's own image has no Python, and a chart
cannot read a file of this package.
"""

import sys
from importlib import resources
from pathlib import Path
from string import Template
from typing import Annotated, Self

from pydantic import AfterValidator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from cygnet.gateway.addresses import is_authority


def _checked(text: str) -> str:
    if not text.rpartition(":")[2].isdigit() or not is_authority(text):
        raise ValueError(f"{text!r} are no address: write host:port")
    return text


HostAndPort = Annotated[str, AfterValidator(_checked)]


class EnvoySettings(BaseSettings):
    """Read from CYGNET_ENVOY_…; every address is host:port."""

    model_config = SettingsConfigDict(env_prefix="CYGNET_ENVOY_", frozen=True, use_attribute_docstrings=True)

    listen: HostAndPort
    """The port for everybody."""
    admin_listen: HostAndPort
    """Envoy's own admin port, which must not be reachable from outside: it can stop Envoy."""
    metrics_listen: HostAndPort = "127.0.0.1:9101"
    """Where Prometheus finds /stats/prometheus."""
    submission_address: HostAndPort
    """The submission service; a name with several addresses is balanced over all of them."""
    leaderboard_address: HostAndPort
    """The leaderboard service."""
    gateway_address: HostAndPort
    """The gateway: the page and the pictures."""
    max_connections: int = 16384
    """Open connections; each watching browser needs two or three. Must fit under the limit of open files."""
    max_heap_mib: int = 384
    """Memory for connections and streams: the nearer, the sooner idle connections are let go; at 95 % no new one is
    taken. Must fit under the limit of the process or container, with a quarter to spare."""
    requests_per_s: int = 4000
    """Requests a second that are let through, streams not counted; a multiple of 10."""
    burst: int = 8000
    """Requests at once after a pause."""

    @model_validator(mode="after")
    def _lets_somebody_in(self) -> Self:
        if (
            min(self.max_connections, self.max_heap_mib, self.burst) < 1
            or self.requests_per_s < 10
            or self.requests_per_s % 10
        ):
            raise ValueError("bounds are positive, requests_per_s a multiple of 10")
        return self


def render(settings: EnvoySettings) -> str:
    """Returns the configuration as YAML."""
    values = settings.model_dump() | {
        "requests_per_100ms": settings.requests_per_s // 10,
        "max_heap_bytes": settings.max_heap_mib << 20,
    }
    for name in EnvoySettings.model_fields:
        role, _, kind = name.rpartition("_")
        if name == "listen" or kind in ("listen", "address"):
            host, _, port = values[name].rpartition(":")
            values |= {f"{role or name}_host": host.strip("[]"), f"{role or name}_port": port}
    template = resources.files("cygnet.gateway").joinpath("envoy.yaml").read_text()
    return Template(template).substitute(values)


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(render(EnvoySettings()))
