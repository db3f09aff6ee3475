"""What the model reads of a prompt: marked while it is written and on the result, in words where nothing is read."""

import pytest
from playwright.sync_api import Page, expect

from ..waiting import wait_for
from .conftest import Double, Phones
from .playing import finished, join, overflow, submit, token

KNOWN = "a|red|duck|pond|오리|빨간|[a-z]*[0-9]+"


@pytest.fixture
def knowing(double: Double) -> Double:
    """The double, whose model knows a few words."""
    double.configure(vocabulary=KNOWN)
    return double


def unread(page: Page, where: str) -> list[str]:
    """Returns the marked words; each says what the mark means to whoever cannot see it."""
    return page.locator(f"{where} s").all_inner_texts()


def test_the_box_marks_what_will_not_be_read(phones: Phones, knowing: Double) -> None:
    page = phones.open(knowing.url)
    join(page, token())
    page.locator("#prompt").fill("a turbo duck, wow")
    line = page.locator("#prompt-reading")
    expect(line.locator("s")).to_have_text(["turbo (not read)", "wow (not read)"])
    expect(line.locator(".read-words")).to_have_text("a turbo (not read) duck, wow (not read)")
    expect(line).to_contain_text("change nothing")
    assert line.get_attribute("role") == "status"
    page.locator("#prompt").fill("a red duck")
    expect(line).to_have_text("Every word is read.")
    page.locator("#prompt").fill("")
    expect(line).to_have_text("")


def test_a_result_shows_the_prompt_word_by_word(phones: Phones, knowing: Double) -> None:
    page = phones.open(knowing.url, language="ko-KR")
    join(page, token())
    word = f"{token()}7"
    submit(page, f"빨간 초고속 오리 {word}")
    done = finished(page, f"빨간 초고속 오리 {word}")
    expect(done.locator(".prompt s")).to_have_text("초고속 (읽지 못함)")
    expect(done).to_contain_text("줄을 그은 단어는 읽지 못해서 그림에 반영되지 않았어요.")
    page.reload()
    expect(finished(page, f"빨간 초고속 오리 {word}").locator(".prompt s")).to_have_count(1)
    submit(page, f"빨간 오리 {word}1")
    all_read = finished(page, f"빨간 오리 {word}1")
    expect(all_read.locator("s")).to_have_count(0)
    expect(all_read).not_to_contain_text("줄을 그은 단어")


@pytest.mark.parametrize(
    ("language", "words", "example"),
    [("en-US", "knows none of these words", "a cat in a meadow"), ("ko-KR", "아는 단어가 없어서", "풀밭의 고양이")],
)
def test_where_nothing_is_read_it_is_said_with_examples_and_costs_nothing(
    phones: Phones, knowing: Double, language: str, words: str, example: str
) -> None:
    page = phones.open(knowing.url, language=language)
    join(page, token())
    before = knowing.configure()["submissions"]
    page.locator("#prompt").fill("kubernetes")
    expect(page.locator("#prompt-reading")).to_contain_text(words)
    expect(page.locator("#prompt-reading")).to_contain_text(example)
    submit(page, "kubernetes")
    refusal = page.locator(".refusal")
    expect(refusal).to_contain_text(words)
    expect(refusal).to_contain_text(example)
    # Once is enough.
    expect(page.locator("#prompt-reading")).to_have_text("")
    expect(page.locator("#prompt")).to_have_value("kubernetes")
    assert knowing.configure()["submissions"] == before
    page.locator("#prompt").fill("a duck")
    expect(refusal).to_have_count(0)


def test_the_empty_box_shows_an_example_that_the_game_gives(phones: Phones, double: Double) -> None:
    for language, words in (("en-US", "For example: a red boat at sea"), ("ko-KR", "예: 바다 위의 빨간 배")):
        page = phones.open(double.url, language=language)
        join(page, token())
        expect(page.locator("#prompt")).to_have_attribute("placeholder", words)


def test_a_model_without_a_vocabulary_says_nothing(phones: Phones, double: Double) -> None:
    page = phones.open(double.url)
    join(page, token())
    before = double.configure()["read_calls"]
    page.locator("#prompt").fill("a turbo duck")
    wait_for(lambda: double.configure()["read_calls"] == before + 1, what="the one question")
    prompt = f"a turbo duck {token()}"
    submit(page, prompt)
    expect(finished(page, prompt).locator(".prompt")).to_have_text(prompt)
    expect(page.locator("s")).to_have_count(0)
    expect(page.locator("#prompt-reading")).to_have_text("")
    assert double.configure()["read_calls"] == before + 1


def test_reading_leaves_an_unfinished_syllable_alone(phones: Phones, knowing: Double) -> None:
    page = phones.open(knowing.url, language="ko-KR")
    join(page, token())
    keyboard = page.context.new_cdp_session(page)
    page.locator("#prompt").focus()
    before = knowing.configure()["read_calls"]
    for syllable in ("ㅂ", "빠", "빨"):
        keyboard.send("Input.imeSetComposition", {"text": syllable, "selectionStart": 1, "selectionEnd": 1})
        page.wait_for_timeout(450)
    # Every key came after the ordinary pause, and none was a word.
    assert knowing.configure()["read_calls"] == before
    keyboard.send("Input.insertText", {"text": "빨"})
    keyboard.send("Input.imeSetComposition", {"text": "간", "selectionStart": 1, "selectionEnd": 1})
    expect(page.locator("#prompt-reading")).to_have_text("모든 단어를 읽을 수 있어요.")
    # What was read while the syllable was open has neither ended nor doubled it.
    keyboard.send("Input.insertText", {"text": "간"})
    keyboard.send("Input.insertText", {"text": " 오리"})
    expect(page.locator("#prompt")).to_have_value("빨간 오리")
    expect(page.locator("#prompt")).to_be_focused()


@pytest.mark.parametrize("language", ["en-US", "ko-KR"])
def test_long_words_that_are_not_read_fit_the_smallest_phone(phones: Phones, knowing: Double, language: str) -> None:
    page = phones.open(knowing.url, size=(320, 640), language=language)
    join(page, token())
    prompt = f"{'W' * 90} duck 가{'나' * 60} {token()}7"
    submit(page, prompt)
    done = finished(page, prompt)
    expect(done.locator("s")).to_have_count(2)
    done.locator("button[aria-pressed]").click()
    expect(done.locator(".heat-legend li")).to_have_count(2)
    assert overflow(page) <= 0
    page.locator("#prompt").fill(prompt)
    expect(page.locator("#prompt-reading s")).to_have_count(2)
    assert overflow(page) <= 0
