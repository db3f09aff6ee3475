"""Where bytes lie that are too large for Redis: a folder or a bucket, named by a URL."""

from datetime import timedelta

from obstore.store import ObjectStore, from_url


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
