"""Pictures are stored once under their own hash, and a store that fails says so in our words."""

import asyncio
import hashlib
import shutil
import socket
import uuid
from dataclasses import dataclass
from pathlib import Path

import pytest

from cygnet.platform.errors import NotFound, Unavailable
from cygnet.platform.pictures import MAX_PICTURE_BYTES, PictureStore

from ..bucket import Buckets

PICTURE = b"\x89PNG\r\n\x1a\n and so on"
DIGEST = hashlib.sha256(PICTURE).hexdigest()


@dataclass(frozen=True)
class Location:
    """Where a store keeps its pictures, and the folder in which they can be seen."""

    url: str
    folder: Path


@pytest.fixture(params=["folder", "bucket"])
def location(request: pytest.FixtureRequest, tmp_path: Path) -> Location:
    if request.param == "folder":
        return Location(f"file://{tmp_path}/pictures of the day", tmp_path / "pictures of the day")
    name = f"b-{uuid.uuid4()}"
    folder = request.getfixturevalue("buckets").new(name)
    return Location(f"s3://{name}/pictures of the day", folder / "pictures of the day")


@pytest.fixture
def store(location: Location) -> PictureStore:
    return PictureStore(location.url)


async def test_what_is_put_comes_back_under_its_hash(store: PictureStore) -> None:
    assert not await store.exists(DIGEST)
    assert await store.put(PICTURE) == DIGEST
    assert await store.exists(DIGEST)
    assert await store.get(DIGEST) == PICTURE


async def test_putting_it_again_changes_nothing(store: PictureStore, location: Location) -> None:
    await asyncio.gather(*(store.put(PICTURE) for _ in range(20)))
    assert [file.name for file in location.folder.rglob("*") if file.is_file()] == [f"{DIGEST}.png"]
    assert await store.get(DIGEST) == PICTURE


async def test_what_is_deleted_is_gone_and_may_be_deleted_again(store: PictureStore, location: Location) -> None:
    await store.put(PICTURE)
    for _ in range(2):
        await store.delete(DIGEST)
        assert not await store.exists(DIGEST)
    assert [file for file in location.folder.rglob("*") if file.is_file()] == []


async def test_another_process_finds_it(store: PictureStore, location: Location) -> None:
    await store.put(PICTURE)
    assert await PictureStore(location.url).get(DIGEST) == PICTURE


@pytest.mark.parametrize("name", ["0" * 64, "", "../../etc/passwd", DIGEST.upper(), f"{DIGEST}.png", f"{DIGEST}\n"])
async def test_what_is_not_there_is_not_found(store: PictureStore, name: str) -> None:
    await store.put(PICTURE)
    with pytest.raises(NotFound):
        await store.get(name)


async def test_a_picture_beyond_the_limit_is_refused(store: PictureStore) -> None:
    with pytest.raises(ValueError, match="over the limit"):
        await store.put(bytes(MAX_PICTURE_BYTES + 1))


async def test_a_store_that_fails_is_unavailable_and_keeps_its_paths_to_itself(tmp_path: Path) -> None:
    store = PictureStore(f"file://{tmp_path}")
    await store.put(PICTURE)
    shutil.rmtree(tmp_path / "pictures")
    (tmp_path / "pictures").write_text("a file where the folder was")
    await _all_calls_are_unavailable(store, str(tmp_path))


async def test_a_bucket_that_is_not_there_is_unavailable(buckets: Buckets, caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(Unavailable):
        await PictureStore("s3://nobody-made-it").put(PICTURE)
    assert "there is no such bucket" in str([vars(record) for record in caplog.records])


async def test_a_bucket_that_refuses_us_is_unavailable(buckets: Buckets, monkeypatch: pytest.MonkeyPatch) -> None:
    buckets.new("not-ours")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "not the secret")
    await _all_calls_are_unavailable(PictureStore("s3://not-ours"), "not-ours")


async def test_a_bucket_that_says_nothing_is_unavailable_in_seconds(
    buckets: Buckets, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("AWS_ENDPOINT", f"http://127.0.0.1:{silent.getsockname()[1]}")
        store = PictureStore("s3://silent")
        async with asyncio.timeout(30):
            await _all_calls_are_unavailable(store, "silent")


async def _all_calls_are_unavailable(store: PictureStore, secret: str) -> None:
    calls = store.put(PICTURE), store.get(DIGEST), store.exists(DIGEST)
    for failed in await asyncio.gather(*calls, return_exceptions=True):
        assert isinstance(failed, Unavailable)
        assert failed.reason == "PICTURES_UNAVAILABLE"
        assert secret not in failed.message
