"""Brings a model from an object store to a folder, for an init container: `python -m cygnet_operator.fetch URL FOLDER`.

Files that are there already with the right size are not fetched again, so a restarted container goes on.
"""

import sys
from datetime import timedelta
from pathlib import Path

import obstore
from obstore.exceptions import BaseError
from obstore.store import ObjectStore

from cygnet.platform.pictures import object_store

# One file of a large model, through a slow line.
_PATIENCE = timedelta(hours=1)


def fetch(url: str, folder: Path) -> int:
    """Copies everything under `url` (s3://bucket/prefix, file:///path) to `folder`; returns the number of files.

    Raises:
        FileNotFoundError: there is nothing.
    """
    store = object_store(url, _PATIENCE)
    count = 0
    for batch in obstore.list(store):
        for found in batch:
            target = folder / found["path"]
            if not (target.exists() and target.stat().st_size == found["size"]):
                _copy(store, found["path"], target)
            count += 1
    if count == 0:
        raise FileNotFoundError(f"there is nothing under {url}")
    return count


def _copy(store: ObjectStore, path: str, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(target.name + ".part")
    with part.open("wb") as file:
        for chunk in obstore.get(store, path).stream():
            file.write(chunk)
    part.rename(target)  # a file is there whole or not at all


if __name__ == "__main__":
    try:
        print(f"fetched {fetch(sys.argv[1], Path(sys.argv[2]))} files", file=sys.stderr)
    except (OSError, BaseError) as error:
        sys.exit("no model was fetched: " + str(error).partition("\n")[0])
