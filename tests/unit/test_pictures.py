"""Pictures are stored once under their own hash, and a store that fails says so in our words."""

import asyncio
import hashlib
import shutil
from pathlib import Path

import pytest

from cygnet.platform.errors import NotFound, Unavailable
from cygnet.platform.pictures import MAX_PICTURE_BYTES, PictureStore

PICTURE = b"\x89PNG\r\n\x1a\n and so on"
DIGEST = hashlib.sha256(PICTURE).hexdigest()


@pytest.fixture
def store(tmp_path: Path) -> PictureStore:
    return PictureStore(f"file://{tmp_path}/pictures of the day")


async def test_what_is_put_comes_back_under_its_hash(store: PictureStore) -> None:
    assert not await store.exists(DIGEST)
    assert await store.put(PICTURE) == DIGEST
    assert await store.exists(DIGEST)
    assert await store.get(DIGEST) == PICTURE


async def test_putting_it_again_changes_nothing(store: PictureStore, tmp_path: Path) -> None:
    await asyncio.gather(*(store.put(PICTURE) for _ in range(20)))
    assert [file.name for file in tmp_path.rglob("*") if file.is_file()] == [f"{DIGEST}.png"]
    assert await store.get(DIGEST) == PICTURE


async def test_another_process_finds_it(store: PictureStore, tmp_path: Path) -> None:
    await store.put(PICTURE)
    assert await PictureStore(f"file://{tmp_path}/pictures of the day").get(DIGEST) == PICTURE


@pytest.mark.parametrize("name", ["0" * 64, "", "../../etc/passwd", DIGEST.upper(), f"{DIGEST}.png", f"{DIGEST}\n"])
async def test_what_is_not_there_is_not_found(store: PictureStore, name: str) -> None:
    await store.put(PICTURE)
    with pytest.raises(NotFound):
        await store.get(name)


async def test_a_picture_beyond_the_limit_is_refused(store: PictureStore) -> None:
    with pytest.raises(ValueError, match="over the limit"):
        await store.put(bytes(MAX_PICTURE_BYTES + 1))


async def test_a_store_that_fails_is_unavailable_and_keeps_its_paths_to_itself(
    store: PictureStore, tmp_path: Path
) -> None:
    await store.put(PICTURE)
    folder = tmp_path / "pictures of the day" / "pictures"
    shutil.rmtree(folder)
    folder.write_text("a file where the folder was")
    for call in (store.put(PICTURE), store.get(DIGEST), store.exists(DIGEST)):
        with pytest.raises(Unavailable) as failed:
            await call
        assert failed.value.reason == "PICTURES_UNAVAILABLE"
        assert str(tmp_path) not in failed.value.message
