"""The one opening of pictures: what everybody sees of a file, and that no file gets through as anything but words.

`make fuzz-pictures` tries 6,000 mutations, as CYGNET_TEST_MUTATIONS=6000 does here.
"""

import io
import os
import random
import struct
import time
import zlib
from typing import Any

import numpy as np
import pytest
from PIL import Image

from cygnet.platform.images import (
    FORMATS,
    MAX_BYTES,
    MIN_TARGET_SIDE,
    TARGET_SIDE,
    UnfitPicture,
    normalise_target,
    open_picture,
)

MUTATIONS = int(os.environ.get("CYGNET_TEST_MUTATIONS", "400"))
SLOWEST_S = 5.0
SIGNATURE = b"\x89PNG\r\n\x1a\n"


def scene(width: int = 96, height: int = 96) -> Image.Image:
    """Yellow on blue, and no two quarters alike."""
    picture = Image.new("RGB", (width, height), (40, 90, 200))
    picture.paste((250, 210, 40), (width // 8, height // 4, width // 2, height // 2))
    return picture


def encoded(picture: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def with_chunk(kind: bytes, body: bytes) -> bytes:
    """A PNG with one chunk more, behind its header."""
    png = encoded(scene())
    return png[:33] + chunk(kind, body) + png[33:]


def turned(orientation: int) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif


def pixels(content: bytes) -> np.ndarray[Any, np.dtype[np.uint8]]:
    return np.asarray(open_picture(normalise_target(content).png))


def test_what_is_normal_keeps_its_bytes() -> None:
    png = encoded(scene())
    normal = normalise_target(png)
    assert (normal.png, normal.changes) == (png, ())
    assert str(normal) == "96x96 PNG: taken as it is"


@pytest.mark.parametrize(
    ("content", "change", "tolerance"),
    [
        (encoded(scene().rotate(90), exif=turned(6)), "turned upright as its EXIF says", 0),
        (
            encoded(scene().rotate(90), "JPEG", quality=95, subsampling=0, exif=turned(6)),
            "turned upright as its EXIF says",
            40,
        ),
        (encoded(scene().convert("P", palette=Image.Palette.ADAPTIVE)), "a palette made RGB", 0),
        (encoded(scene().convert("CMYK"), "JPEG", quality=95), "CMYK made RGB", 40),
        (encoded(scene(), "WEBP", lossless=True), "WEBP made PNG", 0),
        (
            encoded(scene(), "GIF", save_all=True, append_images=[Image.new("RGB", (96, 96), "red")]),
            "the first frame of an animation",
            0,
        ),
        (encoded(scene(), save_all=True, append_images=[scene().rotate(9)]), "the first frame of an animation", 0),
        (encoded(scene(), dpi=(72, 72)), "metadata removed", 0),
        (encoded(scene()) + b"hidden", "metadata removed", 0),
        (encoded(scene().convert("RGBA")), "its transparency laid on white", 0),
    ],
    ids=["exif", "exif-jpeg", "palette", "cmyk", "webp", "gif", "apng", "metadata", "behind-the-end", "alpha"],
)
def test_everything_becomes_the_same_pixels(content: bytes, change: str, tolerance: int) -> None:
    assert change in normalise_target(content).changes
    assert np.abs(pixels(content).astype(int) - np.asarray(scene())).max() <= tolerance


def test_a_normalised_target_is_normal_and_holds_its_pixels_alone() -> None:
    exif = turned(3)
    exif[0x010E] = "where I live"
    once = normalise_target(encoded(scene(), "JPEG", exif=exif))
    assert normalise_target(once.png).changes == ()
    assert b"where I live" not in once.png
    assert Image.open(io.BytesIO(once.png)).info == {}


def test_16_bits_of_grey_are_scaled_and_not_clipped() -> None:
    """Pillow alone makes white paper of them."""
    ramp = np.linspace(0, 65_535, 96 * 96).reshape(96, 96).astype(np.uint16)
    content = encoded(Image.fromarray(ramp))
    assert normalise_target(content).changes == ("16 bits a channel made 8", "grey made RGB")
    assert (pixels(content) == (ramp >> 8)[..., None]).all()


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P", "1"])
def test_transparency_is_white(mode: str) -> None:
    if mode in ("P", "1"):
        content = encoded(Image.new(mode, (96, 96), 0), transparency=0)
    else:
        content = encoded(Image.new(mode, (96, 96), 0))
    assert "its transparency laid on white" in normalise_target(content).changes
    assert (pixels(content) == 255).all()


def test_what_is_no_square_is_padded_with_the_colour_of_its_edges() -> None:
    wide = normalise_target(encoded(scene(120, 80)))
    assert wide.changes == ("padded to 120x120 with the colour of its edges",)
    square = open_picture(wide.png)
    assert square.crop((0, 20, 120, 100)).tobytes() == scene(120, 80).tobytes()
    assert square.getpixel((5, 5)) == square.getpixel((5, 115)) == (40, 90, 200)
    assert open_picture(normalise_target(encoded(scene(80, 120))).png).size == (120, 120)


def test_a_target_is_never_too_large_to_be_sent() -> None:
    noise = Image.fromarray(np.random.default_rng(1).integers(0, 256, (1200, 1500, 3), dtype=np.uint8))
    normal = normalise_target(encoded(noise, "JPEG"))
    assert open_picture(normal.png).size == (TARGET_SIDE, TARGET_SIDE)
    assert normal.shape == "1500x1200 JPEG"
    assert f"scaled down to {TARGET_SIDE}x{TARGET_SIDE}" in normal.changes
    assert len(normal.png) < 2 * 2**20


HUGE = SIGNATURE + chunk(b"IHDR", struct.pack(">IIBBBBB", 20_000, 20_000, 8, 2, 0, 0, 0)) + chunk(b"IDAT", b"")
BOMB = b"Comment\0\0" + zlib.compress(b"a" * 2**21)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is no readable PNG, JPEG, WebP or GIF"),
        (b"a duck", "is no readable PNG, JPEG, WebP or GIF"),
        (encoded(scene(), "TIFF"), "is no readable PNG, JPEG, WebP or GIF"),
        (encoded(scene(), "JPEG")[:400], "is no readable"),
        (encoded(scene())[:-40], "is no readable"),
        (with_chunk(b"zTXt", BOMB), "is no readable .*without metadata"),
        (with_chunk(b"iCCP", BOMB), "is no readable .*without metadata"),
        (with_chunk(b"pHYs", b"\1"), "is no readable"),
        (HUGE, "too many pixels"),
        (encoded(Image.new("1", (4097, 64))), "is 4097x64 pixels, each side must be 16 to 4096"),
        (encoded(scene(63, 63)), f"a target needs {MIN_TARGET_SIDE} a side or more"),
        (encoded(scene(300, 100)), "is 300x100 pixels, and what is scored is a square: crop it"),
        (encoded(scene(), "JPEG", progressive=True) + b"\xff\xda" * 100, "more than 64 scans"),
        (encoded(scene()) + b"\0" * MAX_BYTES, f"at most {MAX_BYTES} are read"),
    ],
    ids=["empty", "text", "tiff", "cut", "cut-png", "ztxt", "iccp", "phys", "bomb", "wide", "small", "strip", "scans",
         "large"],
)  # fmt: skip
def test_what_is_refused_is_refused_with_words(content: bytes, words: str) -> None:
    with pytest.raises(UnfitPicture, match=words):
        normalise_target(content)


def seeds() -> list[bytes]:
    """A file of each kind that is taken, and of each way that they are stored."""
    frames: dict[str, Any] = {"save_all": True, "append_images": [scene().rotate(90)]}
    ramp = np.arange(96 * 96, dtype=np.uint16).reshape(96, 96)
    return [
        encoded(scene()),
        encoded(scene(), exif=turned(6), dpi=(72, 72)),
        encoded(scene().convert("P"), transparency=3),
        encoded(Image.fromarray(ramp)),
        encoded(scene(), **frames),
        with_chunk(b"zTXt", b"Comment\0\0" + zlib.compress(b"a" * 999)),
        with_chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0<x tiff:Orientation='6'/>"),
        encoded(scene(), "JPEG", exif=turned(5)),
        encoded(scene(), "JPEG", progressive=True),
        encoded(scene().convert("CMYK"), "JPEG"),
        encoded(scene(), "WEBP"),
        encoded(scene().convert("RGBA"), "WEBP", lossless=True, exif=turned(8)),
        encoded(scene(), "WEBP", **frames),
        encoded(scene(), "GIF", **frames),
    ]


def mutated(content: bytes, chance: random.Random) -> bytes:
    """Bytes changed, dropped, doubled or put in, or the end cut off; now and then with a PNG's checksums made right."""
    data = bytearray(content)
    for _ in range(chance.choice([1, 1, 2, 8])):
        at = chance.randrange(2, min(len(data), chance.choice([80, len(data)])))
        match chance.randrange(5):
            case 0:
                data[at] = chance.choice([0, 1, 127, 128, 255])
            case 1:
                data[at] ^= 1 << chance.randrange(8)
            case 2:
                del data[at : at + chance.randrange(1, 9)]
            case 3:
                data[at:at] = chance.randbytes(chance.randrange(1, 9))
            case 4:
                data[at:at] = data[at : at + chance.randrange(1, 40)]
        if len(data) < 8:
            break
    if chance.random() < 0.1:
        del data[chance.randrange(len(data)) :]
    return with_checksums(bytes(data)) if chance.random() < 0.5 else bytes(data)


def with_checksums(png: bytes) -> bytes:
    """Lets a broken PNG past its checksums, to what reads its chunks."""
    if not png.startswith(SIGNATURE):
        return png
    data, at = bytearray(png), 8
    while at + 12 <= len(data):
        (length,) = struct.unpack_from(">I", data, at)
        end = at + 8 + length
        if end + 4 > len(data):
            break
        struct.pack_into(">I", data, end, zlib.crc32(data[at + 4 : end]))
        at = end + 4
    return bytes(data)


def test_no_mutation_escapes() -> None:
    """Each is a picture or is refused with words; nothing else comes out, and none takes long."""
    chance, files, taken = random.Random(14), seeds(), 0
    for number in range(MUTATIONS):
        content = mutated(chance.choice(files), chance)
        began = time.process_time()
        try:
            normal = normalise_target(content)
        except UnfitPicture as unfit:
            assert "\n" not in str(unfit)
        except BaseException as escaped:
            raise AssertionError(f"mutation {number} escapes as {escaped!r}: {content.hex()[:200]}") from escaped
        else:
            taken += 1
            assert normalise_target(normal.png).changes == ()
        assert time.process_time() - began < SLOWEST_S
    assert MUTATIONS * 0.1 < taken < MUTATIONS * 0.9


def test_the_formats_are_those_that_are_said() -> None:
    assert FORMATS == ("PNG", "JPEG", "WEBP", "GIF")
