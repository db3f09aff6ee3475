"""Models fetched from a folder and from a real object store."""

from pathlib import Path

import pytest

from cygnet_operator.fetch import fetch


@pytest.mark.parametrize("kind", ["folder", "bucket"])
def test_a_model_is_fetched_whole_and_once(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    folder = tmp_path / "model"
    if kind == "folder":
        store, url = tmp_path / "store", (tmp_path / "store").as_uri()
    else:
        store, url = request.getfixturevalue("buckets").new("models") / "store", "s3://models/store"
    (store / "unet").mkdir(parents=True)
    (store / "unet" / "weights").write_bytes(b"w" * 1000)
    (store / "index.json").write_text("{}")
    assert fetch(url, folder) == 2
    assert (folder / "unet" / "weights").read_bytes() == b"w" * 1000
    untouched = (folder / "index.json").stat().st_mtime_ns
    assert fetch(url, folder) == 2
    assert (folder / "index.json").stat().st_mtime_ns == untouched
    (store / "empty").mkdir()
    with pytest.raises(FileNotFoundError, match="nothing under"):
        fetch(f"{url}/empty", folder)
