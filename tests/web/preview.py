"""Takes the README's pictures of the page and of the board: the whole game, played, in a real Chromium.

python -m tests.web.preview docs/images
"""

import asyncio
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from playwright.sync_api import expect, sync_playwright

from ..stack.hall import pairing_code
from ..stack.player import Player, connection
from ..stackrunner import Stack, started_stack
from .conftest import ARGS, NAMES
from .playing import finished, join, submit

CONTEST = "duck-and-swan"
OTHERS: dict[str, Sequence[tuple[str, str]]] = {
    "민준": [("duck", "눈 속에 목도리를 두른 검은 오리"), ("swan", "바위가 있는 바다 왼쪽에 모자를 쓴 주황색 백조")],
    "Dolly": [("duck", "a black duck in the snow on the right"), ("swan", "an orange swan at sea")],
    "오리대장": [("duck", "검은 오리"), ("swan", "바다의 백조")],
    "Pond Pilot": [("duck", "a duck with a scarf in the snow")],
    "Odette": [("swan", "an orange swan with a top hat, ocean")],
    "Swan Lake": [("swan", "an orange swan in a hat on a pond")],
}
MINE = "a fancy black duck with a scarf in the snow, rocks, on the right"


def main(folder: Path) -> None:
    """Plays, and takes both pictures."""
    program = next(found for name in NAMES if (found := shutil.which(name)))
    with started_stack() as stack:
        # Before Playwright: its loop and asyncio's do not go together.
        code = asyncio.run(_play(stack))
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=program, args=ARGS)
            page = browser.new_page(viewport={"width": 1200, "height": 860})
            page.goto(stack.url)
            join(page, "Cygnet fan")
            submit(page, MINE)
            finished(page, MINE)
            page.evaluate("window.scrollTo(0, 0)")
            board = browser.new_page(viewport={"width": 1200, "height": 675})
            board.goto(f"{stack.url.rstrip('/')}/board#pair={code}")
            expect(board.locator("img").first).to_be_visible()
            for shown, name in ((page, "page.png"), (board, "board.png")):
                shown.wait_for_timeout(3_000)
                shown.screenshot(path=folder / name)
            browser.close()


async def _play(stack: Stack) -> str:
    """Has the others play; returns a pairing code for the board."""
    for nickname, prompts in OTHERS.items():
        async with connection(stack.address) as channel:
            player = await Player.join(channel, nickname, CONTEST)
            for target, prompt in prompts:
                await player.result(await player.submit_patiently(prompt, target))
    return await pairing_code(stack.endpoints, CONTEST)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
