"""The doctor's attacks on the shipped targets, with the shipped weights: no way to a score but drawing.

Bars are those of the doctor, relative to what honest drawings score, so they hold for better weights as well.
"""

from pathlib import Path

import pytest

from cygnet.doctor.attacks import PROMPTS
from cygnet.doctor.examination import Examination, Terms, examine
from cygnet.inference.attacks import PICTURES
from cygnet.inference.triton import TritonClient

from .conftest import Server, Weights

pytestmark = pytest.mark.timeout(900)

FOLDER = Path(__file__).parents[2] / "services" / "cygnet" / "contest" / "targets"
TARGETS = {"duck": "a yellow duck on a pond", "swan": "a white swan on a pond"}
"""With an honest prompt for each."""
ATTACKS = tuple(attack.name for attack in (*PICTURES, *PROMPTS))
HONEST = 45.0
"""An honest drawing of a shipped target scores more than one with a wrong thing in it (42)."""
_examined: dict[str, Examination] = {}


@pytest.fixture
async def examination(target: str, server: Server, weights: Weights) -> Examination:
    """Each target is examined once for all tests."""
    if not weights.shipped:
        pytest.skip("the shipped weights are not in triton_models/weights")
    if target not in _examined:
        pictures = {name: (FOLDER / f"{name}.png").read_bytes() for name in TARGETS}
        terms = Terms(weights.steps, weights.size, longest_prompt=300, seeds=3)
        triton = TritonClient(server.url, patience_s=300)
        try:
            _examined[target] = await examine(triton, target, pictures, [TARGETS[target]], terms, lambda: None)
        finally:
            await triton.close()
    return _examined[target]


@pytest.mark.parametrize("target", TARGETS)
async def test_an_honest_drawing_is_worth_it(examination: Examination) -> None:
    assert examination.honest > HONEST
    assert not examination.poor


@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize("target", TARGETS)
async def test_an_attack_is_worth_clearly_less(examination: Examination, attack: str) -> None:
    [tried] = [tried for tried in examination.tried if tried.attack == attack]
    assert tried.score < tried.limit
