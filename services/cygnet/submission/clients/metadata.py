"""What a call says about where it comes from: a weak signal, and good enough to bound what one place can take."""

import functools
import hashlib
import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass

PRIVATE = "private"
"""The network of all addresses that mean nothing outside: the hall's own, where the installation stands in it."""


@dataclass(frozen=True)
class Client:
    """Where a call comes from."""

    key: str
    """Of address and browser: many phones behind one address are many clients."""
    network: str
    """The address' prefix: /24, of IPv6 /48, which is what one subscriber can have; empty where it is not known."""
    subscriber: str = ""
    """The address, of IPv6 its /48, whatever the browser calls itself: what organisers can end."""


def client_of(metadata: Iterable[tuple[str, str | bytes]]) -> Client:
    """Returns the client of a call. Envoy says where it comes from, behind as many proxies as it trusts."""
    said = {key: value for key, value in metadata if isinstance(value, str)}
    address = said.get("x-cygnet-address", "")
    key = hashlib.sha256(f"{address} {said.get('user-agent', '')}".encode()).hexdigest()[:16]
    network = network_of(address)
    return Client(key, network, network if ":" in network else address)


@functools.lru_cache(maxsize=4_096)
def network_of(address: str) -> str:
    """Returns the network that an address lies in; empty for what is none."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return ""
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped is not None:
        ip = ip.ipv4_mapped
    if not ip.is_global:
        return PRIVATE
    return str(ipaddress.ip_network((ip, 24 if ip.version == 4 else 48), strict=False))
