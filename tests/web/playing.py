"""What a player does, in one call each."""

import json
import re
import uuid

from playwright.sync_api import Locator, Page, expect

TINY = "abcdefghjkmnpqrstuvwxyz"


def token() -> str:
    """Returns a word that no other test writes, so that no prompt was drawn before and no name is taken for another."""
    return "".join(TINY[byte % len(TINY)] for byte in uuid.uuid4().bytes[:6])


def join(page: Page, nickname: str) -> None:
    """Joins and waits for the box."""
    page.locator("#nickname").fill(nickname)
    page.locator(".join button[type=submit]").click()
    expect(page.locator("#prompt")).to_be_visible()


def submit(page: Page, prompt: str) -> None:
    """Writes a prompt and presses the button."""
    page.locator("#prompt").fill(prompt)
    page.locator(".prompt-box button[type=submit]").click()


def card(page: Page, prompt: str) -> Locator:
    """Returns the card of a prompt, whatever its state."""
    # Not by the words on it: those that were not read have a note of their own.
    return page.locator(f".cards article[aria-label={json.dumps(prompt, ensure_ascii=False)}]")


def finished(page: Page, prompt: str) -> Locator:
    """Waits for the finished card of a prompt, its picture loaded, and returns it."""
    done = card(page, prompt).and_(page.locator("[data-stage=done]"))
    expect(done).to_be_visible(timeout=120_000)
    expect(done.locator(".picture")).to_have_attribute("data-state", "shown")
    assert done.locator("img").evaluate("image => image.naturalWidth") > 0
    return done


def score_of(done: Locator) -> str:
    """Returns the score on a finished card, checked for form."""
    score = done.locator(".score-value").inner_text()
    assert re.fullmatch(r"\d{1,3}\.\d{2}", score), score
    return score


def picture_of(done: Locator) -> str:
    """Returns the picture's path without what a retry adds."""
    return str(done.locator("img").get_attribute("src")).partition("?")[0]


def overflow(page: Page) -> int:
    """Returns by how many pixels the page is wider than its window."""
    return int(page.evaluate("document.documentElement.scrollWidth - window.innerWidth"))
