"""A recording is a trace in which nobody can be known again."""

import json
import os
from pathlib import Path

import pytest

from cygnet.inference.reading import Vocabulary
from cygnet.local.errors import UserError
from cygnet.local.recording import Recording, listening
from cygnet.replay import trace
from cygnet.replay.stand_ins import stand_in
from cygnet.submission.recorder import Recorder

from ..waiting import eventually

SHIPPED = Path(__file__).parents[2] / "triton_models/weights/cygnet-tiny/vocabulary.json"
ADA, BOB = "ada" + "2" * 23, "bob" + "3" * 23


class Clock:
    """Seconds."""

    now = 1_000.0

    def __call__(self) -> float:
        return self.now


def recorded(path: Path, *, prompts: bool) -> str:
    """Records two people and a click that is sent again; returns the file's text."""
    clock = Clock()
    recording = Recording(path, prompts=prompts, clock=clock)
    for after_s, who, request, prompt, read in (
        (1.5, BOB, "one", "My secret duck!", "a duck"),
        (0.5, ADA, "one", "A DUCK, please", "a duck"),
        (0.2, ADA, "one", "A DUCK, please", "a duck"),
        (1.0, BOB, "two", "Ada Lovelace with a swan", "a swan"),
        (0.1, BOB, "three", "x" * 301, "a swan"),
    ):
        clock.now += after_s
        recording.note(who, request, prompt, read)
    recording.close()
    return path.read_text()


def test_people_are_numbers_and_prompts_stand_ins(tmp_path: Path) -> None:
    path = tmp_path / "friday.jsonl"
    text = recorded(path, prompts=False)
    played = trace.read(path)
    assert played.name == "friday"
    assert [(r.at_s, r.participant) for r in played.requests] == [(1.5, 0), (2.0, 1), (3.2, 0)]
    one, same, other = (request.prompt for request in played.requests)
    assert one == same != other, "what the model reads alike is one picture, in the replay as well"
    for told in (ADA, BOB, "secret", "please", "Lovelace", "one", "a duck"):
        assert told not in text.partition("\n")[2], told
    assert os.stat(path).st_mode & 0o077 == 0


def test_prompts_are_in_clear_where_that_is_wanted(tmp_path: Path) -> None:
    recorded(tmp_path / "friday.jsonl", prompts=True)
    played = trace.read(tmp_path / "friday.jsonl")
    assert [r.prompt for r in played.requests] == ["My secret duck!", "A DUCK, please", "Ada Lovelace with a swan"]


def test_what_is_there_is_not_written_over(tmp_path: Path) -> None:
    path = tmp_path / "friday.jsonl"
    path.write_text("kept")
    with pytest.raises(UserError, match="name a file that is not there yet"):
        Recording(path, prompts=False)
    assert path.read_text() == "kept"


def test_where_nobody_played_no_file_is_left(tmp_path: Path) -> None:
    path = tmp_path / "friday.jsonl"
    Recording(path, prompts=False).close()
    assert not path.exists()


def test_a_trace_has_no_more_requests_than_can_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cygnet.local.recording.MOST_REQUESTS", 2)
    recorded(tmp_path / "friday.jsonl", prompts=False)
    assert len(trace.read(tmp_path / "friday.jsonl").requests) == 2


def test_the_embedded_model_reads_every_stand_in_differently() -> None:
    vocabulary = Vocabulary.of(json.loads(SHIPPED.read_text()))
    assert len({vocabulary.read(stand_in(number)).caption for number in range(6_930)}) == 6_930


async def test_the_submission_service_tells_it_by_a_socket(tmp_path: Path) -> None:
    path, socket = tmp_path / "friday.jsonl", Path(os.path.relpath(tmp_path / "record.sock"))
    recorder = Recorder(str(socket))
    recorder.note(ADA, "too early", "a duck", "a duck")
    async with listening(Recording(path, prompts=True), socket):
        assert recorder
        recorder.note(ADA, "one", "오리 🦆", "a duck")
        await eventually(lambda: len(path.read_text().splitlines()) == 2, 10)
    assert trace.read(path).participants == 1
    assert not Recorder("")
