"""From the resource to the document: what a target shows, in words."""

from pathlib import Path

import pytest

from cygnet.contest.document import check_document, read_contest
from cygnet.contest.phase import player_view
from cygnet.platform.errors import InvalidRequest

CONTEST = """
apiVersion: cygnet.dev/v1alpha1
kind: Contest
metadata: {name: described}
spec:
  title: {en: Draw}
  targets:
    - {name: plain, image: {builtin: snow-duck}}
    - {name: told, image: {builtin: duck}, description: a yellow duck}
"""


def test_a_target_is_described_by_the_contest_or_by_the_picture_that_comes_with_cygnet(tmp_path: Path) -> None:
    path = tmp_path / "contest.yaml"
    path.write_text(CONTEST)
    document, _ = read_contest(path)
    assert document.descriptions == {
        "plain": "a black duck with a scarf in the snow with rocks on the right",
        "told": "a yellow duck",
    }
    check_document(document)
    assert b"yellow" not in player_view(document.contest, 0).SerializeToString()
    document.descriptions["told"] = "x" * 301
    with pytest.raises(InvalidRequest, match="description"):
        check_document(document)
