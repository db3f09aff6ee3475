"""What a real API server takes and refuses, in the same words as `cygnet apply` (tests/contest/test_corpus.py)."""

from pathlib import Path

import pytest
import yaml

from cygnet.contest.spec import ContestSpec

from ..contest.documents import BAD, GOOD, answer_of_kubectl
from .conftest import contest
from .control_plane import ControlPlane


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_a_bad_contest_is_refused(plane: ControlPlane, path: Path) -> None:
    said = plane.kubectl("create", "--dry-run=server", "-f", str(path), check=False)
    assert answer_of_kubectl(path) in said


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.stem)
def test_a_good_contest_is_taken(plane: ControlPlane, path: Path) -> None:
    assert "created" in plane.kubectl("create", "--dry-run=server", "-f", str(path))


def test_defaults_are_those_of_the_file_without_a_cluster(plane: ControlPlane) -> None:
    """`cygnet apply` and the API server fill in the same values: one document, one meaning."""
    name = {"apiVersion": "cygnet.dev/v1alpha1", "kind": "Contest", "metadata": {"name": "least"}}
    least = {**name, "spec": {key: contest("least")["spec"][key] for key in ("title", "targets")}}
    said = plane.kubectl("create", "--dry-run=server", "-o", "yaml", "-f", "-", stdin=yaml.safe_dump(least))
    assert ContestSpec.model_validate(yaml.safe_load(said)).spec == ContestSpec.model_validate(least).spec
