"""Traces: the format, its errors, and what the built-in event is made of."""

from collections import Counter
from pathlib import Path

import pytest

from cygnet.replay import trace as traces
from cygnet.replay.trace import BadTrace, Request, Trace, booth_2d, lines_of, parse, read

HEAD = '{"format": "cygnet-trace/1", "name": "small", "seconds": 9}'
SMALL = Trace("small", 9.0, (Request(0.5, 0, "a duck"), Request(2.0, 1, "오리"), Request(2.0, 0, "a duck")))


def test_a_trace_is_read_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "small.jsonl"
    path.write_text("\n".join(lines_of(SMALL)))
    assert read(path) == SMALL
    assert parse(lines_of(booth_2d())).participants == 428


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ([], "line 1"),
        (['{"format": "har"}'], "cygnet-trace/1"),
        ([HEAD], "at least one request"),
        ([HEAD, "{"], "line 2 is no JSON"),
        ([HEAD, "[" * 100_000], "line 2 is no JSON"),
        ([HEAD, '[1, 0, "a duck"]', '[0.5, 0, "a duck"]'], "line 3 must be"),
        ([HEAD, '[1, -1, "a duck"]'], "line 2 must be"),
        ([HEAD, '[1, 0, ""]'], "line 2 must be"),
        ([HEAD, '[NaN, 0, "a duck"]'], "line 2 must be"),
        ([HEAD, f'[1, 0, "{"x" * 301}"]'], "1 to 300 characters"),
        ([HEAD, '[10, 0, "a duck"]'], '"seconds"'),
    ],
)
def test_what_is_no_trace_is_refused_with_its_line(lines: list[str], words: str) -> None:
    with pytest.raises(BadTrace, match=words.replace("[", "\\[")):
        parse(lines)


def test_a_part_starts_at_nought() -> None:
    assert SMALL.part(1.0, 5.0) == Trace(
        "small",
        5.0,
        SMALL.requests[1:] and tuple(Request(r.at_s - 1.0, r.participant, r.prompt) for r in SMALL.requests[1:]),
    )
    assert SMALL.part(0.0, 1.0).requests == SMALL.requests[:1]
    assert SMALL.without(0).participants == 1


def test_the_booth_is_the_event_as_far_as_it_is_known() -> None:
    booth = booth_2d()
    asked = Counter(request.participant for request in booth.requests)
    assert (len(asked), len(booth.requests)) == (428, 11_639)
    [(busiest, most), (_, second)] = asked.most_common(2)
    assert (busiest, most > 1000 > second) == (traces.MACRO, True)
    assert min(asked.values()) >= 1
    macro = [request for request in booth.requests if request.participant == traces.MACRO]
    pauses = [later.at_s - earlier.at_s for earlier, later in zip(macro, macro[1:], strict=False)]
    assert {request.prompt for request in macro} == {"a yellow duck on a pond"}
    assert min(pauses) >= 1 and max(pauses) <= 5
    assert all(earlier.at_s <= later.at_s for earlier, later in zip(booth.requests, booth.requests[1:], strict=False))
    assert booth.requests[-1].at_s < booth.seconds
    assert booth == booth_2d()
