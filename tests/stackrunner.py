"""The whole game as a real process, for tests: started once, killed and started again by those that need it."""

import json
import os
import queue
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from cygnet.local.datadir import DataDir
from cygnet.local.endpoints import Endpoints
from cygnet.local.triton import clean_shared_memory, kill_strays, shm_prefix
from cygnet.platform.redis_users import ADMIN, url_of

from .waiting import wait_for

ROOT = Path(__file__).parents[1]
EXAMPLE = ROOT / "docs/examples/duck-and-swan.yaml"
WEIGHTS = ROOT / "triton_models/weights"
CYGNET = ("-m", "cygnet.cli")
START_PATIENCE_S = 300.0
"""A loaded machine needs minutes to import torch."""
STOP_PATIENCE_S = 60.0


class Stack:
    """`cygnet up` with a data directory of its own, on a free port."""

    def __init__(
        self, data_dir: Path, contest: Path | None, program: Sequence[str] = CYGNET, options: Sequence[str] = ()
    ) -> None:
        """`contest` is given to each start; None plays the example. `program` has the command `up`, with `options`."""
        self.data_dir = data_dir
        self.events: list[dict[str, Any]] = []
        """What this run has reported so far."""
        self.seconds_to_ready = 0.0
        self._contest = contest
        self._program = program
        self._options = options
        self._port = 0
        self._process: subprocess.Popen[str] | None = None
        self._incoming: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()

    @property
    def url(self) -> str:
        """Where the game is, with a slash at the end."""
        return str(self.until("ready")["url"])

    @property
    def address(self) -> str:
        """The same as host:port, for gRPC."""
        return self.url.removeprefix("http://").rstrip("/")

    @property
    def endpoints(self) -> Endpoints:
        """Where the parts listen."""
        return Endpoints.read(self.data_dir / "run" / "endpoints.json")

    @property
    def redis_admin_url(self) -> str:
        """Where Redis is, for its administrator; the URL among the endpoints may ask whether it answers."""
        data = DataDir(self.data_dir)
        return url_of(str(data.socket("redis.sock")), ADMIN, data.secret(f"redis-{ADMIN}"))

    @property
    def process(self) -> subprocess.Popen[str]:
        """The supervisor."""
        assert self._process is not None, "the stack is not running"
        return self._process

    def start(self) -> None:
        """Starts the game and returns when it is ready; fails the test with the logs when it does not get there."""
        began = time.monotonic()
        self.events, self._incoming = [], queue.SimpleQueue()
        command = [sys.executable, "-P", *self._program, "up", "--json", "--no-browser"]
        command += ["--data-dir", str(self.data_dir), "--port", str(self._port)]
        command += self._options
        if self._contest is not None:
            command += ["--contest", str(self._contest)]
        self._process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
        )
        threading.Thread(target=self._collect, args=(self._process, self._incoming), daemon=True).start()
        ready = self.until("ready")
        # The same port again at the next start: clients and pages come back to it.
        self._port = int(str(ready["url"]).rstrip("/").rpartition(":")[2])
        self.seconds_to_ready = time.monotonic() - began

    def stop(self, signum: int = signal.SIGINT) -> int:
        """Stops the game as a person would; returns the exit status."""
        process = self.process
        process.send_signal(signum)
        try:
            status = process.wait(STOP_PATIENCE_S)
        except subprocess.TimeoutExpired:
            pytest.fail(f"it did not stop within {STOP_PATIENCE_S:g} s; what the game reported:\n{self._transcript()}")
        while self._read_one(1.0):
            pass
        self._process = None
        return status

    def restart(self) -> None:
        """Stops in good order and starts again."""
        self.stop()
        self.start()

    def kill9_everything(self) -> None:
        """Kills the supervisor and every process that it started, all at once; returns when they are gone."""
        pids = [self.process.pid, *self.descendants()]
        for pid in pids:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        self.process.wait(STOP_PATIENCE_S)
        wait_for(lambda: not [pid for pid in pids if is_running(pid)], what="the end of the killed processes")
        self._process = None

    def close(self) -> None:
        """Leaves nothing running, whatever happened before."""
        if self._process is not None and self._process.poll() is None:
            self.kill9_everything()
        kill_strays(shm_prefix(self.data_dir))
        clean_shared_memory(shm_prefix(self.data_dir))

    def pid(self, name: str) -> int:
        """The process id of a part, as it was started last."""
        self._read_all()
        return int(
            next(
                event["pid"]
                for event in reversed(self.events)
                if event.get("process") == name and event["event"] in ("process-started", "process-restarting")
            )
        )

    def descendants(self) -> list[int]:
        """All processes that the supervisor started, helpers included. They have process groups of their own."""
        return descendants(self.process.pid)

    def until(self, event: str, process: str | None = None, after: int = 0) -> dict[str, Any]:
        """Returns the first such event at or after position `after`, waiting for it."""
        deadline = time.monotonic() + START_PATIENCE_S
        while True:
            self._read_all()
            for found in self.events[after:]:
                if found["event"] == event and process in (None, found.get("process")):
                    return found
            if self._process is None or self._process.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"no {event!r} came; what the game reported:\n{self._transcript()}")
            self._read_one(0.2)

    def _transcript(self) -> str:
        self._read_all()
        return "\n".join(str(event.get("text", event)) for event in self.events[-40:])

    def _read_all(self) -> None:
        while not self._incoming.empty():
            self._read_one(0)

    def _read_one(self, patience_s: float) -> bool:
        try:
            event = self._incoming.get(timeout=patience_s)
        except queue.Empty:
            return False
        if event is None:
            return False
        self.events.append(event)
        return True

    @staticmethod
    def _collect(process: subprocess.Popen[str], incoming: "queue.SimpleQueue[dict[str, Any] | None]") -> None:
        assert process.stdout is not None
        for line in process.stdout:
            try:
                incoming.put(json.loads(line))
            except json.JSONDecodeError:
                incoming.put({"event": "text", "text": line.rstrip()})
        incoming.put(None)


def weights_are_shipped() -> bool:
    """Tells whether the models that come with Cygnet are there."""
    return (WEIGHTS / "cygnet-tiny" / "model_index.json").exists() and (WEIGHTS / "cygnet-clip").is_dir()


def new_stack(
    folder: Path,
    changes: Mapping[str, str] | None = None,
    program: Sequence[str] = CYGNET,
    options: Sequence[str] = (),
) -> Stack:
    """Returns a stack that was never started: with the example contest, or drawing noise where no weights are.

    `changes` are made to the contest's text: what is there, and what comes in its place.
    """
    page = ROOT / "services/cygnet/gateway/page/dist/index.html"
    if not page.exists():
        pytest.skip("the page is not built (make page)")
    changes = dict(changes or {})
    if not weights_are_shipped():
        changes |= _noise(folder)
    if not changes:
        return Stack(folder / "data", None, program, options)
    text = EXAMPLE.read_text()
    for shipped, other in changes.items():
        assert shipped in text, f"the example changed; expected {shipped!r} in it"
        text = text.replace(shipped, other)
    contest = folder / "contest.yaml"
    contest.write_text(text)
    return Stack(folder / "data", contest, program, options)


@contextmanager
def started_stack() -> Iterator[Stack]:
    """A game of one's own, started; whatever happens to it, nothing of it is left afterwards."""
    folder = short_folder()
    stack = new_stack(folder)
    try:
        stack.start()
        yield stack
    finally:
        stack.close()
        remove(folder)


def short_folder() -> Path:
    """Returns a new folder whose path is short enough for unix sockets."""
    return Path(tempfile.mkdtemp(prefix="cygnet-stack-"))


def remove(folder: Path) -> None:
    """Removes a folder of `short_folder`."""
    shutil.rmtree(folder, ignore_errors=True)


def is_running(pid: int) -> bool:
    """Tells whether a process runs; a zombie does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def descendants(root: int) -> list[int]:
    """Returns the processes below `root`, from /proc."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
            children.setdefault(parent, []).append(int(entry.name))
    found, below = [], [root]
    while below:
        below = [child for pid in below for child in children.get(pid, [])]
        found += below
    return found


def _noise(folder: Path) -> dict[str, str]:
    """Makes models with random weights and targets; returns how a contest names them: all works but the drawing."""
    program = (
        "import sys; sys.path.insert(0, sys.argv[1]); from pathlib import Path; import random_weights as r; "
        "p = Path(sys.argv[2]); r.make_pipeline(p / 'generator'); r.make_clip(p / 'scorer'); "
        "from PIL import Image; "
        "[Image.new('RGB', (64, 64), c).save(p / f'{n}.png') for n, c in (('duck', 'gold'), ('swan', 'white'))]"
    )
    subprocess.run([sys.executable, "-c", program, str(ROOT / "tests/models"), str(folder)], check=True)
    return {
        "builtin: snow-duck": "file: duck.png",
        "builtin: sea-swan": "file: swan.png",
        "builtin://cygnet-tiny, size: 256": f"{folder}/generator, size: 64, steps: 2",
        "builtin://cygnet-clip": f"{folder}/scorer",
    }
