"""What names a picture whatever its file: two files with the same pixels are one picture."""

import hashlib
import io

from PIL import Image


def pixels_sha256(png: bytes) -> str:
    """Returns the SHA-256 of a PNG's width and height (4 bytes each, big-endian) and its pixels as RGB, 64 hex digits.

    Raises:
        ValueError: it cannot be decoded.
    """
    try:
        with Image.open(io.BytesIO(png), formats=("PNG",)) as opened:
            pixels = opened.convert("RGB")
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise ValueError(f"the generator's answer is no PNG that can be decoded: {error}") from error
    size = b"".join(side.to_bytes(4, "big") for side in pixels.size)
    return hashlib.sha256(size + pixels.tobytes()).hexdigest()
