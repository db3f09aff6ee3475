"""One picture is one row with its finder; who came later sees with whom: at 320 pixels too, in both languages."""

import os
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from .conftest import Double, Phones
from .double.game import score
from .playing import finished, join, overflow, submit, token

NARROW, SCREEN = (320, 640), (1920, 1080)
WIDE = "오리와백조가사는연못의그레이스님과호수의여왕님"
"""A nickname of the greatest width."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the pictures go: CYGNET_SCREENSHOTS, or pytest's own folder."""
    folder = Path(os.environ.get("CYGNET_SCREENSHOTS", tmp_path))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def shoot(page: Page, path: Path) -> None:
    expect(page.locator(".picture:not([data-state=shown])")).to_have_count(0)
    page.screenshot(path=path, full_page=True)
    assert overflow(page) <= 0


def plays(phones: Phones, url: str, name: str, *prompts: str) -> Page:
    page = phones.open(url, size=NARROW)
    join(page, name)
    for prompt in prompts:
        submit(page, prompt)
        finished(page, prompt)
    return page


def test_a_shared_picture_is_one_row_and_later_ones_see_with_whom(phones: Phones, double: Double, folder: Path) -> None:
    double.configure(names=[token()])
    low, middle, shared = sorted((f"queue:0 a duck {token()}" for _ in range(12)), key=score)[::5][:3]
    plays(phones, double.url, WIDE, shared)
    # One has a lesser picture of their own, the other has none.
    owner = plays(phones, double.url, "Ada with a find", middle, shared)
    plays(phones, double.url, "Low", low)
    copier = plays(phones, double.url, "Bob", shared)

    rows = copier.locator(".ranking:not(.own-rank) .row")
    expect(rows).to_have_count(3)
    expect(rows.nth(0)).to_contain_text(WIDE)
    expect(rows.nth(0).locator(".found-after")).to_contain_text("+2")
    expect(rows.nth(0).locator(".found-after")).to_contain_text("2 more drew it later")
    expect(rows.nth(1).locator(".found-after")).to_have_count(0)
    mine = copier.locator(".own-rank .row")
    expect(mine).to_have_count(1)
    expect(mine).to_contain_text("with")
    expect(mine.locator(".with")).to_contain_text(WIDE)
    expect(mine.locator(".rank")).to_contain_text("2")
    assert mine.get_attribute("data-rank") is None, "a medal"
    expect(copier.locator(".target .with")).to_contain_text(WIDE)

    # Both: the place of the own find, and the better picture with its finder.
    expect(owner.locator(".ranking:not(.own-rank) .row.own .rank")).to_contain_text("2")
    expect(owner.locator(".own-rank .row")).to_have_count(1)
    expect(owner.locator(".own-rank .row .with")).to_contain_text(WIDE)

    for page, name in ((copier, "copier"), (owner, "owner")):
        shoot(page, folder / f"finder-{name}-en.png")
        page.locator(".languages label").filter(has_text="한국어").click()
        expect(page.locator(".own-rank .row .with")).to_contain_text("님과 같은 그림")
        shoot(page, folder / f"finder-{name}-ko.png")
    for language, words in (("en", "2 more drew it later"), ("ko", "나중에 2명이 같은 그림을 그렸어요")):
        board = phones.open(f"{double.url}/board?lang={language}", size=SCREEN)
        expect(board.locator(".row")).to_have_count(3)
        expect(board.locator(".row").first.locator(".found-after")).to_contain_text(words)
        shoot(board, folder / f"finder-board-{language}.png")
