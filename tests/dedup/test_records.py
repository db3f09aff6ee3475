"""How a result lies in Redis: every bit comes back, and results from before there was more to say are still read."""

import json

from cygnet.dedup import messages, records
from cygnet.dedup.values import Result

PLAIN = Result("a" * 64, 61.234567890123456, 0.61, 2**62 + 1, "g", "s", "c", 1_800_000_000_000)
EXPLAINED = Result(
    *(PLAIN.picture_sha256, PLAIN.score, PLAIN.cosine, PLAIN.seed, "g", "s", "c", PLAIN.completed_ms),
    what_score=0.0,
    look_score=77.123456789012345,
    heat=bytes(range(0, 250, 10)),
)


def test_a_result_is_read_as_it_was_written() -> None:
    for result in (PLAIN, EXPLAINED):
        assert records.result(records.result_document(result).encode()) == result


def test_a_result_from_before_sub_scores_is_read() -> None:
    fields = {name: value for name, value in vars(PLAIN).items() if name not in ("what_score", "look_score", "heat")}
    assert records.result(json.dumps(fields).encode()) == PLAIN


def test_what_is_unknown_is_not_sent() -> None:
    said, unsaid = messages.result(EXPLAINED), messages.result(PLAIN)
    assert (said.what_score, said.look_score, said.heat) == (0.0, EXPLAINED.look_score, EXPLAINED.heat)
    assert said.HasField("what_score")
    assert not unsaid.HasField("what_score")
    assert not unsaid.HasField("look_score")
    assert unsaid.heat == b""
