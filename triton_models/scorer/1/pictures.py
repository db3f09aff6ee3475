"""Opening a picture that came from anywhere: bounded before it is decoded, because a small file can be a large one."""

import io

from PIL import Image

MAX_BYTES = 8 * 2**20
MAX_SIDE = 4096
MIN_SIDE = 16
"""Below it a sliver of 4096x1 pixels passes the upper bound, and resizing its short side to 224 makes it 616 MB."""


class UnfitPicture(Exception):
    """The bytes are no picture that is scored here; the text continues a sentence that begins with their name."""


def open_picture(content: bytes) -> Image.Image:
    """Decode a PNG to RGB, transparency laid over white.

    Raises:
        UnfitPicture: not a PNG, broken, or outside the bounds; decided from the header before pixels are decoded.
    """
    if len(content) > MAX_BYTES:
        raise UnfitPicture(f"has {len(content)} bytes, at most {MAX_BYTES} are read")
    try:
        picture = Image.open(io.BytesIO(content), formats=("PNG",))
        width, height = picture.size
        if not (MIN_SIDE <= width <= MAX_SIDE and MIN_SIDE <= height <= MAX_SIDE):
            raise UnfitPicture(f"is {width}x{height} pixels, each side must be {MIN_SIDE} to {MAX_SIDE}")
        picture.load()
        if picture.mode == "RGB" and "transparency" not in picture.info:
            return picture
        layered = picture.convert("RGBA")
    except UnfitPicture:
        raise
    except Image.DecompressionBombError:  # Pillow's own bound, far above ours, comes before we see the size
        raise UnfitPicture(f"has too many pixels, each side must be {MIN_SIDE} to {MAX_SIDE}") from None
    except Exception as error:  # Pillow's decoders raise whatever they stumble over, and all of it means this
        raise UnfitPicture(f"is no readable PNG ({type(error).__name__})") from error
    return Image.alpha_composite(Image.new("RGBA", layered.size, "white"), layered).convert("RGB")


def blank() -> Image.Image:
    """A white picture, to warm up with."""
    return Image.new("RGB", (256, 256), "white")
