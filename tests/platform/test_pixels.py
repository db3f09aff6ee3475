"""A picture's name follows from its pixels alone."""

import hashlib
import io

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from cygnet.platform.images import UnfitPicture, pixels_sha256


def png(image: Image.Image, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG", **options)
    return out.getvalue()


def test_the_hash_is_that_of_size_and_rgb() -> None:
    image = Image.new("RGB", (32, 16), (255, 0, 7))
    expected = hashlib.sha256(bytes((0, 0, 0, 32, 0, 0, 0, 16)) + bytes((255, 0, 7)) * 512).hexdigest()
    assert pixels_sha256(png(image)) == expected


def test_files_with_the_same_pixels_are_one_picture() -> None:
    image = Image.linear_gradient("L").convert("RGB")
    text = PngInfo()
    text.add_text("Software", "another one")
    files = {png(image), png(image, compress_level=0), png(image, pnginfo=text), png(image.convert("L"))}
    assert len(files) == 4
    assert len({pixels_sha256(file) for file in files}) == 1


def test_one_pixel_or_another_shape_is_another_picture() -> None:
    image = Image.new("RGB", (32, 16), "white")
    other = image.copy()
    other.putpixel((31, 15), (255, 255, 254))
    assert len({pixels_sha256(png(each)) for each in (image, other, Image.new("RGB", (16, 32), "white"))}) == 3


@pytest.mark.parametrize("broken", [b"", b"no picture", png(Image.new("RGB", (64, 64)))[:60]])
def test_what_is_no_picture_is_refused_with_words(broken: bytes) -> None:
    with pytest.raises(UnfitPicture, match="is no readable PNG"):
        pixels_sha256(broken)
