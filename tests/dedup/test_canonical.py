"""When two prompts are the same prompt, and when they only look alike to a machine."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cygnet.dedup.admission.canonical import canonical_prompt

FAMILY = "👨\u200d👩\u200d👧"
ENGLAND = "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"
SCOTLAND = "🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f"


@pytest.mark.parametrize(
    ("spelling", "canonical"),
    [
        ("A Yellow DUCK", "a yellow duck"),
        ("  a   yellow\u00a0duck ", "a yellow duck"),
        ("a\u200b yel\u200clow\u2060 d\u200duck\ufeff", "a yellow duck"),
        ("a yellow \u202educk\u202c", "a yellow duck"),
        ("a y\u00adellow duck", "a yellow duck"),
        ("a yellow duck\U000e0041\U000e0042", "a yellow duck"),
        ("a yellow duck\ufe0f\ufe0e\U000e0100\u034f", "a yellow duck"),
        ("ａ　ｙｅｌｌｏｗ　ｄｕｃｋ", "a yellow duck"),
        ("𝐚 𝓎ellow ⓓuck", "a yellow duck"),
        ("straße STRASSE", "strasse strasse"),
        ("cafe\u0301", "café"),
        ("노란 오리", "노란 오리"),
        ("\u1102\u1169\u1105\u1161\u11ab 오리", "노란 오리"),
        ("노란\u3164 오\u115f리", "노란 오리"),
        ("노란\u3000오리", "노란 오리"),
        ("ﾀﾞｯｸ", "ダック"),
        ("❤\ufe0f", "❤"),
        (FAMILY, FAMILY),
        ("🏳\ufe0f\u200d🌈", "🏳\u200d🌈"),
        ("👩🏽\u200d🚀 on the moon", "👩🏽\u200d🚀 on the moon"),
        ("🙂\u200d↔\ufe0f", "🙂\u200d↔"),
        ("🐦\u200d\u200d🔥", "🐦🔥"),
        ("🦆\u200d", "🦆"),
        (f"the flag {ENGLAND}", f"the flag {ENGLAND}"),
        ("🏴\U000e0078\U000e0078\U000e007f", "🏴"),
        ("\u200b \u3164\u2800\ufe0f", ""),
    ],
)
def test_spellings(spelling: str, canonical: str) -> None:
    assert canonical_prompt(spelling) == canonical


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a duck", "a duck."),
        ("a duck", "aduck"),
        ("노란 오리", "노란오리"),
        ("오리", "우리"),
        (FAMILY, FAMILY.replace("\u200d", "")),
        (ENGLAND, SCOTLAND),
        ("👩🏽", "👩🏿"),
        ("cafe", "café"),
    ],
)
def test_what_can_be_told_apart_stays_apart(one: str, other: str) -> None:
    assert canonical_prompt(one) != canonical_prompt(other)


@given(st.text(max_size=300))
def test_a_canonical_prompt_is_its_own(prompt: str) -> None:
    once = canonical_prompt(prompt)
    assert canonical_prompt(once) == once


@given(
    st.text(st.characters(categories=["L", "N", "P"]), min_size=1),
    st.integers(0),
    st.sampled_from("\u200b\u200d\ufe0f\u2060"),
)
def test_nothing_invisible_makes_a_prompt_new(prompt: str, at: int, invisible: str) -> None:
    at %= len(prompt) + 1
    assert canonical_prompt(prompt[:at] + invisible + prompt[at:]) == canonical_prompt(prompt)
