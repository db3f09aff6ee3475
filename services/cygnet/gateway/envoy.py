"""Renders Envoy's configuration, `envoy.yaml`: one for a laptop and for a cluster, but for addresses and bounds.

`python -m cygnet.gateway.envoy FILE` writes it, for an init container: Envoy's own image has no Python, and a chart
cannot read a file of this package.
"""

import base64
import json
import sys
from importlib import resources
from pathlib import Path
from string import Template
from typing import Annotated, Self

from pydantic import AfterValidator, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from cygnet.gateway.addresses import is_authority
from cygnet.platform.signing_keys import parse_keys


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
    admin_socket: Path
    """Where Envoy makes the unix socket of its own admin API, which can stop it."""
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
    session_keys: SecretStr
    """The keys of session tokens, as the submission service has them: a session has limits of its own."""
    trusted_proxies: int = 0
    """Proxies in front of Envoy whose X-Forwarded-For is believed; 0: whoever connects is the client."""
    requests_per_s: int = 1000
    """Requests a second that the services behind it answer; a multiple of 100. For each kind of call, present people
    get six tenths of them, others with a session six tenths, strangers three, and one stranger's address two."""
    burst: int = 2000
    """Requests at once of each of these after a pause."""
    max_calls: int = 1024
    """Calls that may wait behind it at once, for each service."""
    max_watches: int = 2560
    """Open watches of each kind, of present people, others with a session, and strangers, for each service."""

    @model_validator(mode="after")
    def _lets_somebody_in(self) -> Self:
        bounds = (self.max_connections, self.max_heap_mib, self.burst, self.max_calls, self.max_watches)
        if min(*bounds, self.requests_per_s // 100) < 1 or self.requests_per_s % 100 or self.trusted_proxies < 0:
            raise ValueError("bounds are positive, requests_per_s a multiple of 100")
        parse_keys(self.session_keys.get_secret_value())
        return self


def _jwks(session_keys: SecretStr) -> str:
    """Returns the keys as a JSON Web Key Set (RFC 7517)."""
    keys = parse_keys(session_keys.get_secret_value())
    return json.dumps(
        {
            "keys": [
                {"kty": "oct", "alg": "HS256", "kid": kid, "k": base64.urlsafe_b64encode(key).decode().rstrip("=")}
                for kid, key in keys.items()
            ]
        }
    )


def render(settings: EnvoySettings) -> str:
    """Returns the configuration as YAML."""
    values = settings.model_dump() | {
        "members_per_100ms": settings.requests_per_s * 6 // 100,
        "strangers_per_100ms": settings.requests_per_s * 3 // 100,
        "address_per_100ms": settings.requests_per_s * 2 // 100,
        "address_burst": max(1, settings.burst * 2 // 3),
        "session_jwks": _jwks(settings.session_keys),
        "max_heap_bytes": settings.max_heap_mib << 20,
        # A string of JSON is one of YAML, whatever is in it.
        "admin_socket": json.dumps(str(settings.admin_socket)),
    }
    for name in EnvoySettings.model_fields:
        role, _, kind = name.rpartition("_")
        if name == "listen" or kind in ("listen", "address"):
            host, _, port = values[name].rpartition(":")
            values |= {f"{role or name}_host": host.strip("[]"), f"{role or name}_port": port}
    template = resources.files("cygnet.gateway").joinpath("envoy.yaml").read_text()
    return Template(template).substitute(values)


if __name__ == "__main__":
    target = Path(sys.argv[1])
    # It holds the session keys.
    target.touch(mode=0o600)
    target.write_text(render(EnvoySettings()))
