"""Hidden regions, on the real server: they come when requested, and do not change the embedding."""

import io
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from tritonclient.grpc import InferenceServerClient, InferInput, InferRequestedOutput

from .conftest import REPOSITORY, Server, Weights

SIDE = 5
DUCK = Path(__file__).parents[2] / "services" / "cygnet" / "contest" / "targets" / "duck.png"
REFERENCE = """
import io, json, sys
from pathlib import Path
import torch
from PIL import Image
from transformers import CLIPModel
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil
clip = CLIPModel.from_pretrained(sys.argv[1], dtype=torch.float32).eval()
processor = CLIPImageProcessorPil.from_pretrained(sys.argv[1])
picture = Image.open(io.BytesIO(sys.stdin.buffer.read()))
side = picture.width
views = [picture]
for left, top, share in json.loads((Path(sys.argv[1]) / "calibration.json").read_text()).get("crops", []):
    views.append(picture.crop((left * side, top * side, (left + share) * side, (top + share) * side)))
pixels = processor(images=views, return_tensors="pt")["pixel_values"]
with torch.inference_mode():
    raw = clip.visual_projection(clip.vision_model(pixels).pooler_output)
unit = torch.nn.functional.normalize(raw, dim=-1)
sys.stdout.buffer.write(unit.view(1, len(views), -1).mean(dim=1).numpy().tobytes())
"""


def picture(colour: str = "orange") -> bytes:
    canvas = Image.new("RGB", (256, 256), "skyblue")
    ImageDraw.Draw(canvas).ellipse((10, 40, 120, 200), fill=colour)
    ImageDraw.Draw(canvas).rectangle((140, 20, 150, 60), fill="navy")
    file = io.BytesIO()
    canvas.save(file, "PNG")
    return file.getvalue()


@pytest.fixture
def client(server: Server) -> Iterator[InferenceServerClient]:
    client = InferenceServerClient(server.url)
    yield client
    client.close()


def scored(client: InferenceServerClient, pictures: list[bytes], *names: str) -> dict[str, NDArray[np.float32]]:
    tensor = InferInput("PICTURE", [len(pictures), 1], "BYTES")
    tensor.set_data_from_numpy(np.array(pictures, dtype=np.object_).reshape(len(pictures), 1))
    answer = client.infer("scorer", [tensor], outputs=[InferRequestedOutput(name) for name in names])
    return {name: answer.as_numpy(name) for name in names}


def test_an_embedding_is_the_same_bytes_with_and_without_its_regions(client: InferenceServerClient) -> None:
    duck = picture()
    alone = scored(client, [duck], "EMBEDDING")["EMBEDDING"]
    explained = scored(client, [duck], "EMBEDDING", "REGIONS")
    assert explained["EMBEDDING"].tobytes() == alone.tobytes()
    assert explained["REGIONS"].shape == (1, SIDE * SIDE, alone.shape[1])
    crowd = scored(client, [picture("red"), duck, picture("navy")], "EMBEDDING", "REGIONS")
    assert crowd["EMBEDDING"][1].tobytes() == alone.tobytes()
    assert crowd["REGIONS"][1].tobytes() == explained["REGIONS"].tobytes()


def test_an_embedding_is_one_pass_of_the_picture_and_its_crops(client: InferenceServerClient, weights: Weights) -> None:
    """Computed here independently, without regions: they change no score."""
    environment = {**os.environ, "OMP_WAIT_POLICY": "PASSIVE"}
    command = [sys.executable, "-c", REFERENCE, str(weights.scorer_path)]
    done = subprocess.run(command, input=picture(), capture_output=True, check=True, env=environment)
    assert scored(client, [picture()], "EMBEDDING")["EMBEDDING"].tobytes() == done.stdout


def test_hiding_the_bird_changes_more_than_hiding_the_sky(client: InferenceServerClient, weights: Weights) -> None:
    if not weights.shipped:
        pytest.skip("random weights see nothing")
    answer = scored(client, [DUCK.read_bytes()], "EMBEDDING", "REGIONS")
    moved = np.linalg.norm(answer["REGIONS"][0] - answer["EMBEDDING"][0], axis=1).reshape(SIDE, SIDE)
    print(moved.round(3))
    assert moved[1:4, 1:4].mean() > 1.2 * moved[0].mean()


def test_regions_take_a_small_part_of_a_drawing(client: InferenceServerClient, weights: Weights) -> None:
    """A ratio taken in one run, each the fastest of some, so that it says little about who else uses the cores."""

    def fastest(*names: str) -> float:
        times = []
        for seed in range(5):
            inputs = [InferInput("PROMPT", [1, 1], "BYTES"), InferInput("SEED", [1, 1], "INT64")]
            inputs[0].set_data_from_numpy(np.array([[b"a duck"]], dtype=np.object_))
            inputs[1].set_data_from_numpy(np.array([[seed]], dtype=np.int64))
            began = time.perf_counter()
            client.infer("draw_and_score", inputs, outputs=[InferRequestedOutput(name) for name in names])
            times.append(time.perf_counter() - began)
        return min(times)

    def scoring(*names: str) -> float:
        times = []
        for _ in range(5):
            began = time.perf_counter()
            scored(client, [picture()], *names)
            times.append(time.perf_counter() - began)
        return min(times)

    if not weights.shipped:
        pytest.skip("the shipped weights are not in triton_models/weights")
    drawing, more = fastest("PICTURE", "EMBEDDING", "REGIONS"), scoring("EMBEDDING", "REGIONS") - scoring("EMBEDDING")
    print(f"a drawing takes {drawing * 1000:.0f} ms, of which hiding regions {more * 1000:.0f} ms")
    assert more < drawing / 2


def test_a_scorer_may_hide_nothing() -> None:
    code = (
        "import sys; sys.path[:0] = sys.argv[2:]\n"
        "from pathlib import Path\n"
        "from embedder import Embedder, EmbedRequest\n"
        "from cygnet.platform.images import blank\n"
        "embedder = Embedder(Path(sys.argv[1]), 'cpu', 8, regions=0)\n"
        "[result] = embedder.embed([EmbedRequest(blank(), regions=True)])\n"
        "assert result.regions.shape == (0, embedder.dimensions)\n"
    )
    folders = [str(REPOSITORY / "scorer" / "1"), str(REPOSITORY / "common")]
    subprocess.run([sys.executable, "-c", code, str(REPOSITORY / "weights" / "cygnet-clip"), *folders], check=True)
