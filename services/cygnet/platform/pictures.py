"""Pictures: bytes stored once under their own hash, in a folder or a bucket.

Content addressing makes storing idempotent and serving cacheable for ever.
"""

import hashlib
import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta

import obstore
from obstore.exceptions import BaseError
from obstore.store import ObjectStore, from_url

from cygnet.platform.errors import NotFound, Unavailable
from cygnet.platform.validation import SHA256

log = logging.getLogger(__name__)

MAX_PICTURE_BYTES = 8 * 1024 * 1024
# A bucket that says nothing must not hold a player's picture, or a worker, for minutes.
_PATIENCE = timedelta(seconds=10)


def object_store(url: str, patience: timedelta) -> ObjectStore:
    """Opens `file:///path` (made where it is missing), or `s3://bucket/prefix` with the usual AWS_* environment.

    A bucket has `patience` for a request, from the connection to the last byte; after that it is not asked again.
    """
    if url.startswith("file:"):
        return from_url(url, mkdir=True)
    return from_url(
        url,
        # http where AWS_ENDPOINT says so: a store inside of a cluster often has no certificate.
        client_options={"allow_http": True, "connect_timeout": timedelta(seconds=5), "timeout": patience},
        retry_config={"retry_timeout": patience},
    )


class PictureStore:
    """PNG pictures behind a URL: `file:///path`, or `s3://bucket/prefix` with the usual AWS_* environment.

    Every call raises Unavailable when the folder or the bucket does not do what it should.
    """

    def __init__(self, url: str) -> None:
        self._store = object_store(url, _PATIENCE)

    async def put(self, picture: bytes) -> str:
        """Stores a picture and returns its SHA-256 as 64 hex digits. Storing it again changes nothing."""
        if len(picture) > MAX_PICTURE_BYTES:
            raise ValueError(f"a picture of {len(picture)} bytes is over the limit of {MAX_PICTURE_BYTES}")
        digest = hashlib.sha256(picture).hexdigest()
        try:
            with _reaching_the_store():
                await obstore.put_async(self._store, _path(digest), picture)
        except FileNotFoundError as missing:
            log.warning("the picture store failed", extra={"error": "there is no such bucket"})
            raise _does_not_answer() from missing
        return digest

    async def get(self, digest: str) -> bytes:
        """Returns the bytes of a picture. Raises NotFound for what is no hash, or has nothing stored under it."""
        if not SHA256.fullmatch(digest):
            raise NotFound("a picture is named by 64 hex digits")
        try:
            with _reaching_the_store():
                answer = await obstore.get_async(self._store, _path(digest))
                return bytes(await answer.bytes_async())
        except FileNotFoundError as missing:
            raise NotFound(f"no picture {digest}") from missing

    async def exists(self, digest: str) -> bool:
        """Tells whether a picture is stored."""
        try:
            with _reaching_the_store():
                await obstore.head_async(self._store, _path(digest))
        except FileNotFoundError:
            return False
        return True

    async def delete(self, digest: str) -> None:
        """Deletes a picture; what is not there is no error."""
        with suppress(FileNotFoundError), _reaching_the_store():
            await obstore.delete_async(self._store, _path(digest))


@contextmanager
def _reaching_the_store() -> Iterator[None]:
    try:
        yield
    except BaseError as error:
        # The words name paths and buckets: they are for the log, not for callers.
        log.warning("the picture store failed", extra={"error": str(error).partition("\n")[0]})
        raise _does_not_answer() from error


def _does_not_answer() -> Unavailable:
    return Unavailable("the picture store does not answer", reason="PICTURES_UNAVAILABLE")


def _path(digest: str) -> str:
    # 256 folders: a flat folder of tens of thousands of files is slow to list on some file systems.
    return f"pictures/{digest[:2]}/{digest}.png"
