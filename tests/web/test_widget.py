"""A provider's widget in a real browser, under the page's real content policy. The provider's script is a FAKE."""

import pytest
from playwright.sync_api import Page, Route, expect

from .conftest import Double, Phones
from .playing import card, finished, join, submit, token

SCRIPTS = {
    "turnstile": "https://challenges.cloudflare.com/turnstile/v0/api.js",
    "hcaptcha": "https://js.hcaptcha.com/1/api.js",
}
FAKE = """
window.NAME = { render(place, options) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = "I am no program";
  button.onclick = () => options.callback(["fake", options.action ?? "?", options.cData ?? "?"].join("."));
  place.append(button);
} };
window.cygnetWidgetReady();
"""


def provider(page: Page, name: str, requests: list[str], *, away: bool = False) -> None:
    """Answers in the place of a provider's host, and notes what was asked of it."""

    def answer(route: Route) -> None:
        requests.append(route.request.url)
        if away:
            route.abort()
        else:
            route.fulfill(content_type="text/javascript", body=FAKE.replace("NAME", name))

    page.route(f"{SCRIPTS[name]}**", answer)


def test_a_widget_is_loaded_when_it_is_due_and_pays(phones: Phones, double: Double) -> None:
    double.configure(widget="turnstile")
    page, requests = phones.open(double.url), list[str]()
    provider(page, "turnstile", requests)
    join(page, token())
    assert requests == [], "in calm nothing of anybody else's is loaded"
    double.configure(proof_level=4)
    prompt = f"a duck {token()}"
    submit(page, prompt)
    expect(page.locator(".widget")).to_contain_text("Show that you are no program")
    page.get_by_text("I am no program").click()
    finished(page, prompt)
    expect(page.locator(".widget")).to_have_count(0)
    [used] = double.configure()["tokens"]
    assert used.startswith("fake.2.") and len(requests) == 1


def test_a_widget_of_another_provider_is_shown_for_joining(phones: Phones, double: Double) -> None:
    double.configure(widget="hcaptcha", proof_level=1)
    page, requests = phones.open(double.url, language="ko-KR"), list[str]()
    provider(page, "hcaptcha", requests)
    page.locator("#nickname").fill(token())
    page.locator(".join button[type=submit]").click()
    expect(page.locator(".widget")).to_contain_text("프로그램이 아니라는 것을 보여 주세요")
    page.get_by_text("I am no program").click()
    # The double takes no token of this one: the next widget comes by itself.
    expect(page.get_by_text("I am no program")).to_be_visible()
    assert double.configure()["tokens"] == ["fake.?.?"]


@pytest.mark.parametrize("away", [False, True])
def test_there_is_another_way_beside_it_and_where_it_does_not_load(phones: Phones, double: Double, away: bool) -> None:
    double.configure(widget="turnstile", proof_level=1)
    page, requests = phones.open(double.url), list[str]()
    provider(page, "turnstile", requests, away=away)
    page.locator("#nickname").fill(token())
    page.locator(".join button[type=submit]").click()
    if not away:
        page.get_by_text("I cannot do this: use another way").click()
    expect(page.locator("#prompt")).to_be_visible()
    prompt = f"a duck {token()}"
    submit(page, prompt)
    if not away:
        # Who cannot use it is not asked again.
        expect(card(page, prompt)).to_be_visible()
        assert len(requests) == 1
    finished(page, prompt)
    assert double.configure()["tokens"] == []
