"""The page says whether the contest is open before anybody writes in vain, and wakes by itself."""

import re
import time
from datetime import datetime

from playwright.sync_api import Page, expect

from .conftest import Double, Phones
from .playing import finished, join, overflow, submit, token

HOUR_MS = 3_600_000


def hours(*windows: tuple[float, float]) -> list[tuple[int, int]]:
    """Returns windows that open and close so many hours from now."""
    now_ms = round(time.time() * 1000)
    return [(now_ms + round(opens * HOUR_MS), now_ms + round(closes * HOUR_MS)) for opens, closes in windows]


def clock(ms: int) -> str:
    """Returns a time as the English page writes it."""
    return datetime.fromtimestamp(ms / 1000).strftime("%-I:%M %p")


def accepts_prompts(page: Page) -> None:
    expect(page.locator("#prompt")).to_be_editable()
    page.locator("#prompt").fill("a duck")
    expect(page.locator(".prompt-box button")).to_be_enabled()


def accepts_none(page: Page, because: str) -> None:
    expect(page.locator("#prompt")).not_to_be_editable()
    expect(page.locator(".prompt-box button")).to_be_disabled()
    expect(page.locator("#prompt-count")).to_contain_text(because)
    assert overflow(page) == 0


def test_before_the_first_window(phones: Phones, double: Double) -> None:
    windows = hours((1, 2), (3, 4))
    double.configure(windows=windows)
    page, korean = phones.open(double.url), phones.open(double.url, language="ko-KR")
    banner = page.locator(".banner")
    expect(banner).to_contain_text("The contest has not begun yet.")
    expect(banner).to_contain_text(clock(windows[0][0]))
    expect(banner.locator(".countdown")).to_have_text(re.compile(r"^Opens in 59\smin \d+\ss\.$"))
    join(page, token())
    accepts_none(page, "Closed for now. Opens in")
    expect(korean.locator(".banner")).to_contain_text("아직 대회가 시작되지 않았어요.")
    join(korean, token())
    accepts_none(korean, "지금은 닫혀 있어요. 59분")


def test_it_opens_by_the_clock_while_people_look(phones: Phones, double: Double) -> None:
    page = phones.open(double.url)
    join(page, token())
    double.configure(windows=hours((-2, -1), (8 / 3600, 1)))
    expect(page.locator(".banner")).to_contain_text("The contest is closed for now. It opens again")
    accepts_none(page, "Opens in")
    expect(page.locator(".banner")).to_have_count(0)
    accepts_prompts(page)


def test_a_pause_keeps_what_is_being_written(phones: Phones, double: Double) -> None:
    page = phones.open(double.url)
    join(page, token())
    prompt = f"queue:0 a duck {token()}"
    page.locator("#prompt").fill(prompt)
    double.configure(paused=True)
    expect(page.locator(".banner")).to_contain_text("The organisers have paused the contest.")
    accepts_none(page, "Paused by the organisers.")
    page.locator("#prompt").press("Control+Enter")
    expect(page.locator("#prompt")).to_have_value(prompt)
    double.configure(paused=False)
    expect(page.locator(".banner")).to_have_count(0)
    page.locator(".prompt-box button").click()
    finished(page, prompt)


def test_a_ranking_that_stands_still_is_no_reason_to_stop(phones: Phones, double: Double) -> None:
    windows = hours((-1, 1))
    double.configure(windows=windows, freeze_before_ms=int(1.5 * HOUR_MS))
    page, board = phones.open(double.url), phones.open(f"{double.url}/board?lang=ko", size=(1440, 900))
    since, until = windows[0][1] - int(1.5 * HOUR_MS), windows[0][1]
    expect(page.locator(".banner")).to_contain_text(f"The leaderboard stands still since {clock(since)}.")
    expect(page.locator(".banner")).to_contain_text(clock(until))
    expect(page.locator(".board")).to_contain_text(f"Stands still since {clock(since)}.")
    expect(board.locator(".screen-state")).to_contain_text("순위표가 멈춰 있어요.")
    join(page, token())
    accepts_prompts(page)
    prompt = f"queue:0 a duck {token()}"
    submit(page, prompt)
    finished(page, prompt)


def test_what_is_over_is_over(phones: Phones, double: Double) -> None:
    page, board = phones.open(double.url), phones.open(f"{double.url}/board", size=(1440, 900))
    join(page, token())
    expect(board.locator(".invitation")).to_contain_text("Scan and draw")
    double.configure(windows=hours((-2, -1)))
    accepts_none(page, "The contest is over.")
    for banner in (page.locator(".banner"), board.locator(".screen-state")):
        expect(banner).to_have_text("The contest is over. Thank you for playing! These are the final standings.")
    expect(board.locator(".invitation")).not_to_contain_text("Scan and draw")
    # The ranking is empty, unless other tests played before.
    for screen in (page, board):
        expect(screen.locator("body")).not_to_contain_text("Be the first")


def test_who_has_no_stream_learns_it_from_the_next_look(phones: Phones, double: Double) -> None:
    page = phones.open("about:blank", own_clock=True)
    page.route("**/cygnet.v1.LeaderboardService/*", lambda route: route.abort())
    page.goto(double.url)
    join(page, token())
    expect(page.locator("#prompt")).to_be_editable()
    double.configure(paused=True)
    page.clock.fast_forward(60_000)
    accepts_none(page, "Paused by the organisers.")
