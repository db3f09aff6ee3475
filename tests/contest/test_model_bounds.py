"""What a contest may ask of the models is what the models take.

Triton's models keep bounds of their own, and they are read here from their source.
"""

import ast
from pathlib import Path
from typing import Any

import pytest

from cygnet.contest.document import builtin_picture, check_document, to_document
from cygnet.contest.spec import ContestSpec
from cygnet.platform.errors import InvalidRequest

MODELS = Path(__file__).parents[2] / "triton_models" / "diffusion" / "1"


def constant(name: str) -> Any:
    """Returns the value that the drawing model's source gives to a constant: a number, or a range of numbers."""
    for path in sorted(MODELS.glob("*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == name for t in node.targets):
                if isinstance(node.value, ast.Call):
                    assert isinstance(node.value.func, ast.Name)
                    assert node.value.func.id == "range"
                    return range(*map(ast.literal_eval, node.value.args))
                return ast.literal_eval(node.value)
    raise AssertionError(f"no module of {MODELS} has a constant {name}")


def accepted(**changes: Any) -> bool:
    spec = {"title": {"en": "Draw the duck"}, "targets": [{"name": "duck", "image": {"builtin": "duck"}}], **changes}
    resource = {"apiVersion": "cygnet.dev/v1alpha1", "kind": "Contest", "metadata": {"name": "bounds"}, "spec": spec}
    try:
        check_document(to_document(ContestSpec.model_validate(resource), [builtin_picture("duck")]))
    except (InvalidRequest, ValueError):
        return False
    return True


@pytest.mark.parametrize(("field", "name", "up_to"), [("size", "SIZES", 1100), ("steps", "STEPS", 60)])
def test_a_contest_may_ask_for_what_the_model_draws_and_for_nothing_else(field: str, name: str, up_to: int) -> None:
    taken = [value for value in range(up_to) if accepted(model={"generator": {field: value}})]
    assert taken == list(constant(name))


def test_the_longest_prompt_that_a_contest_may_allow_is_drawn_whole() -> None:
    longest = max(value for value in range(10, 1000) if accepted(maxPromptChars=value))
    assert longest <= constant("MAX_PROMPT_CHARACTERS")
