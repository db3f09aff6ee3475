"""The parts of the backends that need no server: settings, threads, sources, digests, and the order of a batch."""

import hashlib
import os
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2] / "triton_models"


@pytest.fixture(autouse=True)
def backend_paths(monkeypatch: pytest.MonkeyPatch) -> None:
    """Triton puts a model's version folder on the path of its process; here they meet in one."""
    for folder in ("common", "diffusion/1", "scorer/1"):
        monkeypatch.syspath_prepend(str(REPOSITORY / folder))


def test_settings_left_out_are_the_embedded_models() -> None:
    from cygnet_backend.settings import GeneratorSettings, ScorerSettings

    assert GeneratorSettings.read({}) == GeneratorSettings("builtin://cygnet-tiny", 4)
    assert ScorerSettings.read({}) == ScorerSettings("builtin://cygnet-clip", 8, None, 5)
    given = {"SOURCE": "hf://org/clip", "GPU_BATCH": "16", "CALIBRATION": "/scale.json", "REGIONS": "0"}
    environment = {f"CYGNET_SCORER_{name}": value for name, value in given.items()}
    assert ScorerSettings.read(environment) == ScorerSettings("hf://org/clip", 16, Path("/scale.json"), 0)


@pytest.mark.parametrize(
    ("name", "value", "bounds"),
    [
        ("REGIONS", "17", "0 to 16"),
        ("REGIONS", "five", "0 to 16"),
        ("REGIONS", "-1", "0 to 16"),
        ("GPU_BATCH", "0", "1"),
    ],
)
def test_a_setting_out_of_bounds_is_named(name: str, value: str, bounds: str) -> None:
    from cygnet_backend.settings import ScorerSettings

    with pytest.raises(ValueError, match=f"CYGNET_SCORER_{name}={value}: must be {bounds}"):
        ScorerSettings.read({f"CYGNET_SCORER_{name}": value})


def test_openmp_is_configured_and_an_administrators_choice_stands(tmp_path: Path) -> None:
    from cygnet_backend.cpu import configure_openmp

    environment: dict[str, str] = {}
    assert configure_openmp(environment, tmp_path / "none") == len(os.sched_getaffinity(0))
    assert environment["OMP_WAIT_POLICY"] == "PASSIVE"
    chosen = {"OMP_WAIT_POLICY": "ACTIVE", "OMP_NUM_THREADS": "7"}
    assert configure_openmp(chosen) == 7
    assert chosen["OMP_WAIT_POLICY"] == "ACTIVE"


@pytest.mark.parametrize(("quota", "cores"), [("100000 100000", 1), ("50000 100000", 1), ("max 100000", None)])
def test_a_pod_starts_no_more_threads_than_its_quota(tmp_path: Path, quota: str, cores: int | None) -> None:
    from cygnet_backend.cpu import usable_cores

    (tmp_path / "cpu.max").write_text(f"{quota}\n")
    assert usable_cores(tmp_path / "cpu.max") == (cores or len(os.sched_getaffinity(0)))


def test_sources_are_found_where_they_say(tmp_path: Path) -> None:
    from cygnet_backend.source import locate

    (tmp_path / "swan").mkdir()
    fetched: list[tuple[str, str | None]] = []

    def fetch(repository: str, revision: str | None) -> Path:
        fetched.append((repository, revision))
        return tmp_path / "swan"

    for source in ("builtin://swan", str(tmp_path / "swan"), "hf://org/swan", "hf://org/swan@v2"):
        assert locate(source, tmp_path, fetch).path == tmp_path / "swan"
    assert fetched == [("org/swan", None), ("org/swan", "v2")]


@pytest.mark.parametrize(("source", "hint"), [("s3://bucket/swan", "use builtin://"), ("builtin://no", "no folder")])
def test_a_source_that_cannot_be_loaded_says_why(tmp_path: Path, source: str, hint: str) -> None:
    from cygnet_backend.source import locate

    with pytest.raises(ValueError, match=hint):
        locate(source, tmp_path, lambda repository, revision: tmp_path)


def test_the_digest_names_weights_and_nothing_else(tmp_path: Path) -> None:
    from cygnet_backend.source import digest

    (tmp_path / "unet").mkdir()
    (tmp_path / "unet" / "weights").write_bytes(b"1")
    (tmp_path / "config").write_bytes(b"2")
    before = digest(tmp_path)
    lines = [f"{hashlib.sha256(b'2').hexdigest()}  config", f"{hashlib.sha256(b'1').hexdigest()}  unet/weights"]
    assert before == hashlib.sha256("".join(f"{line}\n" for line in lines).encode()).hexdigest()
    for name in ("README.md", "LICENSE", "calibration.json", ".gitattributes"):
        (tmp_path / name).touch()
    assert digest(tmp_path) == before
    (tmp_path / "unet" / "weights").write_bytes(b"3")
    assert digest(tmp_path) != before


def test_a_fixed_batch_keeps_order_and_lets_no_neighbour_change_a_byte(tmp_path: Path) -> None:
    """How a GPU draws, tried on the CPU: forward passes of three, filled up, of requests that cannot all share one."""
    from generator import GenerateRequest, Generator

    from .random_weights import make_pipeline

    generator = Generator(make_pipeline(tmp_path), "cpu", gpu_batch=3)
    generator.batch = 3
    duck, swan, slow = [GenerateRequest(*row, 64) for row in (("a duck", 1, 2), ("a swan", 2, 2), ("a duck", 1, 3))]
    alone = {request: generator.generate([request])[0] for request in (duck, swan, slow)}
    assert len(set(alone.values())) == 3
    crowd = [slow, duck, swan, swan, slow, duck, duck]
    assert generator.generate(crowd) == [alone[request] for request in crowd]


def test_a_prompt_that_does_not_fit_says_how_much_of_it_does(tmp_path: Path) -> None:
    """Nobody shall believe that the thirtieth adjective was drawn."""
    from generator import Generator

    from .random_weights import make_pipeline

    generator = Generator(make_pipeline(tmp_path), "cpu", gpu_batch=1)
    room = generator.tokenizers[0].model_max_length
    assert generator.fitted("a duck ") == 7
    # The tokenizer of these weights has a token for each letter; two of the room are for the beginning and the end.
    assert generator.fitted("d" * 5000) == room - 2
    generator.tokenizers = []
    assert generator.fitted("d" * 5000) == 5000


def test_a_fixed_batch_of_crops_lets_no_neighbour_change_a_byte(tmp_path: Path) -> None:
    """How a GPU embeds, tried on the CPU: passes of three pictures, each with its crops, filled up."""
    from embedder import Embedder, EmbedRequest
    from PIL import Image

    from .random_weights import make_clip

    embedder = Embedder(make_clip(tmp_path), "cpu", 3, regions=5, crops=[(0.0, 0.0, 0.8), (0.2, 0.0, 0.8)])
    embedder.batch = 3
    pictures = [Image.effect_mandelbrot((40, 40), (-3, -2.5, 2, 2.5), 50 + i).convert("RGB") for i in range(4)]
    alone = [embedder.embed([EmbedRequest(picture)])[0].embedding.tobytes() for picture in pictures]
    assert len(set(alone)) == 4
    crowd = embedder.embed([EmbedRequest(picture, regions=True) for picture in pictures])
    assert [result.embedding.tobytes() for result in crowd] == alone


def test_regions_cover_the_picture_once_and_each_hides_its_own_place() -> None:
    import torch
    from occlusion import occluded

    pixels = torch.rand(3, 40, 60, generator=torch.Generator().manual_seed(1))
    hidden = occluded(pixels, 4)
    assert hidden.shape == (16, 3, 40, 60)
    means = torch.nn.functional.adaptive_avg_pool2d(pixels[None], 2)
    around = torch.nn.functional.interpolate(means, size=(40, 60), mode="bilinear")[0]
    for region in range(16):
        row, column = divmod(region, 4)
        inside = hidden[region, :, row * 10 : row * 10 + 10, column * 15 : column * 15 + 15]
        half = ((pixels + around) / 2)[:, row * 10 : row * 10 + 10, column * 15 : column * 15 + 15]
        assert torch.allclose(inside, half, atol=1e-6)
        far = torch.ones(40, 60, dtype=torch.bool)
        far[max(0, row * 10 - 10) : row * 10 + 20, max(0, column * 15 - 15) : column * 15 + 30] = False
        assert torch.equal(hidden[region][:, far], pixels[:, far])


def test_importing_the_backends_own_modules_needs_no_torch(tmp_path: Path) -> None:
    """OpenMP reads its settings when torch is first imported, so nothing may import it before they are made."""
    import subprocess

    code = (
        "import sys, types\n"
        "sys.modules['triton_python_backend_utils'] = types.ModuleType('triton_python_backend_utils')\n"
        "import model\n"
        "assert 'torch' not in sys.modules\n"
    )
    for model in ("diffusion", "scorer"):
        folder = REPOSITORY / model / "1"
        subprocess.run([sys.executable, "-c", code], cwd=folder, check=True)
