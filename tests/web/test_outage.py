"""The whole game goes away and comes back under an open page."""

import os

import pytest
from playwright.sync_api import expect

from ..stackrunner import Stack
from .conftest import Phones
from .playing import card, finished, join, submit, token

pytestmark = pytest.mark.skipif(
    "CYGNET_TEST_URL" in os.environ, reason="a game that somebody else runs is not restarted"
)


def test_an_outage_loses_nothing_and_needs_no_reload(phones: Phones, stack: Stack) -> None:
    page = phones.open(stack.url)
    board = phones.open(f"{stack.url}board", size=(1920, 1080))
    name = token()
    before, during = f"a duck before {token()}", f"a duck during {token()}"
    join(page, name)
    submit(page, before)
    finished(page, before)
    expect(board.locator(".live-line")).to_have_text("Live")
    stack.stop()
    submit(page, during)
    expect(card(page, during)).to_contain_text("kept on this phone")
    expect(board.locator(".live-line")).to_contain_text("No connection to the game.")
    stack.start()
    finished(page, during)
    expect(board.locator(".live-line")).to_have_text("Live")
    expect(page.locator(".playing")).to_contain_text(name)
    expect(page.locator(".tiles .tile")).to_have_count(2)
