"""A proof of work in a real browser: solved beside the page, also where there is no padlock, and said in words."""

import pytest
from playwright.sync_api import expect

from .conftest import Double, Phones
from .playing import card, finished, join, submit, token


@pytest.mark.parametrize("host", ["127.0.0.1", "hall.test"])
def test_the_page_pays_for_joining_and_submitting(phones: Phones, double: Double, host: str) -> None:
    double.configure(proof_level=2)
    page = phones.open(double.url.replace("127.0.0.1", host))
    assert page.evaluate("window.isSecureContext") == (host == "127.0.0.1")
    join(page, token())
    prompt = f"a duck {token()}"
    submit(page, prompt)
    finished(page, prompt)
    # One refusal and one that was paid for.
    assert page.evaluate("performance.getEntriesByType('resource').some(it => it.name.includes('worker-'))")


def test_while_it_solves_the_page_says_so(phones: Phones, double: Double) -> None:
    double.configure(proof_level=4)
    page = phones.open(double.url, language="ko-KR")
    page.locator("#nickname").fill(token())
    page.locator(".join button[type=submit]").click()
    expect(page.locator(".solving")).to_contain_text("작은 문제를 풀고 있어요")
    expect(page.locator("#prompt")).to_be_visible()


def test_a_browser_that_starts_no_worker_solves_on_the_page(phones: Phones, double: Double) -> None:
    double.configure(proof_level=1)
    page = phones.open(double.url)
    page.evaluate("window.Worker = undefined")
    join(page, token())


def test_what_no_proof_satisfies_is_said_with_who_helps(phones: Phones, double: Double) -> None:
    page = phones.open(double.url)
    join(page, token())
    prompt = "refuse:PROOF_NEEDED:0s a duck"
    double.configure(proof_level=1)
    submit(page, prompt)
    expect(page.locator("#prompt-refusal")).to_contain_text("ask the organisers: they let you in")
    expect(card(page, prompt)).to_have_count(0)
