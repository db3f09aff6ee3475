"""A full queue: the page keeps the place in line and sends by itself, so that nobody has to press again."""

import pytest
from playwright.sync_api import expect

from .conftest import Double, Phones
from .playing import card, finished, join, submit, token


@pytest.mark.parametrize(
    ("language", "kept", "soon"),
    [
        ("en-US", "Your place in line is kept, and your prompt sends itself", "In 2 seconds."),
        ("ko-KR", "순서를 맡아 두었다가 차례가 되면 자동으로 보낼게요", "2초 뒤예요."),
    ],
)
def test_a_prompt_that_met_a_full_queue_sends_itself(
    phones: Phones, double: Double, language: str, kept: str, soon: str
) -> None:
    double.configure(full_for=2)
    page = phones.open(double.url, language=language)
    join(page, token())
    before = double.configure()["submit_calls"]
    prompt = f"a duck {token()}"
    submit(page, prompt)
    mine = card(page, prompt)
    expect(mine).to_have_attribute("data-stage", "inLine")
    expect(mine).to_contain_text(kept)
    expect(mine).to_contain_text(soon)
    expect(page.locator("#prompt-refusal")).to_be_empty()
    expect(page.locator("#prompt")).to_have_value("")
    finished(page, prompt)
    assert double.configure()["submit_calls"] == before + 3


def test_a_reload_waits_on_and_what_was_discarded_stays_unsent(phones: Phones, double: Double) -> None:
    double.configure(full_for=2, full_s=15)
    page = phones.open(double.url)
    join(page, token())
    kept, thrown_away = f"a duck {token()}", f"a swan {token()}"
    for prompt in (kept, thrown_away):
        submit(page, prompt)
        expect(card(page, prompt)).to_have_attribute("data-stage", "inLine")
    before = double.configure()["submit_calls"]
    card(page, thrown_away).get_by_text("Discard").click()
    expect(card(page, thrown_away)).to_have_count(0)
    page.reload()
    expect(card(page, kept)).to_have_attribute("data-stage", "inLine")
    assert double.configure()["submit_calls"] == before, "a reload asks no sooner than it was told"
    finished(page, kept)
    expect(card(page, thrown_away)).to_have_count(0)
    assert double.configure()["submit_calls"] == before + 1
