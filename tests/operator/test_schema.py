"""What the API server refuses by itself, in our words: every file of bad/ says in its first line what must be said."""

from pathlib import Path

import pytest
import yaml

from cygnet.contest.spec import ContestSpec

from .conftest import contest
from .control_plane import ControlPlane

pytestmark = pytest.mark.control_plane
BAD = sorted((Path(__file__).parent / "bad").glob("*.yaml"))
EXAMPLE = Path(__file__).parent / "example.yaml"


def test_there_are_thirty_and_more() -> None:
    assert len(BAD) >= 30


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_a_bad_contest_is_refused(plane: ControlPlane, path: Path) -> None:
    message = path.read_text(encoding="utf-8").splitlines()[0].removeprefix("# refused: ")
    said = plane.kubectl("create", "--dry-run=server", "-f", str(path), check=False)
    assert message in said


def test_the_example_of_the_guide_is_taken(plane: ControlPlane) -> None:
    said = plane.kubectl("create", "--dry-run=server", "-f", str(EXAMPLE))
    assert "created" in said


def test_defaults_are_those_of_the_file_without_a_cluster(plane: ControlPlane) -> None:
    """`cygnet apply` and the API server fill in the same values: one document, one meaning."""
    name = {"apiVersion": "cygnet.dev/v1alpha1", "kind": "Contest", "metadata": {"name": "least"}}
    least = {**name, "spec": {key: contest("least")["spec"][key] for key in ("title", "targets")}}
    said = plane.kubectl("create", "--dry-run=server", "-o", "yaml", "-f", "-", stdin=yaml.safe_dump(least))
    assert ContestSpec.model_validate(yaml.safe_load(said)).spec == ContestSpec.model_validate(least).spec
