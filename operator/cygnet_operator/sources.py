"""How a model's source becomes files in a replica. Pure.

`builtin://` and paths lie in the image, `hf://` is fetched by the model itself into the cache, `s3://` by an init
container, `pvc://` is mounted.
"""

from dataclasses import dataclass
from typing import Any

CACHE = "/models/cache"
"""Where what is fetched lies, in every container that needs it."""


@dataclass(frozen=True)
class Placed:
    """A model source, brought to a replica."""

    source: str
    """What Triton is told."""
    volumes: tuple[dict[str, Any], ...] = ()
    mounts: tuple[dict[str, Any], ...] = ()
    fetch: tuple[str, str] | None = None
    """(s3:// URL, folder) to fetch before Triton starts."""
    remote: bool = False
    """Something comes over the network: a cache and a way out are needed."""


def place(source: str, role: str) -> Placed:
    """Returns how `source` comes to a replica; `role` is generator or scorer."""
    scheme, _, rest = source.partition("://")
    if scheme == "hf":
        return Placed(source, remote=True)
    if scheme == "s3":
        folder = f"{CACHE}/{role}"
        return Placed(folder, fetch=(source, folder), remote=True)
    if scheme == "pvc":
        claim, _, path = rest.partition("/")
        mount = f"/models/{role}"
        return Placed(
            f"{mount}/{path}".rstrip("/"),
            volumes=({"name": role, "persistentVolumeClaim": {"claimName": claim, "readOnly": True}},),
            mounts=({"name": role, "mountPath": mount, "readOnly": True},),
        )
    return Placed(source)
