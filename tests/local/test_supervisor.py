"""The supervisor with real processes that crash, hang, fork and are orphaned."""

import asyncio
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from cygnet.local.readiness import http_answers
from cygnet.local.supervisor import Event, NotReady, ProcessFailed, ProcessSpec, RestartPolicy, Supervisor

from ..ports import free_port
from ..stackrunner import is_running
from ..waiting import eventually

PATIENCE_S = 20.0
"""Two programs start one after the other, on a machine that may have other things to do."""
QUICK = RestartPolicy(first_pause_s=0.01, longest_pause_s=0.02, steady_after_s=60)


class Output:
    """Waits for what a process prints."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._more = asyncio.Event()

    def add(self, line: str) -> None:
        self.lines.append(line)
        self._more.set()

    async def until(self, check: Callable[[list[str]], bool]) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while not check(self.lines):
                self._more.clear()
                await self._more.wait()

    def ready(self, times: Callable[[], int] = lambda: 1) -> Callable[[], "asyncio.Future[None]"]:
        return lambda: asyncio.ensure_future(self.until(lambda lines: lines.count("ready") >= times()))


def python(program: str) -> list[str]:
    return [sys.executable, "-u", "-c", textwrap.dedent(program)]


def dummy(name: str, program: str, output: Output, **options: object) -> ProcessSpec:
    return ProcessSpec(name, python(program), ready=output.ready(), on_line=output.add, **options)  # type: ignore[arg-type]


SERVES = """
    import signal, sys, time
    signal.signal(signal.SIGTERM, lambda *_: (print("stopping"), sys.exit(0)))
    print("ready")
    while True: signal.pause()
"""


@pytest.fixture
def events() -> list[Event]:
    return []


@pytest.fixture
async def supervisor(tmp_path: Path, events: list[Event]) -> AsyncIterator[Supervisor]:
    yield Supervisor(tmp_path, events.append, QUICK, max_log_bytes=100_000)


async def until_gone(pid: int) -> None:
    """Waits for the end of a process that is not our child."""
    await eventually(lambda: not is_running(pid), PATIENCE_S)


def kinds(events: list[Event], process: str) -> list[str]:
    return [event.kind for event in events if event.process == process]


async def test_one_that_is_used_stops_after_its_users(supervisor: Supervisor, events: list[Event]) -> None:
    specs = [dummy("store", SERVES, Output()), dummy("user", SERVES, Output(), uses=["store"])]
    async with supervisor.running(specs):
        await supervisor.all_ready()
    assert [event.process for event in events if event.kind == "stopped"] == ["user", "store"]


async def test_starts_in_order_and_stops_in_reverse(supervisor: Supervisor, events: list[Event]) -> None:
    one, two = Output(), Output()
    specs = [dummy("one", SERVES, one), dummy("two", SERVES, two, after=["one"])]
    async with supervisor.running(specs):
        await supervisor.all_ready()
        pids = [event.pid for event in events if event.kind == "started"]
        assert [event.process for event in events] == ["one", "one", "two", "two"]
    assert [event.process for event in events if event.kind == "stopped"] == ["two", "one"]
    assert "stopping" in one.lines and "stopping" in two.lines
    assert not any(is_running(pid) for pid in pids if pid is not None)


async def test_a_crash_before_ready_fails_the_start_and_shows_the_log(supervisor: Supervisor, tmp_path: Path) -> None:
    output = Output()
    crashes = dummy("broken", "print('no such setting: X'); raise SystemExit(3)", output)
    with pytest.raises(ProcessFailed, match="broken ended by itself with status 3 before it was ready") as failed:
        async with supervisor.running([crashes, dummy("other", SERVES, Output())]):
            await supervisor.all_ready()
    assert str(tmp_path / "broken.log") in str(failed.value)
    assert list(failed.value.last_lines) == ["no such setting: X"]
    assert (tmp_path / "broken.log").read_text() == "no such setting: X\n"


ANSWERS = """
    import os, socket, sys
    listening = socket.create_server(("127.0.0.1", int(sys.argv[1])))
    print("ready")
    while True:
        connection, _ = listening.accept()
        with connection:
            connection.recv(1000)
            connection.sendall(b"HTTP/1.1 200 OK\\r\\n\\r\\n")
"""


async def test_one_that_hangs_is_killed_and_starts_again(
    supervisor: Supervisor, events: list[Event], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cygnet.local.supervisor._ALIVE_PAUSE_S", 0.1)
    port, output, answered = free_port(), Output(), 0

    async def alive() -> None:
        nonlocal answered
        await http_answers(f"http://127.0.0.1:{port}/")
        answered += 1

    spec = ProcessSpec(
        "server",
        [*python(ANSWERS), str(port)],
        ready=output.ready(lambda: 1 + kinds(events, "server").count("restarting")),
        alive=alive,
        on_line=output.add,
        hangs_after_s=1.0,
    )
    async with supervisor.running([spec]):
        await supervisor.all_ready()
        # At a pause of 0.1 s these answers take longer than it may hang.
        await eventually(lambda: answered >= 15, PATIENCE_S)
        assert kinds(events, "server") == ["started", "ready"], "one that answers is left alone"
        stopped = next(event.pid for event in events if event.pid is not None)
        os.kill(stopped, signal.SIGSTOP)
        await eventually(lambda: kinds(events, "server").count("ready") == 2, PATIENCE_S)
        assert not is_running(stopped)
        await http_answers(f"http://127.0.0.1:{port}/")
    (ended,) = [event.text for event in events if event.kind == "ended"]
    assert ended.startswith("server did not answer within 1 s; it starts again in")


async def test_a_program_that_is_missing_is_named(supervisor: Supervisor) -> None:
    spec = ProcessSpec("ghost", ["/nowhere/ghost"], ready=asyncio.Event().wait)  # type: ignore[arg-type]
    with pytest.raises(ProcessFailed, match="ghost could not be run") as failed:
        async with supervisor.running([spec]):
            await supervisor.all_ready()
    assert failed.value.last_lines == ["cannot run /nowhere/ghost: No such file or directory"]


async def test_one_that_never_serves_is_a_failed_start(supervisor: Supervisor) -> None:
    spec = dummy("sleepy", "import time; time.sleep(600)", Output(), ready_within_s=0.2)
    with pytest.raises(ProcessFailed, match="sleepy did not serve within 0.2 s"):
        async with supervisor.running([spec]):
            await supervisor.all_ready()


async def test_a_probe_may_say_that_it_is_hopeless(supervisor: Supervisor) -> None:
    async def hopeless() -> None:
        raise NotReady("draws nothing but noise")

    spec = ProcessSpec("painter", python("import time; time.sleep(600)"), ready=hopeless)
    with pytest.raises(ProcessFailed, match="painter draws nothing but noise"):
        async with supervisor.running([spec]):
            await supervisor.all_ready()


async def test_a_fault_of_the_supervision_itself_is_not_swallowed(supervisor: Supervisor) -> None:
    def broken_sweep() -> None:
        raise PermissionError("cannot sweep")

    with pytest.raises(PermissionError, match="cannot sweep"):
        async with supervisor.running([dummy("one", SERVES, Output(), sweep=broken_sweep)]):
            await supervisor.all_ready()


async def test_a_killed_process_is_started_again(supervisor: Supervisor, events: list[Event]) -> None:
    output = Output()
    starts = 0

    def times() -> int:
        nonlocal starts
        starts += 1
        return starts

    spec = ProcessSpec("worker", python(SERVES), ready=output.ready(lambda: starts), on_line=output.add, sweep=times)
    async with supervisor.running([spec]):
        await supervisor.all_ready()
        (first,) = (event.pid for event in events if event.kind == "started")
        assert first is not None
        os.kill(first, signal.SIGKILL)
        await output.until(lambda lines: lines.count("ready") == 2)
        await eventually(lambda: "restarting" in kinds(events, "worker"), PATIENCE_S)
    ended = next(event for event in events if event.kind == "ended")
    assert "worker was ended by signal 9 (SIGKILL); it starts again in 0.01 s" in ended.text


async def test_one_that_crashes_again_and_again_is_tried_again_and_says_why(
    supervisor: Supervisor, events: list[Event], tmp_path: Path
) -> None:
    room = tmp_path / "room on the disk"
    room.touch()
    flaky = f"""
        import pathlib, sys, time
        if not pathlib.Path({str(room)!r}).exists():
            sys.exit("No space left on device")
        print("ready")
        time.sleep(0.2)
        pathlib.Path({str(room)!r}).unlink(missing_ok=True)
        sys.exit("No space left on device")
    """
    output = Output()
    async with supervisor.running([dummy("flaky", flaky, output)]), asyncio.timeout(60):
        await supervisor.all_ready()
        await eventually(lambda: kinds(events, "flaky").count("ended") >= 8, 30)
        last = [event for event in events if event.kind == "ended"][-1]
        assert "times in a row; it starts again in 0.02 s" in last.text and last.last_lines[-1].endswith("on device")
        room.touch()
        await output.until(lambda lines: lines.count("ready") >= 2)


async def test_one_that_does_not_stop_is_killed_after_its_grace(supervisor: Supervisor, events: list[Event]) -> None:
    deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('ready'); time.sleep(600)"
    async with supervisor.running([dummy("deaf", deaf, Output(), stop_grace_s=0.2)]):
        await supervisor.all_ready()
    assert "was killed" in events[-1].text


async def test_one_that_has_nothing_to_put_in_order_is_killed_at_once(
    supervisor: Supervisor, events: list[Event]
) -> None:
    output = Output()
    async with supervisor.running([dummy("models", SERVES, output, stop_grace_s=0)]):
        await supervisor.all_ready()
    assert events[-1].kind == "stopped" and "stopping" not in output.lines


async def test_hurry_cuts_the_grace_short(supervisor: Supervisor) -> None:
    deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('ready'); time.sleep(600)"
    async with asyncio.timeout(20), supervisor.running([dummy("deaf", deaf, Output(), stop_grace_s=600)]):
        await supervisor.all_ready()
        supervisor.hurry()


PARENT = """
    import subprocess, sys, time
    helper = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    print(helper.pid)
    print("ready")
    time.sleep(600)
"""


async def test_helpers_of_a_process_die_with_it(supervisor: Supervisor, events: list[Event]) -> None:
    output = Output()
    async with supervisor.running([dummy("parent", PARENT, output)]):
        await supervisor.all_ready()
        helper = int(output.lines[0])
        assert is_running(helper)
    await until_gone(helper)


async def test_helpers_die_when_their_process_is_killed(supervisor: Supervisor, events: list[Event]) -> None:
    output = Output()
    async with supervisor.running([dummy("parent", PARENT, output)]):
        await supervisor.all_ready()
        (pid,) = (event.pid for event in events if event.kind == "started")
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        await until_gone(int(output.lines[0]))


async def test_helpers_die_with_a_supervisor_that_is_killed(tmp_path: Path) -> None:
    # A helper in a group of its own would be out of reach; Triton's are in its group.
    command = [*python(SUPERVISOR), str(tmp_path), textwrap.dedent(PARENT), "with helpers"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        child = int(await asyncio.to_thread(process.stdout.readline))
        helpers = children_of(child)
        assert len(helpers) == 2 and all(map(is_running, helpers)), "the helper and the guard"
        process.kill()
    for pid in (child, *helpers):
        await until_gone(pid)


def children_of(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


PLAIN = "import time; print('ready'); time.sleep(600)"
SUPERVISOR = """
    import asyncio, sys
    from pathlib import Path
    from cygnet.local.supervisor import ProcessSpec, Supervisor

    async def main():
        printed = asyncio.Event()
        supervisor = Supervisor(Path(sys.argv[1]), lambda event: None, max_log_bytes=1000)
        child = [sys.executable, "-u", "-c", sys.argv[2]]
        spec = ProcessSpec(
            "child", child, ready=printed.wait, on_line=lambda line: printed.set(), has_helpers=len(sys.argv) > 3
        )
        async with supervisor.running([spec]):
            await supervisor.all_ready()
            print(supervisor._kept["child"].process.pid, flush=True)
            await asyncio.sleep(600)

    asyncio.run(main())
"""


async def test_processes_die_with_a_supervisor_that_is_killed(tmp_path: Path) -> None:
    with subprocess.Popen([*python(SUPERVISOR), str(tmp_path), PLAIN], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        child = int(await asyncio.to_thread(process.stdout.readline))
        assert is_running(child)
        process.kill()
    await until_gone(child)


async def test_logs_are_bounded(supervisor: Supervisor, tmp_path: Path) -> None:
    output = Output()
    chatty = "print('x' * 90_000); print('y' * 90_000); print('ready'); import time; time.sleep(600)"
    async with supervisor.running([dummy("chatty", chatty, output)]):
        await supervisor.all_ready()
    assert all(path.stat().st_size <= 100_000 for path in tmp_path.iterdir())
    assert {path.name for path in tmp_path.iterdir()} == {"chatty.log", "chatty.log.1"}
    assert all(path.stat().st_mode & 0o077 == 0 for path in tmp_path.glob("*.log"))
