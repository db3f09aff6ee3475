"""A whole game on one machine, from its start to its end: what `cygnet up` does."""

import asyncio
import os
import signal
import webbrowser
from collections.abc import Coroutine
from dataclasses import replace
from pathlib import Path

from cygnet.contest.client import AdminApis
from cygnet.contest.target_report import concerns
from cygnet.internal.v1 import document_pb2
from cygnet.local import preflight
from cygnet.local.console import Console, banner
from cygnet.local.datadir import DataDir
from cygnet.local.errors import UserError
from cygnet.local.recording import Recording, listening
from cygnet.local.supervisor import Event, ProcessFailed, Supervisor
from cygnet.local.topology import GameConfig, plan_processes
from cygnet.local.triton import read_progress
from cygnet.platform.errors import DomainError, NotFound
from cygnet.platform.tasks import wait_unless

_MAX_LOG_BYTES = 10 * 1024 * 1024
_LOOK_PATIENCE_S = 180.0
_PROGRESS_S = 20.0
"""While the models load, something is reported at least this often."""


def run_game(
    data: DataDir,
    console: Console,
    *,
    host: str,
    port: int,
    contest: Path | None,
    browser: bool,
    json: bool,
    record: Path | None,
    record_prompts: bool,
) -> None:
    """Runs a game until SIGINT, SIGTERM or SIGHUP. Port 0 takes any that is free.

    Requests are recorded to the file `record`, if one is given.

    Raises:
        UserError: it cannot start, or cannot go on.
        DomainError: the services refuse the contest.
    """
    data.make()
    with data.locked():
        config = preflight.check(data, host=host, port=port, contest=contest, json_logs=json)
        recording = None if record is None else Recording(record, prompts=record_prompts)
        if recording is not None:
            config = replace(config, record_socket=str(data.socket("record.sock")))
        config.endpoints.write(data.endpoints)
        try:
            asyncio.run(_recorded(_Game(data, console, config, contest is not None, browser).run(), recording, config))
        finally:
            data.endpoints.unlink(missing_ok=True)


async def _recorded(game: Coroutine[None, None, None], recording: Recording | None, config: GameConfig) -> None:
    if recording is None:
        await game
        return
    async with listening(recording, Path(config.record_socket)):
        await game


class _Game:
    """One run, under a supervisor."""

    def __init__(self, data: DataDir, console: Console, config: GameConfig, given: bool, browser: bool) -> None:
        """`given`: a contest file was named."""
        self._data = data
        self._given = given
        self._browser = browser
        self._console = console
        self._config = config
        self._model_failure = ""
        """Why Triton could not load a model; its log says the same in a hundred lines."""

    async def run(self) -> None:
        """Returns after a signal, with everything stopped. Raises as `run_game` does."""
        processes = plan_processes(self._data, self._config, self._on_triton_line)
        supervisor = Supervisor(self._data.logs, self._on_event, max_log_bytes=_MAX_LOG_BYTES)
        stop = self._stop_on_signals(supervisor)
        self._console.report("starting", "starting; most of the time goes into importing torch for the models")
        async with supervisor.running(processes):
            try:
                await wait_unless(stop, self._bring_up(supervisor))
            except ProcessFailed as failed:
                self._console.report("failed", f"{failed}; the game stops")
                if failed.name == "triton" and self._model_failure:
                    raise UserError(f"{self._model_failure} (its log: {failed.log})") from None
                self._console.show_log(failed.last_lines)
                raise UserError(str(failed)) from None
            finally:
                # From here on, a signal means: hurry.
                stop.set()
        self._console.report("stopped", f"stopped; what was played is kept in {self._data.root}")

    async def _bring_up(self, supervisor: Supervisor) -> None:
        """Returns only by raising what ends the game."""
        progress = asyncio.create_task(self._report_progress())
        try:
            await supervisor.all_ready()
        finally:
            progress.cancel()
        document = await self._apply_initial_contest()
        url = self._config.endpoints.url
        self._console.report("ready", f"ready: {url}", url=url, endpoints=str(self._data.endpoints))
        self._console.show_banner(banner(url, self._config.host))
        if self._browser and (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
            await asyncio.to_thread(webbrowser.open, url)
        looking = asyncio.create_task(self._report_targets(document)) if document else None
        try:
            await supervisor.until_fault()
        finally:
            if looking is not None:
                looking.cancel()

    def _admin_apis(self) -> AdminApis:
        at = self._config.endpoints
        return AdminApis(at.submission_admin, at.leaderboard_admin, self._data.secret("admin-token"))

    async def _report_targets(self, document: document_pb2.ContestDocument) -> None:
        """Says what is wrong with the contest's targets, once a worker has looked at them."""
        try:
            reports = await self._admin_apis().examine_targets(document, _LOOK_PATIENCE_S)
        except DomainError as error:
            self._console.report("targets", f"what a look at the targets finds is not known: {error.message}")
            return
        for concern in concerns(reports):
            self._console.report("targets", concern)

    async def _apply_initial_contest(self) -> document_pb2.ContestDocument | None:
        """Applies the contest that was given; without one the example, where there is no contest yet.

        Returns the one that is played, where it is one alone.
        """
        apis = self._admin_apis()
        if not self._given:
            try:
                present = await apis.get("")
                await apis.publish_again(present)
                return present
            except NotFound as error:
                if error.reason != "CONTEST_NOT_FOUND":
                    # There are several; which of them are played is the organiser's choice.
                    return None
        targets = zip(self._config.document.contest.targets, self._config.pictures, strict=True)
        for target, picture in targets:
            if picture.changes:
                self._console.report("target", f"target {target.name}: {picture}", target=target.name)
        applied = await apis.apply(self._config.document, [picture.png for picture in self._config.pictures])
        self._console.report(
            "applied", str(applied), contest=applied.name, generation=applied.generation, changed=applied.changed
        )
        return self._config.document

    async def _report_progress(self) -> None:
        while True:
            await asyncio.sleep(_PROGRESS_S)
            self._console.report(
                "progress", "the models are still loading; the first time, and on a busy machine, that takes minutes"
            )

    def _stop_on_signals(self, supervisor: Supervisor) -> asyncio.Event:
        """Returns what is set by the first signal; the second one hurries."""
        stop = asyncio.Event()

        def on_signal() -> None:
            if stop.is_set():
                supervisor.hurry()
            else:
                self._console.report("stopping", "stopping (once more: at once)")
                stop.set()

        loop = asyncio.get_running_loop()
        for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(signum, on_signal)
        return stop

    def _on_event(self, event: Event) -> None:
        self._console.report(f"process-{event.kind}", event.text, process=event.process, pid=event.pid)
        self._console.show_log(event.last_lines)

    def _on_triton_line(self, line: str) -> None:
        """Reads in Triton's log what its models are doing."""
        progress = read_progress(line)
        if progress is None:
            return
        words = f"triton {'cannot load' if progress.failed else 'loads'} {progress.model}: {progress.what}"
        if progress.failed:
            self._model_failure = words
        self._console.report("progress", words, process="triton")
