"""Contests and clusters in the shape that the pure parts take."""

from datetime import UTC, datetime
from typing import Any

from pydantic import SecretStr

from cygnet.internal.v1 import document_pb2
from cygnet_operator.model import Contest, Object, Observed, key, parse
from cygnet_operator.settings import OperatorSettings

from ..workloads import KEYS

BORN = datetime(2026, 10, 1, tzinfo=UTC)
SETTINGS = OperatorSettings(installation_keys=SecretStr(KEYS))


def at(text: str) -> datetime:
    """Returns a moment in Seoul: "26 09:30" is on 26 October 2026."""
    return datetime.strptime(f"2026-10-{text} +0900", "%Y-%m-%d %H:%M %z")


def body(name: str = "pycon", *, status: Object | None = None, **spec: Any) -> dict[str, Any]:
    """Returns a Contest as the API server sends it."""
    return {
        "apiVersion": "cygnet.dev/v1alpha1",
        "kind": "Contest",
        "metadata": {
            "name": name,
            "namespace": "booth",
            "uid": f"uid-{name}",
            "generation": 3,
            "resourceVersion": "10",
            "creationTimestamp": "2026-10-01T00:00:00Z",
        },
        "spec": {
            "title": {"en": "Draw the duck"},
            "targets": [{"name": "duck", "image": {"builtin": "duck"}}],
            **spec,
        },
        "status": status or {},
    }


def contest(*, status: Object | None = None, **spec: Any) -> Contest:
    """Returns a parsed Contest."""
    return parse(body(status=status, **spec))


def model(generator: str = "builtin://cygnet-tiny", steps: int = 0, size: int = 256) -> document_pb2.Model:
    """Returns how pictures are drawn, with the shipped scorer."""
    return document_pb2.Model(generator_source=generator, scorer_source="builtin://cygnet-clip", steps=steps, size=size)


TWO_DAYS = {
    "windows": [
        {"opens": "2026-10-26T09:00:00+09:00", "closes": "2026-10-26T18:00:00+09:00"},
        {"opens": "2026-10-27T09:00:00+09:00", "closes": "2026-10-27T17:00:00+09:00"},
    ],
    "prewarm": "15m",
}


def observed(*bodies: Object, installed: frozenset[str] = frozenset()) -> Observed:
    """Returns what there is."""
    return Observed({key(item): item for item in bodies}, installed)
