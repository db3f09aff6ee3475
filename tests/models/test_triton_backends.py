"""The parts of the backends that need no server: threads, sources, digests, calibrations, and the order of a batch."""

import hashlib
import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

REPOSITORY = Path(__file__).parents[2] / "triton_models"


@pytest.fixture(autouse=True)
def backend_paths(monkeypatch: pytest.MonkeyPatch) -> None:
    """Triton puts a model's version folder on the path of its process; here they meet in one."""
    for folder in ("common", "diffusion/1", "scorer/1"):
        monkeypatch.syspath_prepend(str(REPOSITORY / folder))


def test_openmp_is_settled_and_an_administrators_choice_stands(tmp_path: Path) -> None:
    from cygnet_backend.cpu import settle_threads

    environment: dict[str, str] = {}
    assert settle_threads(environment, tmp_path / "none") == len(os.sched_getaffinity(0))
    assert environment["OMP_WAIT_POLICY"] == "PASSIVE"
    chosen = {"OMP_WAIT_POLICY": "ACTIVE", "OMP_NUM_THREADS": "7"}
    assert settle_threads(chosen) == 7
    assert chosen["OMP_WAIT_POLICY"] == "ACTIVE"


@pytest.mark.parametrize(("quota", "cores"), [("100000 100000", 1), ("50000 100000", 1), ("max 100000", None)])
def test_a_pod_starts_no_more_threads_than_its_quota(tmp_path: Path, quota: str, cores: int | None) -> None:
    from cygnet_backend.cpu import usable_cores

    (tmp_path / "cpu.max").write_text(f"{quota}\n")
    assert usable_cores(tmp_path / "cpu.max") == (cores or len(os.sched_getaffinity(0)))


def test_sources_are_found_where_they_say(tmp_path: Path) -> None:
    from cygnet_backend.source import locate

    (tmp_path / "swan").mkdir()
    asked: list[tuple[str, str | None]] = []

    def fetch(repository: str, revision: str | None) -> Path:
        asked.append((repository, revision))
        return tmp_path / "swan"

    for source in ("builtin://swan", str(tmp_path / "swan"), "hf://org/swan", "hf://org/swan@v2"):
        assert locate(source, tmp_path, fetch).path == tmp_path / "swan"
    assert asked == [("org/swan", None), ("org/swan", "v2")]


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


@pytest.mark.parametrize(
    ("changed", "complaint"),
    [
        ({"mean": [0.0]}, "mean has 1 numbers"),
        ({"points": [[0.0, 0.0]]}, "two or more"),
        ({"points": [[0.5, 0.0], [0.5, 10.0]]}, "rising"),
        ({"points": [[0.5, 10.0], [0.6, 9.0]]}, "never fall"),
        ({"parts": {"what": {"first": 0, "last": 3, "points": [[0.0, 0.0], [1.0, 100.0]]}}}, "no slice of 2"),
        ({"parts": {"look": {"first": 1, "last": 1, "points": [[0.0, 0.0], [1.0, 100.0]]}}}, "no slice of 2"),
        ({"parts": {"look": {"first": 1, "last": 2, "points": [[0.0, 0.0]]}}}, "two or more"),
    ],
)
def test_a_calibration_that_does_not_fit_is_refused(tmp_path: Path, changed: dict[str, Any], complaint: str) -> None:
    from calibration import read

    points = [[0.0, 0.0], [1.0, 100.0]]
    whole = {"id": "a", "mean": [0.0, 0.0], "points": points}
    document = {**whole, "parts": {"what": {"first": 0, "last": 1, "points": points}}}
    path = tmp_path / "calibration.json"
    path.write_text(json.dumps(whole))
    assert read(path, 2) == {**whole, "parts": {}}
    path.write_text(json.dumps(document))
    assert read(path, 2) == document
    path.write_text(json.dumps({**document, **changed}))
    with pytest.raises(ValueError, match=complaint):
        read(path, 2)


def test_a_scorer_without_a_calibration_is_one(tmp_path: Path) -> None:
    from calibration import crops, read

    assert read(tmp_path / "calibration.json", 2) is None
    assert crops(tmp_path / "calibration.json") == []


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        ([[0.2, 0.0, 0.9], [0.0, 0.0, 0.9]], "inside of 1 x 1"),
        ([[-0.1, 0.0, 0.5], [0.6, 0.0, 0.5]], "inside of 1 x 1"),
        ([[0.5, 0.5, 0.0]], "inside of 1 x 1"),
        ([[0.0, 0.0, 0.9]], "not the same from right to left"),
        ([[0.05, 0.05, 0.9]] * 17, "over the limit of 16"),
    ],
)
def test_crops_that_are_not_fair_are_refused(tmp_path: Path, wrong: list[list[float]], complaint: str) -> None:
    from calibration import crops

    path = tmp_path / "calibration.json"
    path.write_text(json.dumps({"crops": [[0.0, 0.0, 0.9], [0.1, 0.0, 0.9]]}))
    assert crops(path) == [(0.0, 0.0, 0.9), (0.1, 0.0, 0.9)]
    path.write_text(json.dumps({"crops": wrong}))
    with pytest.raises(ValueError, match=complaint):
        crops(path)


def test_a_fixed_batch_keeps_order_and_lets_no_neighbour_change_a_byte(tmp_path: Path) -> None:
    """How a GPU draws, tried on the CPU: forward passes of three, filled up, of jobs that cannot all share one."""
    from painter import Job, Painter

    from .random_weights import make_pipeline

    painter = Painter(make_pipeline(tmp_path), "cpu", gpu_batch=3)
    painter.batch = 3
    duck, swan, slow = Job("a duck", 1, 2, 64), Job("a swan", 2, 2, 64), Job("a duck", 1, 3, 64)
    alone = {job: painter.draw([job])[0] for job in (duck, swan, slow)}
    assert len(set(alone.values())) == 3
    crowd = [slow, duck, swan, swan, slow, duck, duck]
    assert painter.draw(crowd) == [alone[job] for job in crowd]


def test_a_fixed_batch_of_crops_lets_no_neighbour_change_a_byte(tmp_path: Path) -> None:
    """How a GPU embeds, tried on the CPU: passes of three pictures, each with its crops, filled up."""
    from embedder import Embedder, Question
    from PIL import Image

    from .random_weights import make_clip

    embedder = Embedder(make_clip(tmp_path), "cpu", 3, crops=[(0.0, 0.0, 0.8), (0.2, 0.0, 0.8)])
    embedder.batch = 3
    pictures = [Image.effect_mandelbrot((40, 40), (-3, -2.5, 2, 2.5), 50 + i).convert("RGB") for i in range(4)]
    alone = [embedder.embed([Question(picture)])[0].embedding.tobytes() for picture in pictures]
    assert len(set(alone)) == 4
    crowd = embedder.embed([Question(picture, regions=True) for picture in pictures])
    assert [answer.embedding.tobytes() for answer in crowd] == alone


def test_regions_cover_the_picture_once_and_each_hides_its_own_place() -> None:
    import torch
    from regions import covered

    pixels = torch.rand(3, 40, 60, generator=torch.Generator().manual_seed(1))
    hidden = covered(pixels, 4)
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
