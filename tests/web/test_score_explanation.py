"""A score that explains itself: its parts, where it comes from, and what changed since the last try."""

from playwright.sync_api import Locator, Page, expect

from ..waiting import wait_for
from .conftest import Double, Phones
from .double.game import score
from .playing import finished, join, submit, token

# What lies over the middle of a card's picture, its top right corner and its top left: red, blue, alpha. Read from a
# copy that is made for it: Chromium warns of a canvas that is read often, and a page that warns fails its test.
COLOURS = """canvas => {
  const copy = Object.assign(document.createElement("canvas"), { width: canvas.width, height: canvas.height });
  const drawing = copy.getContext("2d", { willReadFrequently: true });
  drawing.drawImage(canvas, 0, 0);
  const { data, width } = drawing.getImageData(0, 0, copy.width, copy.height);
  const at = (x, y) => (y * width + x) * 4;
  return [at(32, 32), at(62, 2), at(1, 1)].map(point => [data[point], data[point + 2], data[point + 3]]);
}"""


def parts(done: Locator) -> list[str]:
    return done.locator(".sub-score-value").all_inner_texts()


def drawn(page: Page, prompt: str) -> Locator:
    submit(page, prompt)
    return finished(page, prompt)


def test_a_score_says_what_it_is_made_of(phones: Phones, double: Double) -> None:
    page = phones.open(double.url)
    join(page, token())
    prompt = f"a duck {token()}"
    done = drawn(page, prompt)
    assert parts(done) == [f"{score(f'{half} {prompt}'):.0f}" for half in ("what", "look")]
    expect(done.locator(".sub-score-name")).to_have_text(["What is there", "How it looks"])
    widths = done.locator(".sub-score-fill").evaluate_all("bars => bars.map(bar => bar.style.width)")
    assert [round(float(width.rstrip("%"))) for width in widths] == [int(part) for part in parts(done)]


def test_the_map_lies_over_the_picture_while_it_is_shown(phones: Phones, double: Double) -> None:
    page = phones.open(double.url)
    join(page, token())
    done = drawn(page, f"a duck {token()}")
    expect(done.locator(".heat")).to_have_count(0)
    done.get_by_role("button", name="Show what helps and hurts").click()
    # The map is painted once its picture is decoded, a moment after the canvas is there.
    middle, right, left = wait_for(
        lambda: done.locator(".heat").evaluate(COLOURS), until=lambda colours: any(colours[0]), what="the map's paint"
    )
    amber, blue = (255, 0), (96, 255)
    assert all(abs(middle[i] - amber[i]) < 8 for i in (0, 1))
    assert all(abs(left[i] - blue[i]) < 8 for i in (0, 1))
    assert min(middle[2], left[2]) > 130 > 30 > right[2]
    box, picture = done.locator(".heat").bounding_box(), done.locator(".picture").bounding_box()
    assert box is not None
    assert picture is not None
    assert all(abs(box[side] - picture[side]) <= 4 for side in ("x", "y", "width", "height"))
    expect(done.locator(".heat-legend li")).to_have_text(
        ["Yellow helps the score, most of all in the middle.", "Blue stripes hurt it, most of all at the top left."]
    )
    done.get_by_role("button", name="Hide what helps and hurts").click()
    expect(done.locator(".heat")).to_have_count(0)


def test_a_second_try_says_what_changed(phones: Phones, double: Double) -> None:
    page = phones.open(double.url, language="ko-KR")
    join(page, token())
    first, second = f"a duck {token()}", f"a swan {token()}"
    expect(drawn(page, first).locator(".score-change")).to_have_count(0)
    line = drawn(page, second).locator(".score-change")
    by = round(score(second), 2) - round(score(first), 2)
    expect(line).to_contain_text(f"지난번보다: {'↑' if by > 0 else '↓'}\u00a0{abs(by):.2f}")
    page.reload()
    # The list is all that it needs.
    expect(finished(page, second).locator(".score-change")).to_contain_text("모습")


def test_what_the_scorer_does_not_say_is_not_shown(phones: Phones, double: Double) -> None:
    page = phones.open(double.url)
    join(page, token())
    drawn(page, f"a duck {token()}")
    done = drawn(page, f"unexplained {token()}")
    assert parts(done) == []
    expect(done.get_by_role("button", name="Show what helps and hurts")).to_have_count(0)
    expect(done.locator(".score-change")).to_contain_text("Since your last try:")
    expect(done.locator(".score-change")).not_to_contain_text("what")
