"""What a drawing promises, on the real server: its bytes depend on its own inputs and on nothing else."""

import asyncio
import io
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from tritonclient.grpc import InferenceServerClient, InferInput

from cygnet.inference.triton import Drawing, DrawingFailed, TritonClient, TritonUnavailable

from .conftest import Server, Weights


def job(weights: Weights, **changed: Any) -> dict[str, Any]:
    return {"prompt": "a red duck in the snow", "seed": 42, "steps": weights.steps, "size": weights.size, **changed}


async def test_it_draws_a_png_of_the_requested_size(triton: TritonClient, weights: Weights) -> None:
    drawing = await triton.draw_and_score(**job(weights))
    with Image.open(io.BytesIO(drawing.picture)) as picture:
        assert (picture.format, picture.mode, picture.size) == ("PNG", "RGB", (weights.size, weights.size))


async def test_the_same_inputs_give_the_same_bytes(triton: TritonClient, weights: Weights) -> None:
    first, second = [await triton.draw_and_score(**job(weights)) for _ in range(2)]
    assert first.picture == second.picture
    assert np.array_equal(first.embedding, second.embedding)


async def test_neighbours_change_no_byte(triton: TritonClient, weights: Weights) -> None:
    alone = await triton.draw_and_score(**job(weights))
    neighbours = [
        job(weights, prompt="앞치마를 두른 오리 " * 20),
        job(weights, seed=1),
        job(weights, steps=weights.steps + 1, size=64),
        job(weights, steps=1, size=128),
    ]
    crowd = [job(weights), *neighbours, job(weights), *neighbours[::-1], job(weights)]
    drawings = await asyncio.gather(*(triton.draw_and_score(**each) for each in crowd))
    same = [drawing for each, drawing in zip(crowd, drawings, strict=True) if each == job(weights)]
    assert [drawing.picture for drawing in same] == [alone.picture] * 3
    assert all(np.array_equal(drawing.embedding, alone.embedding) for drawing in same)


async def test_every_input_matters(triton: TritonClient, weights: Weights) -> None:
    variants: list[dict[str, Any]] = [{}, {"prompt": "a swan"}, {"seed": 43}, {"steps": weights.steps + 1}]
    drawings = [await triton.draw_and_score(**job(weights, **changed)) for changed in variants]
    assert len({drawing.picture for drawing in drawings}) == len(variants)


@pytest.mark.parametrize("seed", [-(2**63), -1, 0, 2**63 - 1])
async def test_any_64_bit_seed_draws(triton: TritonClient, weights: Weights, seed: int) -> None:
    assert (await triton.draw_and_score(**job(weights, seed=seed, steps=1, size=64))).picture


def test_rows_of_one_request_are_drawn_as_if_alone(server: Server, weights: Weights) -> None:
    prompts = ["a duck", "a swan", "a duck"]
    together = draw_rows(server, prompts, seeds=[1, 2, 1])
    alone = [draw_rows(server, [prompt], seeds=[seed])[0] for prompt, seed in zip(prompts, [1, 2, 1], strict=True)]
    assert together == alone


async def test_steps_and_size_left_out_are_the_models_own(
    triton: TritonClient, server: Server, weights: Weights
) -> None:
    stated = await triton.draw_and_score("a duck", 1, weights.steps, weights.size)
    assert draw_rows(server, ["a duck"], seeds=[1]) == [stated.picture]
    assert (await triton.draw_and_score("a duck", 1, 0, weights.size)).picture == stated.picture


@pytest.mark.parametrize(
    ("changed", "complaint"),
    [
        ({"prompt": "x" * 2001}, "PROMPT has 2001 characters, at most 2000 are drawn"),
        ({"prompt": ""}, "PROMPT must not be empty"),
        ({"prompt": " \n"}, "PROMPT must not be empty"),
        ({"steps": -1}, "STEPS must be 1 to 50"),
        ({"steps": 51}, "STEPS must be 1 to 50"),
        ({"size": 0}, "SIZE must be 64 to 1024 pixels in steps of 64"),
        ({"size": 100}, "SIZE must be 64 to 1024 pixels in steps of 64"),
        ({"size": 1088}, "SIZE must be 64 to 1024 pixels in steps of 64"),
    ],
)
async def test_what_is_out_of_bounds_is_refused_and_its_neighbours_are_drawn(
    triton: TritonClient, weights: Weights, changed: dict[str, Any], complaint: str
) -> None:
    before, refused, after = await asyncio.gather(
        triton.draw_and_score(**job(weights)),
        triton.draw_and_score(**job(weights, **changed)),
        triton.draw_and_score(**job(weights)),
        return_exceptions=True,
    )
    assert isinstance(refused, DrawingFailed)
    assert refused.refused
    assert str(refused) == complaint
    assert isinstance(before, Drawing)
    assert isinstance(after, Drawing)


async def test_the_longest_prompt_is_drawn(triton: TritonClient, weights: Weights) -> None:
    assert (await triton.draw_and_score(**job(weights, prompt=("오리 " * 667)[:2000]))).picture


async def test_bytes_that_are_no_text_are_refused(server: Server) -> None:
    with pytest.raises(Exception, match="PROMPT must be UTF-8"):
        draw_rows(server, [b"\xff\xfe"], seeds=[1])


async def test_the_models_are_named_by_source_and_sha256(triton: TritonClient, weights: Weights) -> None:
    drawing = await triton.draw_and_score(**job(weights))
    assert drawing.generator.source == weights.generator
    assert drawing.generator.digest == sha256sum_of_manifest(weights.generator_path)
    assert drawing.scorer.source == weights.scorer
    assert drawing.scorer.digest == sha256sum_of_manifest(weights.scorer_path)


async def test_impatient_and_cancelled_callers_leave_the_server_drawing(
    server: Server, triton: TritonClient, weights: Weights
) -> None:
    """Triton 2.51 dies when a client's deadline or cancellation reaches it mid-flight: none may."""
    for _ in range(3):
        jobs = [job(weights, seed=seed, size=64) for seed in range(4)]
        impatient = [triton.draw_and_score(**each, patience_s=0.001) for each in jobs]
        cancelled = [asyncio.ensure_future(triton.draw_and_score(**each)) for each in jobs]
        outcomes = await asyncio.gather(*impatient, return_exceptions=True)
        assert all(isinstance(outcome, TritonUnavailable) for outcome in outcomes)
        for task in cancelled:
            task.cancel()
        assert {type(end) for end in await asyncio.gather(*cancelled, return_exceptions=True)} == {
            asyncio.CancelledError
        }
        assert triton.in_flight > 0
    assert (await triton.draw_and_score(**job(weights))).picture
    await triton.close()
    assert triton.in_flight == 0
    assert server.process.poll() is None


async def test_the_probe_names_the_models(triton: TritonClient, weights: Weights) -> None:
    ready = await triton.probe()
    assert (ready.generator.source, ready.scorer.source) == (weights.generator, weights.scorer)


def draw_rows(server: Server, prompts: list[Any], seeds: list[int]) -> list[bytes]:
    """One request of several rows to the model itself, with its optional inputs left out."""
    rows = len(prompts)
    text, seed = InferInput("PROMPT", [rows, 1], "BYTES"), InferInput("SEED", [rows, 1], "INT64")
    text.set_data_from_numpy(np.array(prompts, dtype=np.object_).reshape(rows, 1))
    seed.set_data_from_numpy(np.array(seeds, dtype=np.int64).reshape(rows, 1))
    client = InferenceServerClient(server.url)
    pictures: list[bytes] = client.infer("diffusion", [text, seed]).as_numpy("PICTURE").ravel().tolist()
    client.close()
    return pictures


def sha256sum_of_manifest(folder: Path) -> str:
    """The digest as a reader of a receipt checks it, without a line of ours."""
    command = (
        "find . -type f ! -path '*/.*' ! -name README.md ! -name LICENSE ! -name calibration.json -printf '%P\\0'"
        " | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum"
    )
    run = subprocess.run(["sh", "-c", command], cwd=folder, check=True, capture_output=True, text=True)
    return run.stdout.split()[0]
