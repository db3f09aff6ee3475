"""A whole game on one machine, from its start to its end: what `cygnet up` does."""

import asyncio
import signal
import webbrowser
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cygnet.contest.client import AdminApis
from cygnet.local.banner import has_display, how_to_play
from cygnet.local.console import Console
from cygnet.local.datadir import DataDir
from cygnet.local.endpoints import Endpoints
from cygnet.local.preflight import Preparations, prepare
from cygnet.local.problem import Problem, problem_of
from cygnet.local.supervisor import Event, ProcessFailed, ProcessSpec, Supervisor
from cygnet.local.topology import plan_processes
from cygnet.local.triton import read_progress
from cygnet.platform.errors import DomainError, NotFound

_MAX_LOG_BYTES = 10 * 1024 * 1024
_NEWS_S = 20.0
"""While the models load, something is said at least this often."""


@dataclass(frozen=True)
class Options:
    """What `cygnet up` was asked."""

    host: str
    port: int
    """0 for any that is free."""
    contest: Path | None
    browser: bool
    json: bool


def play(data: DataDir, options: Options, console: Console) -> None:
    """Runs a game until SIGINT, SIGTERM or SIGHUP. Raises Problem when it cannot, or cannot any more."""
    data.make()
    with data.locked():
        ready = prepare(data, host=options.host, port=options.port, contest=options.contest, json_logs=options.json)
        triton = _TritonNews(console)
        processes = plan_processes(data, ready.endpoints, ready.tools, ready.models, ready.game, triton.hear)
        ready.endpoints.write(data.endpoints)
        try:
            asyncio.run(_run(data, options, console, ready, processes, triton))
        finally:
            data.endpoints.unlink(missing_ok=True)


async def _run(
    data: DataDir,
    options: Options,
    console: Console,
    ready: Preparations,
    processes: list[ProcessSpec],
    triton: "_TritonNews",
) -> None:
    supervisor = Supervisor(data.logs, _event_teller(console), max_log_bytes=_MAX_LOG_BYTES)
    stop = _stop_signals(supervisor, console)
    console.say("starting", "starting; most of the time goes into importing torch for the models")
    async with supervisor.running(processes):
        game = asyncio.create_task(_play(supervisor, data, options, console, ready))
        stopping = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait({game, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if game.done():
                game.result()
        except ProcessFailed as failed:
            console.say("failed", f"{failed}; the game stops")
            if failed.name == "triton" and triton.failure:
                raise Problem(f"{triton.failure} (its log: {failed.log})") from None
            console.quote(failed.last_lines)
            raise Problem(str(failed)) from None
        finally:
            game.cancel()
            stopping.cancel()
            await asyncio.gather(game, stopping, return_exceptions=True)
            # From here on, a signal means: hurry.
            stop.set()
    console.say("stopped", f"stopped; what was played is kept in {data.root}")


async def _play(supervisor: Supervisor, data: DataDir, options: Options, console: Console, ready: Preparations) -> None:
    """Brings the game up, and returns only by raising what ends it."""
    news = asyncio.create_task(_news(console))
    try:
        await supervisor.all_ready()
    finally:
        news.cancel()
    try:
        await _put_on(_admin_apis(data, ready.endpoints), options, console, ready)
    except DomainError as error:
        raise problem_of(error) from None
    url = ready.endpoints.url
    console.say("ready", f"ready: {url}", url=url, endpoints=str(data.endpoints))
    console.welcome(how_to_play(url, ready.game))
    if options.browser and has_display():
        await asyncio.to_thread(webbrowser.open, url)
    await supervisor.until_failure()


def _admin_apis(data: DataDir, endpoints: Endpoints) -> AdminApis:
    return AdminApis(endpoints.submission_admin, endpoints.leaderboard_admin, data.secret("admin-token"))


async def _put_on(apis: AdminApis, options: Options, console: Console, ready: Preparations) -> None:
    """Applies the contest that was asked for; without one the example, where there is no contest yet."""
    if options.contest is None:
        try:
            await apis.publish_again(await apis.get(""))
            return
        except NotFound as error:
            if error.reason != "CONTEST_NOT_FOUND":
                # There are several; which of them are played is the organiser's choice.
                return
    applied = await apis.apply(ready.document, ready.pictures)
    console.say("applied", str(applied), contest=applied.name, generation=applied.generation, changed=applied.changed)


async def _news(console: Console) -> None:
    while True:
        await asyncio.sleep(_NEWS_S)
        console.say(
            "progress", "the models are still loading; the first time, and on a busy machine, that takes minutes"
        )


def _stop_signals(supervisor: Supervisor, console: Console) -> asyncio.Event:
    """Returns what is set by the first signal; the second one hurries."""
    stop = asyncio.Event()

    def on_signal() -> None:
        if stop.is_set():
            supervisor.hurry()
        else:
            console.say("stopping", "stopping (once more: at once)")
            stop.set()

    loop = asyncio.get_running_loop()
    for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(signum, on_signal)
    return stop


def _event_teller(console: Console) -> Callable[[Event], None]:
    def tell(event: Event) -> None:
        console.say(f"process-{event.kind}", event.text, process=event.process, pid=event.pid)
        console.quote(event.last_lines)

    return tell


class _TritonNews:
    """Reads in Triton's log what its models are doing."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self.failure = ""
        """Why a model could not be loaded; its log says the same in a hundred lines."""

    def hear(self, line: str) -> None:
        progress = read_progress(line)
        if progress is None:
            return
        words = f"triton {'cannot load' if progress.failed else 'loads'} {progress.model}: {progress.what}"
        if progress.failed:
            self.failure = words
        self._console.say("progress", words, process="triton")
