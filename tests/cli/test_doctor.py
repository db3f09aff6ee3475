"""`cygnet doctor` against real admin APIs, a real picture store, and a double of Triton that scores by a hash."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from cygnet.doctor.attacks import PROMPTS
from cygnet.inference.attacks import PICTURES

from ..worker.triton_double import TritonDouble
from .test_apply import Installation, Result, contest, cygnet, installation  # noqa: F401 - fixtures

VOCABULARY = Path(__file__).parents[2] / "triton_models" / "weights" / "cygnet-tiny" / "vocabulary.json"


@pytest.fixture
async def triton() -> AsyncIterator[TritonDouble]:
    double = TritonDouble()
    await double.start()
    yield double
    await double.stop()


@pytest.fixture
async def options(installation: Installation, contest: Path, tmp_path: Path, triton: TritonDouble) -> tuple[str, ...]:  # noqa: F811
    """Where everything is, with a contest applied."""
    assert (await installation.run("apply", "-f", str(contest))).exit_code == 0
    return (
        *installation.options, "--triton", f"127.0.0.1:{triton.port}", "--pictures", (tmp_path / "pictures").as_uri(),
    )  # fmt: skip


async def doctor(*options: str) -> Result:
    return await cygnet("doctor", "--seeds", "1", *options)


async def test_a_gameable_target_is_named_with_what_succeeded(options: tuple[str, ...], triton: TritonDouble) -> None:
    """To the double every picture is about as good as any other, drawn or not."""
    result = await doctor(*options)
    assert result.exit_code == 1
    assert "duck: this target is gameable" in result.output
    assert "<- succeeds: " in result.output
    assert "examining duck" in result.output
    assert triton.prompts[0] == "a duck"
    assert len(triton.prompts) == 1 + len(PROMPTS)
    assert triton.cancelled == 0


async def test_json_says_all_of_it(options: tuple[str, ...], triton: TritonDouble) -> None:
    result = await doctor("--json", "--contest", "pycon-kr", "--prompt", "a yellow duck on a pond", *options)
    [target] = json.loads(result.output[result.output.index("{") :])["targets"]
    assert result.exit_code == 1
    assert (target["target"], target["gameable"]) == ("duck", True)
    assert target["honest"]["prompts"] == ["a yellow duck on a pond"]
    assert [attack["name"] for attack in target["attacks"]] == [attack.name for attack in (*PICTURES, *PROMPTS)]
    assert all(attack["succeeded"] == (attack["score"] >= attack["limit"]) for attack in target["attacks"])


async def test_a_description_is_drawn_part_by_part(
    options: tuple[str, ...],
    installation: Installation,  # noqa: F811
    contest: Path,  # noqa: F811
    triton: TritonDouble,
) -> None:
    without = await doctor(*options)
    assert "Whether effort pays is not known: give spec.targets[].description" in without.output
    triton.vocabulary = VOCABULARY.read_bytes()
    contest.write_text(contest.read_text().replace("{name: duck,", "{name: duck, description: a red duck in the snow,"))
    assert (await installation.run("apply", "-f", str(contest))).exit_code == 0
    triton.prompts.clear()
    result = await doctor(*options)
    assert triton.prompts[0] == "a red duck in the snow"
    assert triton.prompts[-3:] == ["a duck", "a red duck", "a red duck in the snow"]
    assert "Does effort pay?" in result.output
    assert "less than 8: choose a picture" in result.output or '"a duck" alone is worth' in result.output
    as_json = await doctor("--json", *options)
    [target] = json.loads(as_json.output[as_json.output.index("{") :])["targets"]
    assert [rung["caption"] for rung in target["effort"]["ladder"]] == triton.prompts[-3:]
    assert target["effort"]["pays"] is False


async def test_what_cannot_be_examined_says_why(options: tuple[str, ...], triton: TritonDouble) -> None:
    missing = await doctor("--contest", "nothing", *options)
    assert (missing.exit_code, "there is no contest called 'nothing'" in missing.output) == (1, True)
    triton.generator = "hf://somebody/something"
    other = await doctor(*options)
    assert (other.exit_code, "serves hf://somebody/something" in other.output) == (1, True)
    triton.generator, triton.calibration = "builtin://cygnet-tiny", None
    unscaled = await doctor(*options)
    assert (unscaled.exit_code, "has no calibration" in unscaled.output) == (1, True)
    await triton.stop()
    away = await doctor(*options)
    assert (away.exit_code, "the targets cannot be examined" in away.output) == (1, True)
    assert "Traceback" not in "".join(result.output for result in (missing, other, unscaled, away))


async def test_services_elsewhere_have_their_triton_elsewhere(installation: Installation) -> None:  # noqa: F811
    result = await doctor(*installation.options)
    assert (result.exit_code, "give --triton and --pictures as well" in result.output) == (1, True)
