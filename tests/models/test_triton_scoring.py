"""What an embedding promises, on the real server: the same bytes, the same vector to its last bit, beside anybody."""

import asyncio
import io
import json
import struct
import zlib

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageOps
from tritonclient.grpc import InferenceServerClient, InferInput

from cygnet.inference.triton import DrawingFailed, Embedding, TritonClient

from .conftest import Server, Weights


def picture(colour: str = "orange", mode: str = "RGB", size: tuple[int, int] = (256, 256)) -> Image.Image:
    """Something that its mirror image does not equal."""
    canvas = Image.new(mode, size, "white" if mode == "RGB" else (0, 0, 0, 0))
    ImageDraw.Draw(canvas).ellipse((10, 40, 120, 200), fill=colour)
    ImageDraw.Draw(canvas).rectangle((140, 20, 150, 60), fill="navy")
    return canvas


def encoded(image: Image.Image, file_format: str = "PNG") -> bytes:
    file = io.BytesIO()
    image.save(file, file_format)
    return file.getvalue()


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def with_chunk(kind: bytes, content: bytes) -> bytes:
    """A PNG with one chunk more, behind its header."""
    png = encoded(picture())
    return png[:33] + chunk(kind, content) + png[33:]


def empty_png(width: int, height: int) -> bytes:
    """A valid black and white PNG of any size: 400 megapixels are 50 kB."""
    compressor = zlib.compressobj(9)
    row = b"\0" * (1 + (width + 7) // 8)
    pixels = b"".join(compressor.compress(row) for _ in range(height)) + compressor.flush()
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def embed_rows(server: Server, pictures: list[bytes]) -> NDArray[np.float32]:
    tensor = InferInput("PICTURE", [len(pictures), 1], "BYTES")
    tensor.set_data_from_numpy(np.array(pictures, dtype=np.object_).reshape(len(pictures), 1))
    client = InferenceServerClient(server.url)
    vectors: NDArray[np.float32] = client.infer("scorer", [tensor]).as_numpy("EMBEDDING")
    client.close()
    return vectors


def test_batch_size_and_place_change_no_bit(server: Server) -> None:
    duck, others = encoded(picture()), [encoded(picture(colour)) for colour in ("red", "green", "blue")]
    (alone,) = embed_rows(server, [duck])
    for rows in range(2, 9):
        for place in range(rows):
            batch = [others[index % 3] for index in range(rows)]
            batch[place] = duck
            assert embed_rows(server, batch)[place].tobytes() == alone.tobytes()


async def test_neighbours_change_no_bit(triton: TritonClient) -> None:
    duck = encoded(picture())
    alone = (await triton.embed(duck)).vector
    others = [encoded(picture(colour, size=(200, 100 + 50 * index))) for index, colour in enumerate(["red", "green"])]
    crowd = [duck, *others, duck, *others, duck] * 3
    answers = await asyncio.gather(*(triton.embed(each) for each in crowd))
    same = [answer for each, answer in zip(crowd, answers, strict=True) if each == duck]
    assert {answer.vector.tobytes() for answer in same} == {alone.tobytes()}


async def test_a_drawing_is_scored_as_its_stored_bytes_are(triton: TritonClient, weights: Weights) -> None:
    drawing = await triton.draw_and_score("a duck", 3, weights.steps, weights.size)
    stored = await triton.embed(drawing.picture)
    assert stored.vector.tobytes() == drawing.embedding.tobytes()
    assert stored.scorer == drawing.scorer


async def test_the_embedding_is_a_float32_mean_of_two_unit_vectors(triton: TritonClient) -> None:
    vector = (await triton.embed(encoded(picture()))).vector
    assert vector.dtype == np.float32
    assert 0 < float(np.linalg.norm(vector)) <= 1.0 + 1e-6


async def test_a_mirror_image_is_another_picture(triton: TritonClient) -> None:
    """Where a figure looks is part of what was described."""
    there = (await triton.embed(encoded(picture()))).vector
    mirrored = (await triton.embed(encoded(ImageOps.mirror(picture())))).vector
    assert not np.allclose(there, mirrored, atol=1e-3)


async def test_transparency_lies_over_white(triton: TritonClient) -> None:
    over_nothing = await triton.embed(encoded(picture(mode="RGBA")))
    over_white = await triton.embed(encoded(picture(mode="RGB")))
    assert over_nothing.vector.tobytes() == over_white.vector.tobytes()


async def test_the_calibration_comes_with_the_scorer(triton: TritonClient, weights: Weights) -> None:
    embedding = await triton.embed(encoded(picture()))
    published = json.loads((weights.scorer_path / "calibration.json").read_text())
    calibration = embedding.scorer.calibration
    assert calibration is not None
    assert calibration.id == published["id"]
    assert calibration.mean == tuple(published["mean"])
    assert calibration.points == tuple(map(tuple, published["points"]))
    assert len(calibration.mean) == len(embedding.vector)


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "is no readable PNG"),
        (b"a duck", "is no readable PNG"),
        (encoded(picture())[:200], "is no readable PNG"),
        (encoded(picture(), "JPEG"), "is no readable PNG"),
        (with_chunk(b"zTXt", b"Comment\0\0" + zlib.compress(b"a" * 2**21)), "is no readable PNG"),
        (with_chunk(b"pHYs", b"\1"), "is no readable PNG"),
        (encoded(picture()) + b"\0" * 2**23, "at most 8388608 are read"),
        (empty_png(20_000, 20_000), "has too many pixels, each side must be 16 to 4096"),
        (empty_png(4097, 4096), "is 4097x4096 pixels, each side must be 16 to 4096"),
        (empty_png(4096, 1), "is 4096x1 pixels, each side must be 16 to 4096"),
    ],
    ids=[
        "empty",
        "text",
        "cut short",
        "jpeg",
        "metadata bomb",
        "short chunk",
        "too many bytes",
        "bomb",
        "too many pixels",
        "sliver",
    ],
)
async def test_what_is_no_fit_picture_is_refused_and_its_neighbours_are_embedded(
    triton: TritonClient, content: bytes, complaint: str
) -> None:
    outcomes: list[Embedding | BaseException] = await asyncio.gather(
        *(triton.embed(each) for each in (encoded(picture()), content, encoded(picture()))), return_exceptions=True
    )
    before, refused, after = outcomes
    assert isinstance(refused, DrawingFailed)
    assert refused.refused
    assert complaint in str(refused)
    assert isinstance(before, Embedding)
    assert isinstance(after, Embedding)


async def test_the_largest_picture_is_embedded(triton: TritonClient) -> None:
    assert (await triton.embed(empty_png(4096, 4096))).vector.size
