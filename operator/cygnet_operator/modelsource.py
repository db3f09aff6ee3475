"""How a model's source becomes files in a replica. Pure.

`builtin://` and paths lie in the image, `hf://` is fetched by the model itself into the cache, `s3://` by an init
container, `pvc://` is mounted.
"""

import hashlib
from dataclasses import dataclass
from typing import Any

CACHE = "/models/cache"
"""Where what is fetched lies, in every container that needs it."""


@dataclass(frozen=True)
class ResolvedSource:
    """A model source, as a replica knows it."""

    source: str
    """What Triton loads: its name in every receipt, and in the jobs that want it."""
    volumes: tuple[dict[str, Any], ...] = ()
    mounts: tuple[dict[str, Any], ...] = ()
    fetch: tuple[str, str] | None = None
    """(s3:// URL, folder) to fetch before Triton starts."""
    remote: bool = False
    """Something comes over the network: a cache and a way out are needed."""


def resolve(source: str, role: str) -> ResolvedSource:
    """Returns how `source` comes to a replica; `role` is generator or scorer."""
    scheme, _, rest = source.partition("://")
    if scheme == "hf":
        return ResolvedSource(source, remote=True)
    if scheme == "s3":
        folder = f"{CACHE}/{_folder(role, source)}"
        return ResolvedSource(folder, fetch=(source, folder), remote=True)
    if scheme == "pvc":
        claim, _, path = rest.partition("/")
        mount = f"/models/{_folder(role, source)}"
        return ResolvedSource(
            f"{mount}/{path}".rstrip("/"),
            volumes=({"name": role, "persistentVolumeClaim": {"claimName": claim, "readOnly": True}},),
            mounts=({"name": role, "mountPath": mount, "readOnly": True},),
        )
    return ResolvedSource(source)


def _folder(role: str, source: str) -> str:
    # Two sources must never be one name: drawings of one model would pass for the other's.
    return f"{role}-{hashlib.sha256(source.encode()).hexdigest()[:12]}"
