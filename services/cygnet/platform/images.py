"""The one opening of a picture that came from anywhere: bounded before it is decoded, and the same for all who look.

A small file can be a large picture, and a broken one stumbles anywhere in a decoder. The scorer, the doctor and whoever
applies a contest open pictures here, so that all see the same pixels: upright, eight bits a channel, the first frame,
transparency laid on white. Needs Pillow and numpy alone: Triton's scorer imports it as well.
"""

import hashlib
import io
import struct
import warnings
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

FORMATS = ("PNG", "JPEG", "WEBP", "GIF")
MAX_BYTES = 8 * 2**20
MAX_SIDE = 4096
MIN_SIDE = 16
"""Below it a sliver of 4096x1 pixels passes the upper bound, and resizing its short side to 224 makes it 616 MB."""

MIN_TARGET_SIDE = 64
TARGET_SIDE = 768
"""A target is stored with at most so many pixels a side: more than any scorer looks at, and never above 2 MiB."""
MAX_TARGET_RATIO = 2
"""A scorer sees a square. What is longer than this is mostly padding, and no drawing could come near it."""

_MAX_JPEG_SCANS = 64
"""Each scan of a progressive JPEG paints the whole picture again: some kilobytes of them take minutes."""
_ORIENTATION = 0x0112
_KINDS = {"1": "black and white", "L": "grey", "LA": "grey", "P": "a palette", "PA": "a palette", "CMYK": "CMYK"}
_PIXEL_CHUNKS = (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND")


class UnfitPicture(ValueError):
    """The bytes are no picture that is taken here; the text continues a sentence that begins with their name."""


@dataclass(frozen=True)
class TargetPicture:
    """A target as it is stored, shown and scored: a square RGB PNG; `changes` says what had to be done to the file."""

    png: bytes
    shape: str
    changes: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.shape}: {', '.join(self.changes) or 'taken as it is'}"


def open_picture(content: bytes, formats: tuple[str, ...] = ("PNG",)) -> Image.Image:
    """Decodes to RGB.

    Raises:
        UnfitPicture: of another format, broken, or outside the bounds; decided from the header before pixels are
            decoded.
    """
    return _decoded(content, formats)[0]


def normalise_target(content: bytes) -> TargetPicture:
    """Returns an organiser's picture as it is stored. A normalised one keeps its bytes.

    Raises:
        UnfitPicture: as `open_picture` does, and for what is too small or too far from a square.
    """
    picture, kind, changes = _decoded(content, FORMATS)
    width, height = picture.size
    shape, long, short = f"{width}x{height} {kind}", max(width, height), min(width, height)
    if short < MIN_TARGET_SIDE:
        raise UnfitPicture(f"is {width}x{height} pixels, a target needs {MIN_TARGET_SIDE} a side or more")
    if long > MAX_TARGET_RATIO * short:
        raise UnfitPicture(
            f"is {width}x{height} pixels, and what is scored is a square: crop it to what matters, at most "
            f"{MAX_TARGET_RATIO} to 1"
        )
    if long != short:
        picture = _padded(picture)
        changes.append(f"padded to {long}x{long} with the colour of its edges")
    if long > TARGET_SIDE:
        picture = picture.resize((TARGET_SIDE, TARGET_SIDE), Image.Resampling.LANCZOS)
        changes.append(f"scaled down to {TARGET_SIDE}x{TARGET_SIDE}")
    if not changes:
        return TargetPicture(content, shape, ())
    file = io.BytesIO()
    # Anew from its pixels: nothing else of the file comes along.
    Image.frombytes("RGB", picture.size, picture.tobytes()).save(file, "PNG", optimize=True)
    return TargetPicture(file.getvalue(), shape, tuple(changes))


def pixels_sha256(content: bytes) -> str:
    """Returns what names a picture whatever its file, as 64 hex digits.

    That is the SHA-256 of its width and height, as 4 bytes each with the high one first, and of its pixels as RGB.

    Raises:
        UnfitPicture: as `open_picture` does.
    """
    picture = open_picture(content)
    size = b"".join(side.to_bytes(4, "big") for side in picture.size)
    return hashlib.sha256(size + picture.tobytes()).hexdigest()


def blank() -> Image.Image:
    """A white picture, to warm up with."""
    return Image.new("RGB", (256, 256), "white")


def _decoded(content: bytes, formats: tuple[str, ...]) -> tuple[Image.Image, str, list[str]]:
    """Returns the picture in RGB, its format, and what was done to it."""
    if len(content) > MAX_BYTES:
        raise UnfitPicture(f"has {len(content)} bytes, at most {MAX_BYTES} are read")
    named = _listed(formats)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about sizes, which are checked here, and about broken metadata
            picture = Image.open(io.BytesIO(content), formats=formats)
            width, height = picture.size
            if not (MIN_SIDE <= width <= MAX_SIDE and MIN_SIDE <= height <= MAX_SIDE):
                raise UnfitPicture(f"is {width}x{height} pixels, each side must be {MIN_SIDE} to {MAX_SIDE}")
            if picture.format == "JPEG" and content.count(b"\xff\xda") > _MAX_JPEG_SCANS:
                raise UnfitPicture(f"is a JPEG of more than {_MAX_JPEG_SCANS} scans: save it anew")
            return _upright_rgb(picture, content)
    except UnfitPicture:
        raise
    except Image.DecompressionBombError:  # Pillow's own bound, far above ours, comes before we see the size
        raise UnfitPicture(f"has too many pixels, each side must be {MIN_SIDE} to {MAX_SIDE}") from None
    except UnidentifiedImageError:
        raise UnfitPicture(f"is no readable {named}") from None
    except Exception as error:  # Pillow's decoders raise whatever they stumble over, and all of it means this
        why = str(error).partition("\n")[0][:200] or type(error).__name__
        raise UnfitPicture(f"is no readable {named} ({why}): save it anew, without metadata") from error


def _upright_rgb(picture: Image.Image, content: bytes) -> tuple[Image.Image, str, list[str]]:
    kind, mode, changes = str(picture.format), picture.mode, []
    if getattr(picture, "is_animated", False):
        changes.append("the first frame of an animation")
    picture.load()
    if picture.getexif().get(_ORIENTATION, 1) != 1:
        picture = ImageOps.exif_transpose(picture)
        changes.append("turned upright as its EXIF says")
    if (kind == "PNG" and content[24] == 16) or mode.startswith("I"):
        changes.append("16 bits a channel made 8")
    if mode.startswith("I"):  # 16 bits of grey, which Pillow clips at 255 instead of scaling
        picture = _grey(picture)
    if picture.has_transparency_data:
        layered = picture.convert("RGBA")
        changes.append("its transparency laid on white")
        picture = Image.alpha_composite(Image.new("RGBA", layered.size, "white"), layered)
    if mode in _KINDS or mode.startswith("I"):
        changes.append(f"{_KINDS.get(mode, 'grey')} made RGB")
    if kind != "PNG":
        changes.append(f"{kind} made PNG")
    elif any(chunk not in _PIXEL_CHUNKS for chunk in _chunks(content)):
        changes.append("metadata removed")
    return picture.convert("RGB"), kind, changes


def _grey(picture: Image.Image) -> Image.Image:
    """16 bits of grey as 8; the one value that a PNG may name as transparent becomes white."""
    values = np.asarray(picture).astype(np.int64)
    transparent = picture.info.get("transparency")
    eight = (np.clip(values, 0, 65_535) >> 8).astype(np.uint8)
    return Image.fromarray(np.where(values == transparent, np.uint8(255), eight))


def _chunks(png: bytes) -> Iterator[bytes]:
    """The types of a PNG's chunks; b"" for what follows the last."""
    at = 8
    while at + 8 <= len(png):
        length, kind = struct.unpack_from(">I4s", png, at)
        yield kind
        at += 12 + length
        if kind == b"IEND":
            break
    if at < len(png):
        yield b""


def _padded(picture: Image.Image) -> Image.Image:
    """The picture in the middle of a square, beside it the median colour of the edges that it is padded at."""
    width, height = picture.size
    pixels, side = np.asarray(picture), max(width, height)
    edges = np.concatenate([pixels[:, 0], pixels[:, -1]] if height > width else [pixels[0], pixels[-1]])
    red, green, blue = (int(value) for value in np.median(edges, axis=0))
    square = Image.new("RGB", (side, side), (red, green, blue))
    square.paste(picture, ((side - width) // 2, (side - height) // 2))
    return square


def _listed(formats: tuple[str, ...]) -> str:
    names = [{"WEBP": "WebP"}.get(name, name) for name in formats]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"
