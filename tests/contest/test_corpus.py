"""`cygnet apply` refuses what the API server refuses (tests/operator/test_schema.py), in the same words."""

import shutil
from pathlib import Path

import pytest

from cygnet.contest.document import check_document, read_contest
from cygnet.platform.errors import InvalidRequest

from .documents import BAD, GOOD, refusal

TARGET = Path(__file__).parents[2] / "services" / "cygnet" / "contest" / "targets" / "swan.png"


def test_there_are_enough() -> None:
    assert len(BAD) >= 70
    assert len(GOOD) >= 5


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_a_bad_contest_is_refused_in_one_line(path: Path) -> None:
    with pytest.raises(InvalidRequest) as refused:
        read_contest(path)
    assert refusal(path) in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.stem)
def test_a_good_contest_is_taken_and_the_services_take_its_document(path: Path, tmp_path: Path) -> None:
    shutil.copy(path, tmp_path)
    for name in ("swan.png", "picture.png"):
        shutil.copy(TARGET, tmp_path / name)
    document, pictures = read_contest(tmp_path / path.name)
    check_document(document)
    assert len(pictures) == len(document.contest.targets)
