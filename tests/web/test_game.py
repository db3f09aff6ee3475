"""A whole game, on the real page against the real game."""

import re

import pytest
from playwright.sync_api import Page, Request, expect

from ..prompts import unique
from .conftest import Phones
from .playing import card, finished, join, overflow, picture_of, score_of, submit, token

RANKED = 20
"""So many rows a player's page shows."""
# A drawing can be faster than a test looks: the page keeps every sentence that it showed as a state.
REMEMBER = """
window.states = new Set();
new MutationObserver(() => {
  for (const state of document.querySelectorAll(".state")) window.states.add(state.textContent);
}).observe(document, {childList: true, subtree: true, characterData: true});
"""


def states(page: Page) -> str:
    return str(page.evaluate("[...window.states].join('\\n')"))


def test_a_prompt_becomes_a_picture_with_a_score_and_a_place(phones: Phones, game_url: str) -> None:
    page = phones.open(game_url)
    page.evaluate(REMEMBER)
    name, prompt = token(), unique()
    join(page, name)
    submit(page, prompt)
    score = score_of(finished(page, prompt))
    assert "Waiting" in states(page) or "Drawing" in states(page)
    own = page.locator(".board .row.own")
    expect(own).to_contain_text(name)
    expect(own).to_contain_text(score)
    expect(page.locator(".facts")).to_contain_text(score)


def test_a_repeated_prompt_gets_the_same_picture_and_score(phones: Phones, game_url: str) -> None:
    page = phones.open(game_url)
    prompt = unique("swan")
    join(page, token())
    submit(page, prompt)
    first = finished(page, prompt)
    picture, score = picture_of(first), score_of(first)
    submit(page, prompt.upper())
    second = finished(page, prompt.upper())
    expect(second).to_contain_text("Drawn before: same picture, same score.")
    assert (picture_of(second), score_of(second)) == (picture, score)


def test_a_reload_keeps_the_session_and_the_pictures(phones: Phones, game_url: str) -> None:
    page = phones.open(game_url)
    name, prompt = token(), unique()
    join(page, name)
    submit(page, prompt)
    finished(page, prompt)
    page.reload()
    expect(page.locator("#nickname")).to_have_count(0)
    expect(page.locator(".playing")).to_contain_text(name)
    finished(page, prompt)
    expect(page.locator(".tiles .tile")).to_have_count(1)


def test_everybody_sees_the_same_leaderboard(phones: Phones, game_url: str) -> None:
    pages = [phones.open(game_url), phones.open(game_url, language="ko-KR")]
    names = [token(), token()]
    for page, name in zip(pages, names, strict=True):
        join(page, name)
        prompt = unique()
        submit(page, prompt)
        finished(page, prompt)
    for page, name in zip(pages, names, strict=True):
        expect(page.locator(".board .row.own")).to_contain_text(name)
    first, second = (page.locator(".board .ranking:not(.own-rank) .nickname") for page in pages)
    expect(second).to_have_text(first.all_inner_texts())
    # Where so many played before that neither is among the best, there is nothing more to see.
    if first.count() < RANKED:
        for name in names:
            expect(first.filter(has_text=name)).to_be_visible()
            expect(second.filter(has_text=name)).to_be_visible()


def test_a_hostile_nickname_is_text(phones: Phones, game_url: str) -> None:
    page = phones.open(game_url)
    page.on("dialog", lambda dialog: phones.complaints.append(f"a dialog opened: {dialog.message}"))
    page.locator("#nickname").fill("<img src=x onerror=alert(1)>")
    page.locator(".join button[type=submit]").click()
    expect(page.locator("#nickname-problem")).to_contain_text("24 characters")
    join(page, "<img src=x onerror=x()>")
    expect(page.locator(".playing .nickname")).to_have_text("<img src=x onerror=x()>")
    prompt = f"<script>alert(1)</script> duck {token()}"
    submit(page, prompt)
    finished(page, prompt)
    expect(page.locator(".board .row.own .nickname")).to_have_text("<img src=x onerror=x()>")
    assert page.locator("img[src=x]").count() == 0


def test_a_nickname_can_be_changed_and_stays_one_player(phones: Phones, game_url: str) -> None:
    page = phones.open(game_url)
    join(page, token())
    name = token()
    page.locator(".playing button").click()
    page.locator(".renaming #nickname").fill(name)
    page.locator(".renaming button[type=submit]").click()
    expect(page.locator(".playing .nickname")).to_have_text(name)


@pytest.mark.parametrize("prompt", ["파란 연못 위의 노란 오리 {}", "🦆🦆 🌊 {}", "a du\u200bck, \u202edrawn\u202c {}"])
def test_prompts_of_all_kinds_are_drawn(phones: Phones, game_url: str, prompt: str) -> None:
    page = phones.open(game_url)
    join(page, token())
    written = prompt.format(token())
    submit(page, written)
    finished(page, written)


def test_invisible_characters_make_no_new_prompt(phones: Phones, game_url: str) -> None:
    page = phones.open(game_url)
    join(page, token())
    prompt = unique()
    submit(page, prompt)
    score = score_of(finished(page, prompt))
    submit(page, prompt.replace(" ", " \u200b", 1))
    done = page.locator(".cards article[data-stage=done]").filter(has_text="Drawn before")
    expect(done).to_be_visible()
    assert score_of(done) == score


@pytest.mark.parametrize("language", ["en-US", "ko-KR"])
def test_the_smallest_phone_never_scrolls_sideways(phones: Phones, game_url: str, language: str) -> None:
    page = phones.open(game_url, size=(360, 740), language=language)
    expect(page.locator("#nickname")).to_be_visible()
    assert overflow(page) <= 0
    join(page, "W" * 24)
    expect(page.locator("html")).to_have_attribute("lang", language[:2])
    prompt = f"{'W' * 60}{token()} duck"
    submit(page, prompt)
    assert overflow(page) <= 0
    finished(page, prompt)
    expect(page.locator(".board .row.own")).to_be_visible()
    assert overflow(page) <= 0


def test_what_was_sent_offline_goes_out_once_when_the_network_is_back(phones: Phones, game_url: str) -> None:
    page = phones.open(game_url)
    join(page, token())
    expect(page.locator(".history")).to_contain_text("Your pictures will be kept here.")
    arrived: list[str] = []

    def count(request: Request) -> None:
        if request.url.endswith("SubmissionService/Submit"):
            arrived.append(request.url)

    page.on("requestfinished", count)
    prompt = unique()
    page.context.set_offline(True)
    submit(page, prompt)
    expect(card(page, prompt)).to_contain_text("kept on this phone")
    expect(page.locator(".banner")).to_contain_text("You are offline")
    expect(page.locator("#prompt")).to_have_value("")
    assert arrived == []
    page.context.set_offline(False)
    finished(page, prompt)
    assert len(arrived) == 1
    page.reload()
    finished(page, prompt)
    expect(page.locator(".tiles .tile")).to_have_count(1)


def test_more_than_a_fair_share_is_refused_in_words(phones: Phones, game_url: str) -> None:
    page = phones.open(game_url)
    join(page, token())
    box, refusal = page.locator("#prompt"), page.locator(".refusal[data-reason]")
    for _ in range(12):
        prompt = unique()
        submit(page, prompt)
        expect(refusal.or_(page.locator("#prompt:placeholder-shown"))).to_be_visible()
        if refusal.is_visible():
            break
    assert refusal.get_attribute("data-reason") in {"PENDING_LIMIT", "NEW_WORK_RATE", "SUBMIT_RATE"}
    expect(refusal).to_contain_text("ry again")
    expect(box).to_have_value(prompt)


def test_a_page_without_streams_still_finds_out(phones: Phones, game_url: str) -> None:
    page = phones.open(game_url)
    join(page, token())
    page.route("**/SubmissionService/WatchSubmission", lambda route: route.abort())
    prompt = unique()
    submit(page, prompt)
    finished(page, prompt)


def test_the_big_screen_shows_the_standings_by_itself(phones: Phones, game_url: str) -> None:
    board = phones.open(f"{game_url}/board", size=(1920, 1080))
    expect(board.locator(".live-line")).to_have_text("Live")
    column = board.locator(".column").first
    expect(column.locator(".ranking, .hint")).to_be_visible()
    players = int(board.locator(".participants").inner_text().split()[0])
    page = phones.open(game_url)
    prompt = unique()
    join(page, token())
    submit(page, prompt)
    finished(page, prompt)
    expect(page.locator(".board .row.own")).to_be_visible()
    expect(board.locator(".participants")).to_have_text(re.compile(rf"^{players + 1} players?$"))
    # Whoever plays on a machine that has run for long may not be among the best ten.
    best = page.locator(".board .ranking").first.locator(".row").all_inner_texts()[:10]
    expect(column.locator(".row .points")).to_have_text([row.split()[-1] for row in best])
    for row in column.locator(".row").all():
        expect(row.locator(".picture")).to_have_attribute("data-state", "shown")
        expect(row).to_be_in_viewport(ratio=1)
    qr = board.locator(".qr")
    expect(qr).to_be_in_viewport(ratio=1)
    assert qr.evaluate("image => image.naturalWidth") > 0
    assert overflow(board) <= 0
    assert board.evaluate("document.documentElement.scrollHeight - window.innerHeight") <= 0


def test_the_big_screen_fits_a_phone_too(phones: Phones, game_url: str) -> None:
    board = phones.open(f"{game_url}/board", size=(360, 740), language="ko-KR")
    expect(board.locator(".live-line")).to_have_text("실시간")
    assert overflow(board) <= 0
