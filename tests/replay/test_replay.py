"""Playing a trace: open loop, and what is said of it. Against a Cygnet: tests/stack/test_replay.py."""

import asyncio
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from click.testing import CliRunner

from cygnet.cli.main import main
from cygnet.replay.player import Played, play
from cygnet.replay.report import page, summary
from cygnet.replay.servers import Answer, OpenAiImages
from cygnet.replay.trace import Request, Trace

TRACE = Trace("small", 2.0, tuple(Request(at_s, who, "<b>duck</b>") for at_s, who in ((0, 1), (1, 0), (1, 1), (2, 1))))


class Slow:
    """A double: everybody waits for half a second."""

    def __init__(self) -> None:
        self.asked: list[tuple[float, int]] = []

    async def ask(self, participant: int, prompt: str) -> Answer:
        self.asked.append((time.monotonic(), participant))
        await asyncio.sleep(0.5)
        return Answer("refused", 0.5, "QUEUE_FULL") if participant == 0 else Answer("drawn", 0.5)

    async def close(self) -> None:
        """It has nothing."""


async def test_every_request_is_sent_at_its_time_whatever_became_of_those_before() -> None:
    server, played = Slow(), list[Played]()
    await play(TRACE, server, speed=10, note=played.append)
    first, *_, last = server.asked
    assert last[0] - first[0] < 0.45, "it waited for answers"
    assert sorted(who for _, who in server.asked) == [0, 1, 1, 1]
    facts = summary(TRACE, played, 10)
    assert facts["busiestRequests"] == 3
    assert facts["groups"]["others"]["outcomes"] == {"refused": 1}  # type: ignore[index]
    assert facts["groups"]["busiest"]["wait"] == {"median": 0.5, "p95": 0.5, "longest": 0.5}  # type: ignore[index]
    assert facts["groups"]["everybody"]["reasons"] == {"QUEUE_FULL": 1}  # type: ignore[index]
    shown = page(facts, played)
    assert shown.count("<circle") == 4
    assert "<b>" not in shown


def test_a_request_that_this_machine_sent_late_is_counted() -> None:
    late = Played(Request(10.0, 0, "a duck"), sent_s=2.0, answer=Answer("drawn", 1.0))
    assert late.is_late(speed=10)
    assert not late.is_late(speed=5)


class Images(BaseHTTPRequestHandler):
    """A double of an image server: draws ducks, is too busy for swans."""

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        assert (self.path, body["model"], body["n"]) == ("/v1/images/generations", "tiny", 1)
        self.send_response(429 if "swan" in body["prompt"] else 200)
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_: object) -> None:
        """Nothing is printed."""


@pytest.fixture
def images() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Images) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


async def test_any_server_of_the_images_endpoint_can_be_measured(images: str) -> None:
    server = OpenAiImages(images, "tiny")
    assert (await server.ask(0, "a duck")).outcome == "drawn"
    busy = await server.ask(0, "a swan")
    assert (busy.outcome, busy.reason) == ("refused", "HTTP_429")
    assert (await OpenAiImages("http://127.0.0.1:1", "tiny").ask(0, "a duck")).outcome == "unreachable"


def test_the_command_writes_parts_of_the_booth_and_plays_them(images: str, tmp_path: Path) -> None:
    part, figures, plots = (tmp_path / name for name in ("part.jsonl", "figures.json", "plots.html"))
    run = CliRunner().invoke
    written = run(main, ["replay", "booth-2d", "--skip", "9000", "--take", "60", "--write", str(part)])
    assert written.exit_code == 0, written.output
    played = run(
        main,
        ["replay", str(part), "--openai", images, "--model", "tiny", "--speed", "100"]
        + ["--json", str(figures), "--html", str(plots)],
    )
    assert played.exit_code == 0, played.output
    assert json.loads(figures.read_text())["requests"] == len(part.read_text().splitlines()) - 1
    assert plots.read_text().startswith("<!doctype html>")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nowhere.jsonl"], "cannot read nowhere.jsonl"),
        (["booth-2d", "--skip", "99999"], "nothing is asked for"),
        (["booth-2d"], "--server HOST:PORT, or --openai URL"),
        (["booth-2d", "--openai", "file:///etc/passwd"], "is no http:// or https:// address"),
    ],
)
def test_mistakes_are_said_in_a_line(arguments: list[str], words: str) -> None:
    said = CliRunner().invoke(main, ["replay", *arguments])
    assert said.exit_code == 1
    assert words in said.output.splitlines()[-1]
