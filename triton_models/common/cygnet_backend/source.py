"""Where a model's files come from, and the digest that names them in every result's receipt."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

# Not weights: prose, and the calibration, which is published under its own id and may be fitted anew
# without one embedding changing.
_NOT_WEIGHTS = ("README.md", "LICENSE", "calibration.json")

FetchFromHub = Callable[[str, str | None], Path]
"""(repository, revision or None) -> the folder of its downloaded files."""


@dataclass(frozen=True, slots=True)
class ModelFiles:
    """A model on this machine's disk: the source as configured, its folder, and the digest of what lies there."""

    source: str
    path: Path
    digest: str


def locate(source: str, builtin: Path, fetch: FetchFromHub) -> ModelFiles:
    """Find the model that `source` names.

    `builtin://NAME` is a folder of `builtin`; `hf://ORG/NAME` or `hf://ORG/NAME@REVISION` comes from the hub
    through `fetch`; anything else without a scheme is a folder's path. `s3://` and `pvc://` are brought to a
    path by whoever starts the server.

    Raises:
        ValueError: the source cannot be understood, or there is no such folder; the text says what to set.
    """
    scheme, separator, rest = source.partition("://")
    if not separator:
        path = Path(source).expanduser()
    elif scheme == "builtin":
        path = builtin / rest
    elif scheme == "hf":
        repository, _, revision = rest.partition("@")
        path = fetch(repository, revision or None)
    else:
        raise ValueError(f"model source {source!r}: use builtin://NAME, hf://ORG/NAME[@REVISION] or a folder's path")
    if not path.is_dir():
        raise ValueError(f"model source {source!r}: there is no folder {path}")
    return ModelFiles(source, path, digest(path))


def digest(folder: Path) -> str:
    """The sha256 of the folder's manifest: one line `<sha256>  <path>` per file, sorted by path.

    Hidden files, README.md, LICENSE and calibration.json are left out. Standard tools compute the same:

        find . -type f ! -path '*/.*' ! -name README.md ! -name LICENSE ! -name calibration.json -printf '%P\\0' \\
            | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum
    """
    manifest = hashlib.sha256()
    for path in sorted(_weight_files(folder), key=lambda file: file.relative_to(folder).as_posix()):
        with path.open("rb") as file:
            content = hashlib.file_digest(file, "sha256").hexdigest()
        manifest.update(f"{content}  {path.relative_to(folder).as_posix()}\n".encode())
    return manifest.hexdigest()


def _weight_files(folder: Path) -> list[Path]:
    return [
        path
        for path in folder.rglob("*")
        if path.is_file()
        and path.name not in _NOT_WEIGHTS
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    ]
