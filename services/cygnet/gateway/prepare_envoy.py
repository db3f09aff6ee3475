"""Writes Envoy's configuration to a file, for an init container: `python -m cygnet.gateway.prepare_envoy FILE`.

Envoy's own image has no Python, and a chart cannot read a file of this package: so this one renders it for both.
"""

import sys
from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from cygnet.gateway.envoy import Address, EnvoyBounds, render

_BOUNDS = EnvoyBounds()


class EnvoySettings(BaseSettings):
    """Read from CYGNET_ENVOY_…; every address is host:port."""

    model_config = SettingsConfigDict(env_prefix="CYGNET_ENVOY_", frozen=True, use_attribute_docstrings=True)

    listen: str
    """The port for everybody."""
    admin_listen: str
    """Envoy's own admin port, which must not be reachable from outside."""
    metrics_listen: str = "127.0.0.1:9101"
    """Where Prometheus finds /stats/prometheus."""
    submission_address: str
    """The submission service; a name with several addresses is balanced over all of them."""
    leaderboard_address: str
    """The leaderboard service."""
    gateway_address: str
    """The gateway: the page and the pictures."""
    max_connections: int = Field(default=_BOUNDS.max_connections, ge=1)
    """Open connections."""
    requests_per_s: int = Field(default=_BOUNDS.requests_per_s, ge=10)
    """Requests a second that are let through, streams not counted; a multiple of 10."""
    burst: int = Field(default=_BOUNDS.burst, ge=1)
    """Requests at once after a pause."""


def configuration(settings: EnvoySettings) -> str:
    """Returns Envoy's configuration as YAML."""
    return render(
        listen=_address(settings.listen),
        admin=_address(settings.admin_listen),
        metrics=_address(settings.metrics_listen),
        submission=_address(settings.submission_address),
        leaderboard=_address(settings.leaderboard_address),
        gateway=_address(settings.gateway_address),
        bounds=EnvoyBounds(settings.max_connections, settings.requests_per_s, settings.burst),
    )


def _address(text: str) -> Address:
    host, _, port = text.rpartition(":")
    return Address(host.strip("[]"), int(port))


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(configuration(EnvoySettings()))
