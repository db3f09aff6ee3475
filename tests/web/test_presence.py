"""Being in the hall, as people see it: on a phone that scanned the screen, on one that did not, and on the screen."""

import pytest
from playwright.sync_api import Page, expect

from .conftest import Double, Phones
from .double.presence import PAIRING_CODE
from .playing import join, overflow, token

PREFER, REQUIRE = 2, 3
CODE = "c" * 12


def said(page: Page, words: str) -> None:
    expect(page.locator(".presence").first).to_contain_text(words)
    assert overflow(page) == 0


@pytest.mark.parametrize("host", ["127.0.0.1", "hall.test"])
def test_who_scanned_the_screen_is_in_the_hall(phones: Phones, double: Double, host: str) -> None:
    double.configure(presence=PREFER)
    url = double.url.replace("127.0.0.1", host)
    page = phones.open(f"{url}/#p={CODE}")
    assert page.evaluate("window.isSecureContext") == (host == "127.0.0.1")
    said(page, "The code worked: you are in the hall.")
    assert page.evaluate("location.href") == f"{url}/", "the code is out of the address"
    join(page, token())
    expect(page.locator(".playing .present")).to_have_text("in the hall")
    expect(page.locator(".presence:visible")).to_have_count(0)
    page.reload()
    expect(page.locator(".playing .present")).to_have_text("in the hall")


def test_who_did_not_scan_is_told_what_it_gives_and_plays(phones: Phones, double: Double) -> None:
    double.configure(presence=PREFER)
    page = phones.open(double.url, language="ko-KR")
    said(page, "큰 화면의 코드를 스캔해 주세요.")
    join(page, token())
    said(page, "현장에 있는 분이 먼저 그려요.")
    expect(page.locator(".playing .present")).to_have_count(0)


def test_where_no_screen_shows_a_code_nobody_is_told_to_scan_one(phones: Phones, double: Double) -> None:
    double.configure(presence=PREFER, codes_shown=False)
    page = phones.open(double.url)
    expect(page.locator("#nickname")).to_be_visible()
    expect(page.locator(".presence:visible")).to_have_count(0)


def test_who_plays_already_scans_later(phones: Phones, double: Double) -> None:
    double.configure(presence=PREFER)
    page = phones.open(double.url)
    join(page, token())
    # The scan leads to the page that is open: only what is behind "#" changes.
    page.evaluate(f"location.hash = '#p={CODE}'")
    expect(page.locator(".playing .present")).to_have_text("in the hall")


@pytest.mark.parametrize(
    ("code", "words"), [("a" * 12, "is over: it is a new one every 30 seconds"), ("fullfullfull", "in half a minute")]
)
def test_a_code_that_does_not_hold_keeps_nobody_out(phones: Phones, double: Double, code: str, words: str) -> None:
    double.configure(presence=PREFER)
    page = phones.open(f"{double.url}/#p={code}")
    said(page, words)
    join(page, token())


def test_a_contest_for_the_hall_alone_says_how_to_get_in(phones: Phones, double: Double) -> None:
    double.configure(presence=REQUIRE)
    page = phones.open(double.url)
    said(page, "Only people in the hall may play. Scan the code on the big screen.")
    said(page, "The organisers let you in.")
    expect(page.locator("#nickname")).to_have_count(0)
    page.goto(f"{double.url}/?again#p={CODE}")
    join(page, token())
    expect(page.locator(".playing .present")).to_be_visible()


@pytest.mark.parametrize("mode", [PREFER, REQUIRE])
def test_whoever_waits_for_the_lot_keeps_their_place(phones: Phones, double: Double, mode: int) -> None:
    double.configure(presence=mode, next_draw_in_ms=4_000)
    page = phones.open(f"{double.url}/#p={CODE}")
    said(page, "The code worked")
    page.locator("#nickname").fill(token())
    page.locator(".join button[type=submit]").click()
    said(page, "A lot decides who is next, and you keep your place. Next lot in")
    expect(page.locator("#prompt")).to_have_count(1 if mode == PREFER else 0)
    double.configure(next_draw_in_ms=0)
    expect(page.locator(".playing .present")).to_have_text("in the hall")


def test_a_paired_screen_shows_codes_and_another_one_does_not(phones: Phones, double: Double) -> None:
    double.configure(presence=PREFER)
    home = phones.open(f"{double.url}/board", size=(1920, 1080))
    expect(home.locator(".qr")).to_have_attribute("data-presence", "false")
    expect(home.locator(".invitation .presence")).to_have_count(0)

    board = phones.open(f"{double.url}/c/pond/board#pair={PAIRING_CODE}", size=(1920, 1080))
    qr = board.locator(".qr")
    expect(qr).to_have_attribute("src", f"/qr.svg?contest=pond&code={CODE}")
    assert "#" not in board.evaluate("location.href")
    double.configure(code="d" * 12)
    expect(qr).to_have_attribute("src", f"/qr.svg?contest=pond&code={'d' * 12}")
    said(board, "A new code every 30 seconds")
    board.reload()
    expect(qr).to_have_attribute("data-presence", "true")
    assert overflow(board) == 0


def test_a_pairing_code_that_was_used_is_said_on_the_screen(phones: Phones, double: Double) -> None:
    board = phones.open(f"{double.url}/board?lang=ko#pair=aaaaaaaa", size=(1920, 1080))
    expect(board.locator(".invitation .warn")).to_contain_text("`cygnet board pair`를 다시 실행해 주세요.")
