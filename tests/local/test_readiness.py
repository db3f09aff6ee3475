"""A Triton whose model hangs is told from one that has nothing to do and from one that is busy, by its own counts."""

import asyncio
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from cygnet.local import readiness
from cygnet.local.readiness import triton_works
from cygnet.local.supervisor import NotReady


class Metrics(BaseHTTPRequestHandler):
    """A double of Triton's metrics: so many wait, and with each look more have ended."""

    waiting, ended, more = 0, 5, 0

    def do_GET(self) -> None:
        counts = {
            "nv_inference_pending_request_count": self.waiting,
            "nv_inference_request_success": self.ended,
            "nv_inference_request_failure": 0,
        }
        text = "".join(f'{name}{{model="diffusion",version="1"}} {count}\n' for name, count in counts.items())
        # Another model works all the time.
        text += f'nv_inference_request_success{{model="scorer",version="1"}} {time.monotonic()}\n'
        type(self).ended += self.more
        self.send_response(200)
        self.end_headers()
        self.wfile.write(f"# HELP nv_inference_pending_request_count words\n{text}".encode())

    def log_message(self, *_: object) -> None:
        """Nothing is printed."""


@pytest.fixture
def metrics(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setattr(readiness, "_WORK_PAUSE_S", 0.01)
    with ThreadingHTTPServer(("127.0.0.1", 0), Metrics) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/metrics"
        server.shutdown()


@pytest.mark.parametrize(("waiting", "more", "works"), [(0, 0, True), (3, 1, True), (3, 0, False)])
async def test_work_that_waits_while_nothing_ends_is_a_hung_model(
    metrics: str, monkeypatch: pytest.MonkeyPatch, waiting: int, more: int, works: bool
) -> None:
    monkeypatch.setattr(Metrics, "waiting", waiting)
    monkeypatch.setattr(Metrics, "more", more)
    looking = asyncio.create_task(triton_works(metrics))
    done, _ = await asyncio.wait({looking}, timeout=10 if works else 1)
    assert bool(done) == works
    looking.cancel()


async def test_one_that_does_not_answer_hangs() -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async with await asyncio.start_server(silent, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(NotReady, match=r"did not answer within 0.2 s"):
            await triton_works(f"http://127.0.0.1:{port}/metrics", answers_within_s=0.2)
