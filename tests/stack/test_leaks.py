"""The search for a seed finds it: otherwise nothing would follow from finding none."""

import base64
import io
import json
import struct

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from cygnet.internal.v1 import admin_pb2, dedup_pb2

from .leaks import found, secret_spellings, seed_spellings

SEED = 0x0123_4567_89AB_CDEF
SECRET = bytes(range(200, 232))


def png(text: str, *, compressed: bool) -> bytes:
    info, out = PngInfo(), io.BytesIO()
    info.add_text("parameters", text, zip=compressed)
    Image.new("RGB", (8, 8), "gold").save(out, "PNG", pnginfo=info)
    return out.getvalue()


def pixels_of(raw: bytes) -> bytes:
    out = io.BytesIO()
    Image.frombytes("RGB", (len(raw) // 3, 1), raw).save(out, "PNG")
    return out.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        b"seed 81985529216486895",
        json.dumps({"seed": SEED}).encode(),
        b"0x123456789abcdef",
        b"0123456789ABCDEF",
        b"efcdab8967452301",
        struct.pack("<3sQ", b"abc", SEED),
        struct.pack(">3sQ", b"abc", SEED),
        base64.b64encode(struct.pack("<Q", SEED)),
        *(base64.urlsafe_b64encode(b"x" * n + struct.pack(">Q", SEED) + b"yy") for n in range(3)),
        dedup_pb2.Job(seed=SEED).SerializeToString(),
        *(base64.b64encode(dedup_pb2.Job(contest="x" * n, seed=SEED).SerializeToString()) for n in range(3)),
        base64.b64encode(b"seed=81985529216486895,"),
        png(f"seed {SEED}", compressed=False),
        png(f"seed {SEED}", compressed=True),
        pixels_of(struct.pack("<xQ", SEED)),
    ],
)
def test_a_seed_is_found(data: bytes) -> None:
    assert found(seed_spellings(SEED), b"before " * (not data.startswith(b"\x89PNG")) + data)
    assert not found(seed_spellings(SEED // 3), data)


@pytest.mark.parametrize(
    "data",
    [
        SECRET.hex().encode(),
        SECRET.hex().upper().encode(),
        admin_pb2.RevealSeedsResponse(secret=SECRET).SerializeToString(),
        *(base64.b64encode(b"x" * n + SECRET + b"y") for n in range(3)),
        *(base64.urlsafe_b64encode(b"x" * n + SECRET) for n in range(3)),
    ],
)
def test_a_secret_is_found(data: bytes) -> None:
    assert found(secret_spellings(SECRET), data)
    assert not found(secret_spellings(SECRET[::-1]), data)
