"""Takes the pictures of the page that the documentation shows, from a game that is really played.

    CYGNET_SCREENSHOTS=docs/images pytest tests/web/test_screenshots.py

Without the variable they go to pytest's own folder. A game that was just started makes the best pictures.
"""

import os
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from .conftest import Phones
from .playing import card, finished, join, submit

PLAYERS = (
    ("Dolly", "duck", "a yellow duck on a pond"),
    ("민준", "duck", "연못 위의 노란 오리"),
    ("Swan Lake", "swan", "a white swan on a pond"),
    ("오리대장", "duck", "two red ducks on a pond"),
    ("Pond Pilot", "duck", "a green duck in a meadow"),
    ("Odette", "swan", "a swan at night"),
    ("백조의 호수", "swan", "하얀 백조"),
)
PHONE, TABLET, DESK, SCREEN = (390, 844), (768, 1024), (1440, 900), (1920, 1080)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the pictures go."""
    folder = Path(os.environ.get("CYGNET_SCREENSHOTS", tmp_path))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def shoot(page: Page, path: Path) -> None:
    """Photographs a page once every picture on it is there."""
    expect(page.locator(".picture:not([data-state=shown])")).to_have_count(0)
    page.screenshot(path=path)
    assert path.stat().st_size > 10_000


def test_screenshots(phones: Phones, game_url: str, folder: Path) -> None:
    newcomer = phones.open(game_url, size=PHONE)
    expect(newcomer.locator("#nickname")).to_be_visible()
    shoot(newcomer, folder / "page-join.png")

    for name, target, prompt in PLAYERS:
        page = phones.open(game_url, size=PHONE)
        join(page, name)
        page.locator(".switch label").filter(has_text=target).click()
        submit(page, prompt)
        finished(page, prompt)
        page.close()

    player = phones.open(game_url, size=PHONE)
    join(player, "Cygnet fan")
    prompt = "a yellow duck with a hat on a pond"
    submit(player, prompt)
    expect(card(player, prompt)).to_be_visible()
    player.screenshot(path=folder / "page-waiting.png")
    finished(player, prompt)
    shoot(player, folder / "page-phone.png")
    player.get_by_role("button", name="Show what helps and hurts").first.click()
    shoot(player, folder / "page-phone-map.png")
    player.locator(".languages label").filter(has_text="한국어").click()
    shoot(player, folder / "page-phone-ko.png")
    player.locator(".languages label").filter(has_text="English").click()
    player.get_by_role("button", name="Hide what helps and hurts").click()
    player.set_viewport_size({"width": TABLET[0], "height": TABLET[1]})
    shoot(player, folder / "page-tablet.png")
    player.set_viewport_size({"width": DESK[0], "height": DESK[1]})
    player.evaluate("window.scrollTo(0, 0)")
    shoot(player, folder / "page-desk.png")
    player.emulate_media(color_scheme="dark")
    shoot(player, folder / "page-desk-dark.png")

    for language in ("en", "ko"):
        board = phones.open(f"{game_url}/board?lang={language}", size=SCREEN)
        expect(board.locator(".row").first).to_be_visible()
        shoot(board, folder / f"board-{language}.png")
