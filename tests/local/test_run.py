"""What `cygnet up` says of a contest's targets, once a worker has looked at them."""

from typing import Any

import pytest

from cygnet.internal.v1 import document_pb2
from cygnet.local.run import _Game
from cygnet.platform.errors import Unavailable


class Lines:
    """A console that remembers."""

    def __init__(self) -> None:
        self.said: list[tuple[str, str]] = []

    def report(self, event: str, text: str, **fields: object) -> None:
        self.said.append((event, text))


class Apis:
    """The admin API of a game whose worker has looked, or of one without dedup."""

    def __init__(self, reports: dict[str, document_pb2.TargetReport] | None) -> None:
        self._reports = reports

    async def examine_targets(self, document: Any, patience_s: float) -> dict[str, document_pb2.TargetReport]:
        assert patience_s > 60
        if self._reports is None:
            raise Unavailable("dedup does not answer")
        return self._reports


GAMEABLE = document_pb2.TargetReport(likenesses=[document_pb2.Likeness(what="noise", score=51)])


@pytest.mark.parametrize(
    ("reports", "words"),
    [
        ({"duck": document_pb2.TargetReport()}, []),
        ({"duck": GAMEABLE, "swan": document_pb2.TargetReport()}, ["target duck is gameable"]),
        (None, ["what a look at the targets finds is not known: dedup does not answer"]),
    ],
)
async def test_a_gameable_target_is_said(
    reports: dict[str, document_pb2.TargetReport] | None, words: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    console, anything = Lines(), Any
    game = _Game(anything, console, anything, True, False)  # type: ignore[arg-type]
    monkeypatch.setattr(game, "_admin_apis", lambda: Apis(reports))
    await game._report_targets(document_pb2.ContestDocument())
    assert [event for event, _ in console.said] == ["targets"] * len(words)
    for (_, text), begins in zip(console.said, words, strict=True):
        assert text.startswith(begins)
