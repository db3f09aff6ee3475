"""Targets' pictures, from those that come with Cygnet and from ConfigMaps; no cluster."""

import base64
from typing import Any

import pytest

from cygnet_operator.pictures import KEPT_S, PictureMissing, Pictures, target_pictures

from .builders import contest
from .services import png

FROM_A_MAP = [{"name": "duck", "image": {"configMapKeyRef": {"name": "targets", "key": "duck.png"}}}]


def config_map(**binary: bytes) -> dict[str, Any]:
    return {"binaryData": {f"{name}.png": base64.b64encode(picture).decode() for name, picture in binary.items()}}


async def test_pictures_come_from_cygnet_or_from_a_config_map() -> None:
    async def read(name: str) -> Any:
        assert name == "targets"
        return config_map(duck=png())

    assert [picture.png for picture in await target_pictures(contest(targets=FROM_A_MAP), read)] == [png()]
    (builtin,) = await target_pictures(contest(), read)
    assert builtin.png.startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (None, "ConfigMap targets does not exist: kubectl create configmap"),
        (config_map(swan=png()), "has no binary key duck.png"),
        ({"data": {"duck.png": "text"}}, "has no binary key duck.png"),
        (config_map(duck=b"GIF89a"), "is no readable PNG, JPEG, WebP or GIF"),
        ({"binaryData": {"duck.png": "%%%"}}, "targets"),
    ],
)
async def test_a_picture_that_cannot_be_had_is_said_with_what_to_do(found: Any, words: str) -> None:
    async def read(name: str) -> Any:
        return found

    with pytest.raises(PictureMissing, match=words):
        await target_pictures(contest(targets=FROM_A_MAP), read)


async def test_a_picture_is_kept_for_a_while_and_a_failure_is_not() -> None:
    now, asked = 0.0, 0
    answer: Any = None

    async def read(name: str) -> Any:
        nonlocal asked
        asked += 1
        return answer

    pictures = Pictures(read, lambda: now)
    subject = contest(targets=FROM_A_MAP)
    for _ in range(2):
        with pytest.raises(PictureMissing):
            await pictures.of(subject)
    answer = config_map(duck=png())
    for _ in range(3):
        assert [picture.png for picture in await pictures.of(subject)] == [png()]
    assert asked == 3
    now = KEPT_S + 1
    await pictures.of(subject)
    assert asked == 4
