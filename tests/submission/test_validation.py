"""Text that strangers send: shown clean, or refused with words, never a crash."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cygnet.platform.errors import InvalidRequest
from cygnet.platform.text import without_invisible
from cygnet.submission.validation import check_submission, clean_nickname

REQUEST_ID = "0123456789abcdef"


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("Ada", "Ada"),
        ("  Ada   Lovelace ", "Ada Lovelace"),
        ("백조", "백조"),
        ("백조".encode().decode("utf-8"), "백조"),
        ("\u1107\u1162\u11a8", "백"),
        ("a\u200bb\u2060c\ufeff", "abc"),
        ("\u202eevil", "evil"),
        ("a\tb\nc", "a b c"),
        ("a\x00b\x1bc", "abc"),
        ("<img src=x>", "<img src=x>"),
        ("👨\u200d👩\u200d👧", "👨\u200d👩\u200d👧"),
        ("👩🏽\u200d🚀", "👩🏽\u200d🚀"),
        ("z" + "\u0338" * 50, "z\u0338\u0338"),
    ],
)
def test_a_nickname_is_shown_clean(raw: str, shown: str) -> None:
    assert clean_nickname(raw) == shown


@pytest.mark.parametrize(
    "raw", ["", "   ", "\u200b\u200d", "\u3164\u3164", "\x00", "\u0338", "x" * 25, "x" * 100_000, "\ud800"]
)
def test_a_nickname_that_cannot_be_shown_is_refused_by_name(raw: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        clean_nickname(raw)
    assert [violation.field for violation in refused.value.violations] == ["nickname"]


@given(st.text(max_size=300))
def test_any_nickname_is_cleaned_or_refused_and_cleaning_again_changes_nothing(raw: str) -> None:
    try:
        shown = clean_nickname(raw)
    except InvalidRequest:
        return
    assert 1 <= len(shown) <= 24
    assert clean_nickname(shown) == shown


@pytest.mark.parametrize("prompt", ["a duck", "모자를 쓴 오리", "🦆🦢", "x" * 300, "<script>", "ａ　ｄｕｃｋ"])
def test_a_prompt_passes(prompt: str) -> None:
    check_submission(prompt, REQUEST_ID, 300)


@pytest.mark.parametrize(
    "prompt", ["", "   ", "\u200b", "\u3164", "a\nb", "a\x00b", "\x7f", "x" * 301, "x" * 10_000, "\ud800"]
)
def test_a_prompt_that_cannot_be_drawn_is_refused_by_name(prompt: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        check_submission(prompt, REQUEST_ID, 300)
    assert [violation.field for violation in refused.value.violations] == ["prompt"]


@pytest.mark.parametrize("request_id", ["", "short", "x" * 65, "0123456789abcde!", "0123456789abcdef\n"])
def test_a_bad_request_id_is_refused_by_name(request_id: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        check_submission("a duck", request_id, 300)
    assert [violation.field for violation in refused.value.violations] == ["request_id"]


def test_all_wrong_fields_are_named_at_once() -> None:
    with pytest.raises(InvalidRequest) as refused:
        check_submission("", "", 300)
    assert [violation.field for violation in refused.value.violations] == ["prompt", "request_id"]


@given(st.text())
def test_without_invisible_only_takes_away(text: str) -> None:
    kept = iter(text)
    assert all(char in kept for char in without_invisible(text))
