"""What makes two submissions one drawing, and the seed and id that follow."""

from dataclasses import replace

import pytest

from cygnet.dedup.admission.identity import fingerprint, seed, submission_id
from cygnet.dedup.values import Model, Policy, Scope, Target, Wish

WISH = Wish(
    contest="pycon",
    participant_id="a" * 26,
    nickname="Ada",
    request_id="r" * 16,
    target=Target("duck", "0" * 64),
    prompt="A duck",
    model=Model("builtin://tiny", 4, 256, "builtin://clip"),
    policy=Policy(1, 10_000, 3, 2, 300_000, Scope.CONTEST),
)


def test_who_asks_how_and_under_which_limits_makes_no_new_drawing() -> None:
    other = replace(
        WISH, participant_id="b" * 26, nickname="Bob", request_id="s" * 16, policy=replace(WISH.policy, generation=2)
    )
    assert fingerprint(WISH, "a duck") == fingerprint(other, "a duck")
    assert len(fingerprint(WISH, "a duck")) == 64


@pytest.mark.parametrize(
    "other",
    [
        replace(WISH, contest="other"),
        replace(WISH, target=Target("swan", "0" * 64)),
        replace(WISH, target=Target("duck", "1" * 64)),
        replace(WISH, model=replace(WISH.model, steps=5)),
        replace(WISH, model=replace(WISH.model, size=512)),
        replace(WISH, model=replace(WISH.model, generator_source="hf://x")),
        replace(WISH, model=replace(WISH.model, scorer_source="hf://x")),
        replace(WISH, policy=replace(WISH.policy, scope=Scope.PARTICIPANT)),
    ],
)
def test_what_changes_the_picture_or_the_score_makes_a_new_drawing(other: Wish) -> None:
    assert fingerprint(other, "a duck") != fingerprint(WISH, "a duck")


def test_another_prompt_is_another_drawing_and_parts_do_not_run_together() -> None:
    assert fingerprint(WISH, "a duck") != fingerprint(WISH, "a swan")
    assert fingerprint(replace(WISH, contest="a", target=Target("b-c", "")), "x") != fingerprint(
        replace(WISH, contest="a-b", target=Target("c", "")), "x"
    )


def test_each_draws_for_themselves_where_the_contest_says_so() -> None:
    alone = replace(WISH, policy=replace(WISH.policy, scope=Scope.PARTICIPANT))
    assert fingerprint(alone, "a duck") != fingerprint(replace(alone, participant_id="b" * 26), "a duck")


def test_a_seed_follows_from_secret_and_prompt() -> None:
    seeds = {seed(secret, prompt) for secret in (b"one", b"two") for prompt in ("a duck", "노란 오리")}
    assert len(seeds) == 4
    assert seed(b"one", "a duck") == seed(b"one", "a duck")
    # By hand: the first 8 bytes of HMAC-SHA256("one", "a duck"), without the lowest bit.
    assert seed(b"one", "a duck") == int(HMAC_OF_A_DUCK[:16], 16) // 2
    assert all(0 <= each < 2**63 for each in seeds)


HMAC_OF_A_DUCK = "443654e26ba6e9f39c903b3142d0ce0124622c3bd99d4a76ef30888bfd1490d0"
"""printf 'a duck' | openssl dgst -sha256 -hmac one"""


def test_a_retry_finds_its_submission() -> None:
    one = submission_id("pycon", "a" * 26, "r" * 16)
    assert one == submission_id("pycon", "a" * 26, "r" * 16)
    assert len(one) == 26
    assert set(one) <= set("abcdefghijklmnopqrstuvwxyz234567")
    others = {
        submission_id("other", "a" * 26, "r" * 16),
        submission_id("pycon", "b" * 26, "r" * 16),
        submission_id("pycon", "a" * 26, "s" * 16),
    }
    assert one not in others
    assert len(others) == 3
