"""Finds numbers and secrets in bytes, however they are spelled there."""

import base64
import io
import re
import zlib
from collections.abc import Iterable, Iterator

from PIL import Image

PNG = b"\x89PNG\r\n\x1a\n"


def seed_spellings(seed: int) -> Iterator[bytes]:
    """Yields all that a 63-bit seed may look like."""
    varint, rest = bytearray(), seed
    while rest >= 0x80:
        varint.append(rest & 0x7F | 0x80)
        rest >>= 7
    varint.append(rest)
    decimal = str(seed).encode()
    yield decimal
    yield from _base64(decimal)
    for raw in (seed.to_bytes(8, "big"), seed.to_bytes(8, "little"), bytes(varint)):
        yield from secret_spellings(raw)
    # As a program prints it, without zeros in front.
    yield from (f"{seed:x}".encode(), f"{seed:X}".encode())


def secret_spellings(secret: bytes) -> Iterator[bytes]:
    """Yields all that bytes may look like: themselves, in hex, in base64."""
    yield from (secret, secret.hex().encode(), secret.hex().upper().encode())
    yield from _base64(secret)


def found(spellings: Iterable[bytes], data: bytes) -> list[bytes]:
    """Returns the spellings that stand in data, or in what is packed into a PNG file."""
    packed = b"\n".join(_unpacked(data)) if data.startswith(PNG) else b""
    return [each for each in spellings if each in data or each in packed]


def _base64(raw: bytes) -> Iterator[bytes]:
    # Inside a longer text the bytes start at any of three places in a group, and share their first and last digit with
    # their neighbours.
    for before in range(3):
        whole = base64.b64encode(bytes(before) + raw)
        bits = 8 * (before + len(raw))
        digits = whole[-(-8 * before // 6) : bits // 6]
        yield from {digits, digits.translate(bytes.maketrans(b"+/", b"-_"))}


def _unpacked(png: bytes) -> Iterator[bytes]:
    """Yields what is compressed in a PNG file: the pixels, and texts and profiles."""
    place = len(PNG)
    while place < len(png):
        length, kind = int.from_bytes(png[place : place + 4], "big"), png[place + 4 : place + 8]
        body = png[place + 8 : place + 8 + length]
        place += 12 + length
        if kind in (b"zTXt", b"iTXt", b"iCCP"):
            for zero in re.finditer(b"\0", body):
                try:
                    yield zlib.decompress(body[zero.end() :])
                except zlib.error:
                    continue
    with Image.open(io.BytesIO(png)) as picture:
        yield picture.tobytes()
