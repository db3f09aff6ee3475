"""Which address a QR code may hold: what a Host header says is as hostile as anything from outside."""

import ipaddress
import re

_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*\.?")
_PORT = re.compile(r"[0-9]{1,5}")


def is_base_url(text: str) -> bool:
    """Tells whether `text` is http(s)://host[:port], with at most a slash behind it."""
    scheme, _, authority = text.removesuffix("/").partition("://")
    return scheme in ("http", "https") and is_authority(authority)


def is_authority(text: str) -> bool:
    """Tells whether `text` is host[:port]: a name, an IPv4 address, or an IPv6 address in brackets."""
    if text.startswith("["):
        host, bracket, rest = text[1:].partition("]")
        if not bracket or (rest and not rest.startswith(":")):
            return False
        return _is_ipv6(host) and (not rest or _is_port(rest[1:]))
    host, colon, port = text.partition(":")
    return len(host) <= 253 and _HOST.fullmatch(host) is not None and (not colon or _is_port(port))


def player_url(base: str, contest: str) -> str:
    """Returns where a contest is played; an empty name means the only contest there is."""
    return f"{base}/c/{contest}" if contest else f"{base}/"


def _is_port(text: str) -> bool:
    return _PORT.fullmatch(text) is not None and 0 < int(text) < 65_536


def _is_ipv6(text: str) -> bool:
    try:
        ipaddress.IPv6Address(text)
    except ValueError:
        return False
    return "%" not in text
