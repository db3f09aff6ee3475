"""States of the page that a healthy game seldom shows, on a double of the game (see double/game.py)."""

import pytest
from playwright.sync_api import expect

from .conftest import Double, Phones
from .double.game import score
from .playing import card, finished, join, submit, token


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("PENDING_LIMIT", "Let one finish first."),
        ("NEW_WORK_RATE", "A short breather"),
        ("SUBMIT_RATE", "very quick"),
        ("SOMETHING_NEW", "the server's own words"),
    ],
)
def test_a_refusal_says_why_and_when_and_keeps_the_prompt(
    phones: Phones, double: Double, reason: str, words: str
) -> None:
    page = phones.open(double.url)
    join(page, token())
    prompt = f"refuse:{reason}:3s a duck"
    submit(page, prompt)
    refusal = page.locator("#prompt-refusal")
    expect(refusal).to_contain_text(words)
    expect(refusal).to_contain_text("Try again in 2 seconds.")
    expect(page.locator("#prompt")).to_have_value(prompt)
    expect(refusal).to_contain_text("You can try again now.")
    expect(page.locator(".cards article")).to_have_count(0)


def test_what_is_wrong_with_a_prompt_stands_beside_it(phones: Phones, double: Double) -> None:
    page = phones.open(double.url)
    join(page, token())
    submit(page, "refuse:INVALID a duck")
    expect(page.locator("#prompt-refusal")).to_have_text("Please change the prompt: write what to draw")
    page.locator("#prompt").fill("a duck")
    expect(page.locator("#prompt-refusal")).to_be_empty()


def test_what_is_wrong_with_a_nickname_stands_beside_it(phones: Phones, double: Double) -> None:
    page = phones.open(double.url, language="ko-KR")
    page.locator("#nickname").fill("\u200b\u3164")
    page.locator(".join button[type=submit]").click()
    expect(page.locator("#nickname-problem")).to_have_text("닉네임을 고쳐 주세요: write a name that can be seen")


def test_a_prompt_that_is_too_long_cannot_be_sent(phones: Phones, double: Double) -> None:
    double.configure(max_prompt_chars=10)
    page = phones.open(double.url)
    join(page, token())
    page.locator("#prompt").fill("🦆" * 12)
    expect(page.locator("#prompt-count")).to_have_text("12 of 10 characters (2 too many)")
    expect(page.locator(".prompt-box button")).to_be_disabled()


def test_the_queue_is_described(phones: Phones, double: Double) -> None:
    double.configure(step_s=1)
    page = phones.open(double.url)
    join(page, token())
    prompt = f"queue:2 a duck {token()}"
    submit(page, prompt)
    expect(card(page, prompt)).to_contain_text("2 drawings before yours. How long it takes is still being measured.")
    expect(card(page, prompt)).to_contain_text("1 drawing before yours. About 1 to 15 seconds.")
    expect(card(page, prompt)).to_contain_text("You are next. About 2 to 6 seconds.")
    bar = card(page, prompt).get_by_role("progressbar")
    expect(bar).to_be_visible()
    assert int(bar.get_attribute("aria-valuenow") or "0") < 100
    finished(page, prompt)


def test_several_drawings_are_under_way_at_once(phones: Phones, double: Double) -> None:
    double.configure(step_s=1)
    page = phones.open(double.url)
    join(page, token())
    prompts = [f"queue:3 a duck {token()}" for _ in range(3)]
    for prompt in prompts:
        submit(page, prompt)
        expect(page.locator("#prompt")).to_have_value("")
    expect(page.locator(".cards article[data-stage=queued]")).to_have_count(3)
    expect(page.locator(".tiles .tile")).to_have_count(3)


def test_a_shared_drawing_says_so(phones: Phones, double: Double) -> None:
    double.configure(step_s=1)
    prompt = f"queue:3 a duck {token()}"
    pages = [phones.open(double.url), phones.open(double.url)]
    for page in pages:
        join(page, token())
    submit(pages[0], prompt)
    expect(card(pages[0], prompt)).to_contain_text("before yours")
    submit(pages[1], prompt)
    expect(card(pages[1], prompt)).to_contain_text("Somebody is just drawing the same: you share it.")


def test_a_failure_says_that_it_was_free(phones: Phones, double: Double) -> None:
    page = phones.open(double.url)
    join(page, token())
    prompt = f"fail queue:0 {token()}"
    submit(page, prompt)
    failed = page.locator("article[data-stage=failed]")
    expect(failed).to_contain_text("The machine that drew it went away.")
    expect(failed).to_contain_text("That costs you nothing")
    failed.get_by_role("button", name="Use this prompt").click()
    expect(page.locator("#prompt")).to_have_value(prompt)


def test_a_lost_session_loses_nothing(phones: Phones, double: Double) -> None:
    page = phones.open(double.url)
    name, prompt = token(), f"queue:0 a duck {token()}"
    join(page, name)
    # Joining loads the list: its answer must not be the one that reveals the lost session.
    expect(page.locator(".history")).to_contain_text("Your pictures will be kept here.")
    double.configure(sign_out=True)
    submit(page, prompt)
    expect(page.locator(".join")).to_contain_text("Your session has ended.")
    expect(card(page, prompt)).to_contain_text("as soon as you have joined again")
    expect(page.locator("#nickname")).to_have_value(name)
    page.locator(".join button[type=submit]").click()
    finished(page, prompt)


def test_a_picture_that_does_not_load_says_so_and_comes_back(phones: Phones, double: Double) -> None:
    page = phones.open(double.url)
    join(page, token())
    page.route("**/pictures/*", lambda route: route.abort())
    prompt = f"queue:0 a duck {token()}"
    submit(page, prompt)
    picture = page.locator("article[data-stage=done] .picture")
    expect(picture).to_contain_text("The picture did not load")
    page.unroute("**/pictures/*")
    finished(page, prompt)


def test_a_contest_that_is_not_there_is_named_and_found_later(phones: Phones, double: Double) -> None:
    double.configure(missing=True)
    page = phones.open(f"{double.url}/c/nowhere", own_clock=True)
    board = phones.open(f"{double.url}/c/nowhere/board", language="ko-KR", own_clock=True)
    expect(page.locator("main")).to_contain_text("There is no contest here.")
    expect(board.locator("main")).to_contain_text("여기에는 대회가 없어요.")
    double.configure(missing=False)
    for opened in (page, board):
        opened.clock.fast_forward(10_000)
        expect(opened.locator("h1")).not_to_have_text("Cygnet")


def test_a_big_screen_without_a_line_says_so_and_keeps_what_it_knows(phones: Phones, double: Double) -> None:
    double.configure(names=["duck"])
    page = phones.open(double.url)
    name, prompt = token(), f"queue:0 a duck {token()}"
    join(page, name)
    submit(page, prompt)
    finished(page, prompt)
    board = phones.open(f"{double.url}/board", size=(1920, 1080))
    expect(board.locator(".row").filter(has_text=name)).to_be_visible()
    board.context.set_offline(True)
    expect(board.locator(".live-line")).to_contain_text("No connection to the game.")
    expect(board.locator(".row").filter(has_text=name)).to_be_visible()
    board.context.set_offline(False)
    expect(board.locator(".live-line")).to_have_text("Live")


def test_who_is_far_down_sees_the_own_place(phones: Phones, double: Double) -> None:
    double.configure(names=[token()], crowd=24)
    page = phones.open(double.url)
    join(page, token())
    prompt = f"queue:0 a duck {token()}"
    submit(page, prompt)
    finished(page, prompt)
    expect(page.locator(".ranking:not(.own-rank) .row")).to_have_count(20)
    expect(page.locator(".own-rank .row.own .rank")).to_contain_text("25")
    expect(page.locator(".facts")).to_contain_text("25")


RECORD_MOVES = """() => {
  window.moves = [];
  const animate = Element.prototype.animate;
  Element.prototype.animate = function (frames, timing) {
    window.moves.push(JSON.stringify(frames));
    return animate.call(this, frames, timing);
  };
}"""


def test_who_is_overtaken_is_seen_to_move(phones: Phones, double: Double) -> None:
    double.configure(names=[token()])
    low, high = sorted((f"queue:0 {token()}" for _ in range(9)), key=score)[::8]
    pages = [phones.open(double.url, moving=True), phones.open(double.url)]
    for page in pages:
        page.evaluate(RECORD_MOVES)
        join(page, token())
    submit(pages[0], low)
    for page in pages:
        expect(page.locator(".board .row")).to_have_count(1)
    submit(pages[1], high)
    for page in pages:
        expect(page.locator(".board .row")).to_have_count(2)
    pages[0].wait_for_function("window.moves.some((frames) => frames.includes('translateY'))")
    assert pages[1].evaluate("window.moves") == []


def test_more_targets_than_fit_take_turns(phones: Phones, double: Double) -> None:
    double.configure(names=["duck", "swan", "goose"])
    board = phones.open(f"{double.url}/board", size=(1920, 1080), own_clock=True)
    expect(board.locator(".column h2")).to_have_text(["duck", "swan"])
    board.clock.fast_forward(15_000)
    expect(board.locator(".column h2")).to_have_text(["goose"])


def test_a_syllable_that_is_being_composed_is_sent_once_and_whole(phones: Phones, double: Double) -> None:
    page = phones.open(double.url, language="ko-KR")
    join(page, token())
    keyboard = page.context.new_cdp_session(page)
    page.locator("#prompt").click()
    keyboard.send("Input.insertText", {"text": f"{token()} 노란 오"})
    keyboard.send("Input.imeSetComposition", {"text": "리", "selectionStart": 1, "selectionEnd": 1})
    prompt = page.locator("#prompt").input_value()
    assert prompt.endswith("오리")
    before = double.configure()["submit_calls"]
    page.keyboard.press("Enter")
    page.locator(".prompt-box button[type=submit]").click()
    finished(page, prompt)
    assert double.configure()["submit_calls"] == before + 1
    expect(page.locator("#prompt")).to_have_value("")


def test_the_language_can_be_changed_and_is_remembered(phones: Phones, double: Double) -> None:
    page = phones.open(double.url)
    expect(page.locator("h1")).to_have_text("Draw the duck")
    page.locator(".languages label").filter(has_text="한국어").click()
    expect(page.locator("h1")).to_have_text("오리를 그려 주세요")
    page.reload()
    expect(page.locator("h1")).to_have_text("오리를 그려 주세요")
    expect(page.locator("html")).to_have_attribute("lang", "ko")
