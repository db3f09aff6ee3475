"""A real Chromium, and a phone that says what it sees."""

import json
import os
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect, sync_playwright

from ..ports import free_port
from ..waiting import wait_for

DIST = Path(__file__).parents[2] / "services/cygnet/gateway/page/dist"
NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # A name for this machine by which a page is no secure context, as at the address of a hall's laptop.
    "--host-resolver-rules=MAP hall.test 127.0.0.1",
]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A browser. One a module: playwright's loop must not be alive while other modules' async tests run."""
    path = next((found for name in NAMES if (found := shutil.which(name))), None)
    if path is None:
        pytest.skip("no Chromium on PATH (apt-get install chromium)")
    if not (DIST / "index.html").exists():
        pytest.skip(f"the page is not built (npm ci && npm run build in {DIST.parent.name}/)")
    expect.set_options(timeout=30_000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def game_url(request: pytest.FixtureRequest) -> str:
    """Where the real game runs: CYGNET_TEST_URL, or the stack that the tests start themselves."""
    if url := os.environ.get("CYGNET_TEST_URL"):
        return url.rstrip("/")
    try:
        url = request.getfixturevalue("stack").url
    except pytest.FixtureLookupError:
        pytest.skip("no game runs (start one and set CYGNET_TEST_URL)")
    return str(url).rstrip("/")


class Phones:
    """Opens pages, each in a browser profile of its own, and keeps what their consoles complain about."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._contexts: list[BrowserContext] = []
        self.complaints: list[str] = []

    def open(
        self,
        url: str,
        *,
        size: tuple[int, int] = (390, 844),
        language: str = "en-US",
        own_clock: bool = False,
        moving: bool = False,
    ) -> Page:
        """Opens `url` as somebody new.

        With `own_clock` the test moves the page's time by `page.clock`. Only with `moving` the reader likes movement.
        """
        context = self._browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            locale=language,
            reduced_motion="no-preference" if moving else "reduce",
        )
        context.set_default_timeout(60_000)
        self._contexts.append(context)
        page = context.new_page()
        page.on("console", self._on_console)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        if own_clock:
            page.clock.install()
        page.goto(url)
        return page

    def _on_console(self, message: ConsoleMessage) -> None:
        # The network's own troubles are what some tests are about; everything else is the page's fault.
        if message.type in ("error", "warning") and not message.text.startswith("Failed to load resource"):
            self.complaints.append(message.text)

    def close(self) -> None:
        for context in self._contexts:
            context.close()


@pytest.fixture
def phones(chromium: Browser) -> Iterator[Phones]:
    """Opens pages; afterwards no page may have complained (a script error, a broken content policy)."""
    phones = Phones(chromium)
    yield phones
    phones.close()
    assert phones.complaints == []


class Double:
    """The double's process, and its settings."""

    def __init__(self, url: str) -> None:
        self.url = url

    def configure(self, **settings: object) -> dict[str, Any]:
        """Sets attributes of the double's `Game` and returns its counts."""
        request = urllib.request.Request(f"{self.url}/double", data=json.dumps(settings).encode(), method="POST")
        with urllib.request.urlopen(request, timeout=5) as response:
            return dict(json.load(response))


@pytest.fixture(scope="module")
def running(chromium: Browser) -> Iterator[Double]:
    """Starts the double, after it is known that there is a browser to use it."""
    port = free_port()
    here = Path(__file__).parent
    process = subprocess.Popen(
        [sys.executable, "-m", "double", str(port)], env={**os.environ, "PYTHONPATH": str(here)}, cwd=here
    )
    double = Double(f"http://127.0.0.1:{port}")
    try:
        wait_for(lambda: _answers(double, process), 30, "the double")
        yield double
    finally:
        process.terminate()
        process.wait()


def _answers(double: Double, process: subprocess.Popen[bytes]) -> bool:
    if process.poll() is not None:
        pytest.fail(f"the double ended with status {process.returncode}")
    try:
        return bool(double.configure())
    except OSError:
        return False


@pytest.fixture
def double(running: Double) -> Iterator[Double]:
    """The double, its settings as they were."""
    yield running
    running.configure(
        missing=False,
        vocabulary=None,
        names=["duck", "swan"],
        step_s=0.6,
        max_prompt_chars=300,
        windows=[],
        paused=False,
        freeze_before_ms=0,
        presence=0,
        code="c" * 12,
        codes_shown=True,
        proof_level=0,
        full_for=0,
        widget="",
        tokens=[],
        next_draw_in_ms=0,
    )
