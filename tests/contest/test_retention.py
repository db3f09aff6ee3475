"""When a contest's data go, and that a round forgets what has expired and nothing else."""

import pytest

from cygnet.contest.retention import expires_ms, forget_expired
from cygnet.internal.v1 import document_pb2
from cygnet.platform.errors import Unavailable

DAY_MS = 24 * 3_600_000
CLOSES = 1_700_000_000_000


def document(name: str = "test", *, retention_ms: int = DAY_MS, windows: int = 2) -> document_pb2.ContestDocument:
    made = document_pb2.ContestDocument(retention_ms=retention_ms)
    made.contest.name = name
    for back in reversed(range(windows)):
        window = made.contest.windows.add()
        window.opens.FromMilliseconds(CLOSES - (back + 1) * DAY_MS)
        window.closes.FromMilliseconds(CLOSES - back * DAY_MS)
    return made


class Contests:
    """Documents of several contests."""

    def __init__(self, *documents: document_pb2.ContestDocument) -> None:
        self._documents = {each.contest.name: each for each in documents}
        self.names = sorted(self._documents)

    def get(self, name: str) -> document_pb2.ContestDocument:
        return self._documents[name]


@pytest.mark.parametrize(
    ("made", "expires"),
    [
        (document(), CLOSES + DAY_MS),
        (document(retention_ms=30 * DAY_MS), CLOSES + 30 * DAY_MS),
        (document(windows=0), None),
        (document(retention_ms=0), None),
    ],
    ids=["after the last window", "by its own retention", "no end", "from before there was a retention"],
)
def test_a_contest_expires_after_its_last_window(made: document_pb2.ContestDocument, expires: int | None) -> None:
    assert expires_ms(made) == expires


@pytest.mark.parametrize(("now", "forgotten"), [(CLOSES + DAY_MS - 1, []), (CLOSES + DAY_MS, ["done"])])
async def test_only_what_has_expired_is_forgotten(now: int, forgotten: list[str]) -> None:
    called: list[str] = []

    async def forget(contest: str) -> int:
        called.append(contest)
        return 1

    contests = Contests(document("done"), document("later", retention_ms=2 * DAY_MS), document("open", windows=0))
    await forget_expired(contests, lambda: now, forget)  # type: ignore[arg-type]
    assert called == forgotten


async def test_a_contest_that_cannot_be_forgotten_now_holds_up_no_other() -> None:
    called: list[str] = []

    async def forget(contest: str) -> int:
        called.append(contest)
        if contest == "a":
            raise Unavailable("the picture store does not answer")
        return 1

    await forget_expired(Contests(document("a"), document("b")), lambda: CLOSES + DAY_MS, forget)  # type: ignore[arg-type]
    assert called == ["a", "b"]
